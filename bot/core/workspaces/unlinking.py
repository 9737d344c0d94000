"""Unlinking a school from a workspace, and what happens if we are removed from one or a channel is closed."""

from collections.abc import Sequence

from bot.core import audit
from bot.core.errors import NothingToChange
from bot.core.joining_errors import LastLink, LinkUnclear, RolesFollowThere
from bot.core.notices import destinations, mail_addresses
from bot.core.notices.notices import Audience, Destination, queue_redraw, tell_each_time
from bot.core.notices.tenants import school_of
from bot.core.ports import UnitOfWork
from bot.core.requests.digests import LOST_CHANNEL
from bot.core.rights import access
from bot.core.rights.actors import Actor, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import ApprovalsChannel, School, Workspace
from bot.core.values import dataclass

KIND = "lost_link"


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A workspace that no longer serves a school, and what else ended with the link."""

    workspace: Workspace
    approvals: bool
    mirror: bool
    cards: bool


def unlink(uow: UnitOfWork, actor: Actor, school: School, typed: str = "") -> Unlinked:
    """Unlink a school from a workspace, by default the actor's; its only link cannot be removed.

    The link and its bans are forgotten altogether, since it may have been a mistake from the beginning.
    Refuses with `LastLink`, `LinkUnclear` or `RolesFollowThere`.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.SCHOOL_LINK, school)
    serving = uow.workspaces.of_school(school.id)
    meant = _find_workspace(serving, actor, typed)
    key = meant.key
    if len(serving) == 1:
        raise LastLink(school)
    follow = [
        one.name for one in uow.followings.of_school(school.id) if one.workspace == key and not one.ending
    ]
    if follow:
        raise RolesFollowThere(tuple(follow))
    approvals = any(one.workspace == key for one in uow.workspaces.approvals_channels(school.id))
    if not uow.workspaces.unlink(school.id, key):
        raise LinkUnclear(named(serving))  # we were removed from it at that moment
    mirror = uow.mirrors.of(key)
    mirrored = mirror is not None and mirror.school_id == school.id and uow.mirrors.delete(key)
    shown = redraw_cards(uow, school, key)  # without names, since the channels are no longer the school's
    new: dict[str, object] = {"workspace": str(key)}
    audit.record(uow, actor, "school.unlinked", school.subject, school_id=school.id, new=new)
    return Unlinked(meant, approvals, mirrored, shown)


def redraw_cards(uow: UnitOfWork, school: School, key: WorkspaceKey) -> bool:
    """Queue a redraw of a school's cards in the channels of a workspace; tell whether there are any."""
    shown = [one for one in uow.card_copies.in_workspace(key) if school_of(uow, one.subject) == school.id]
    for copy in shown:
        queue_redraw(uow, copy)
    return bool(shown)


def _find_workspace(serving: Sequence[Workspace], actor: Actor, typed: str) -> Workspace:
    """Find the workspace with a typed name or id; without one, the actor's."""
    wanted = " ".join(typed.split()).casefold()
    if wanted:
        found = [one for one in serving if wanted in _ids(one)]
        found = found or [one for one in serving if wanted == one.name.casefold()]
    else:
        found = [one for one in serving if one.key == actor.caller.workspace]
    if len(found) != 1:
        raise LinkUnclear(named(serving)) if serving else NothingToChange("linked nowhere")
    return found[0]


def _ids(workspace: Workspace) -> set[str]:
    return {one.casefold() for one in (workspace.id, str(workspace.key), workspace.key.external_id)}


def named(workspaces: Sequence[Workspace]) -> tuple[str, ...]:
    """Return a text that identifies each workspace: its name, or its key if the name is missing or shared."""
    names = [one.name.casefold() for one in workspaces]
    return tuple(
        one.name if one.name and names.count(one.name.casefold()) == 1 else str(one.key) for one in workspaces
    )


def bot_removed(uow: UnitOfWork, workspace: WorkspaceKey) -> None:
    """Suspend the links of a workspace that removed us, and tell the admins of its schools.

    Links stay suspended if we are added again: it may be somebody else who does so.
    """
    new: dict[str, object] = {"workspace": str(workspace)}
    uow.mirrors.delete(workspace)
    for school_id in uow.workspaces.suspend_links(workspace, uow.now):
        subject = f"{KIND}:{school_id}/{workspace.path}"
        for place in _places(uow, school_id):
            tell_each_time(uow, subject, Audience.ADMIN, place)
        audit.record_without_actor(
            uow,
            "school.link_suspended",
            f"school:{school_id}",
            front=workspace.platform.value,
            school_id=school_id,
            new=new,
        )


def channel_closed(uow: UnitOfWork, workspace: WorkspaceKey, channel: str) -> None:
    """Stop sending approval cards to a channel that was closed, and tell the admins."""
    for school in uow.schools.linked_to(workspace):
        if not uow.workspaces.unset_approvals_channel(ApprovalsChannel(school.id, workspace, channel)):
            continue
        subject = f"{LOST_CHANNEL}:{school.id}/{workspace.path}"
        for place in destinations.of_holders(uow, school.id, Permission.SCHOOL_EDIT, destinations.MOST_TOLD):
            tell_each_time(uow, subject, Audience.ADMIN, place)
        audit.record_without_actor(
            uow,
            "school.approvals_channel_closed",
            school.subject,
            front=workspace.platform.value,
            school_id=school.id,
            new={"workspace": str(workspace), "channel": channel},
        )


def has_approvals(uow: UnitOfWork, workspace: WorkspaceKey, channel: str) -> bool:
    """Tell whether approval cards are sent to a channel."""
    return channel in approvals_channels(uow, workspace)


def approvals_channels(uow: UnitOfWork, workspace: WorkspaceKey) -> list[str]:
    """List the channels of a workspace to which approval cards are sent."""
    kept = (uow.workspaces.approvals_channels(school.id) for school in uow.schools.linked_to(workspace))
    return [one.channel for found in kept for one in found if one.workspace == workspace]


def _places(uow: UnitOfWork, school_id: str) -> list[Destination]:
    """List the remaining approvals channels, and the admins: also by mail, since their chats may be gone."""
    admins = uow.members.with_permission(school_id, Permission.SCHOOL_LINK, destinations.MOST_TOLD)
    mails = [destinations.mailbox(one.id) for one in admins if mail_addresses.of_person(uow, one.id)]
    found = [
        *destinations.channels(uow, school_id),
        *destinations.of_people(uow, [one.id for one in admins]),
        *mails,
    ]
    return list(dict.fromkeys(found))

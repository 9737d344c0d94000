"""We were taken out of a workspace, or a channel was closed: what led there rests until it is made anew."""

from bot.core import audit, reaching
from bot.core.actors import WorkspaceKey
from bot.core.digests import LOST_CHANNEL
from bot.core.notices import Audience, Destination, tell_again
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import ApprovalsChannel

KIND = "lost_link"


def removed(uow: UnitOfWork, workspace: WorkspaceKey) -> None:
    """Let the links of a workspace rest, once, and tell the admins of its schools wherever they are.

    Coming back binds nothing by itself: whoever takes us in may be somebody else by then.
    """
    new: dict[str, object] = {"workspace": str(workspace)}
    uow.mirrors.delete(workspace)
    for school_id in uow.schools.suspend_links(workspace, uow.now):
        subject = f"{KIND}:{school_id}/{workspace.path}"
        for place in _places(uow, school_id):
            tell_again(uow, subject, Audience.ADMIN, place)
        audit.record_own(
            uow,
            "school.link_suspended",
            f"school:{school_id}",
            front=workspace.platform.value,
            school_id=school_id,
            new=new,
        )


def channel_closed(uow: UnitOfWork, workspace: WorkspaceKey, channel: str) -> None:
    """Send approval cards to a channel no more that is closed, once, and tell the admins."""
    for school in uow.schools.linked_to(workspace):
        if not uow.schools.unset_approvals_channel(ApprovalsChannel(school.id, workspace, channel)):
            continue
        subject = f"{LOST_CHANNEL}:{school.id}/{workspace.platform}"
        for place in reaching.able(uow, school.id, Permission.SCHOOL_EDIT, reaching.MOST_TOLD):
            tell_again(uow, subject, Audience.ADMIN, place)
        audit.record_own(
            uow,
            "school.approvals_channel_closed",
            school.subject,
            front=workspace.platform.value,
            school_id=school.id,
            new={"workspace": str(workspace), "channel": channel},
        )


def has_approvals(uow: UnitOfWork, workspace: WorkspaceKey, channel: str) -> bool:
    """Tell whether approval cards go to a channel."""
    return channel in approvals(uow, workspace)


def approvals(uow: UnitOfWork, workspace: WorkspaceKey) -> list[str]:
    """List the channels of a workspace that approval cards go to."""
    kept = (uow.schools.approvals_channels(school.id) for school in uow.schools.linked_to(workspace))
    return [one.channel for found in kept for one in found if one.workspace == workspace]


def _places(uow: UnitOfWork, school_id: str) -> list[Destination]:
    """List the approvals channels that are left, and the admins: by mail too, as their chats may be gone."""
    admins = uow.members.able(school_id, Permission.SCHOOL_LINK, reaching.MOST_TOLD)
    mails = [reaching.mailbox(one.id) for one in admins if uow.people.details(one.id).email]
    found = [*reaching.channels(uow, school_id), *reaching.places(uow, [one.id for one in admins]), *mails]
    return list(dict.fromkeys(found))

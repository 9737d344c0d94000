"""Schools, and the workspaces that they are linked to."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.core import audit, claims
from bot.core.errors import ClaimUnusable, NameTaken, WorkspaceAdminNeeded
from bot.core.ids import new_id
from bot.core.joining_errors import NotLinkedHere
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import roles
from bot.core.rights.actors import Actor, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.values import asdict, dataclass


class SchoolAccess(StrEnum):
    """Who may ask to join: anybody who finds the school, or only people with a link or code."""

    PUBLIC = "public"
    PRIVATE = "private"


class Approval(StrEnum):
    """Whether people who join become members at once, or wait for an admin's approval."""

    AUTOMATIC = "automatic"
    BY_REQUEST = "by request"


@dataclass(frozen=True, slots=True)
class School:
    """A school and its main settings.

    `ask_again_days` is how long a rejected applicant must wait before they may ask again. With `late_codes`,
    a code that is expired, exhausted or locked files a join request instead of failing.
    """

    id: str
    name: str
    created_at: datetime
    district_id: str | None = None
    zone: str = "UTC"
    access: SchoolAccess = SchoolAccess.PRIVATE
    approval: Approval = Approval.BY_REQUEST
    invitation_skips_approval: bool = False
    default_role: str = roles.DEFAULT_MEMBER_ROLE
    support_contact: str = ""
    approver_dms: bool = True
    ask_again_days: int = 30
    late_codes: bool = False
    primary_admin_id: str | None = None
    archived_at: datetime | None = None

    @property
    def subject(self) -> str:
        """The school's subject in the audit log."""
        return f"school:{self.id}"

    def called(self, typed: str) -> bool:
        """Tell whether a typed text is this school's full name, ignoring case, or its id."""
        return " ".join(typed.split()).casefold() in {self.name.casefold(), self.id}

    @property
    def archived(self) -> bool:
        """Whether the school is archived: only admins of its district and the system may act in it."""
        return self.archived_at is not None

    @property
    def asks_invited(self) -> bool:
        """Whether people with an invitation wait for an admin's approval."""
        return self.approval is not Approval.AUTOMATIC and not self.invitation_skips_approval


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Discord guild, a Slack team or the playground."""

    id: str
    key: WorkspaceKey
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalsChannel:
    """The channel of a workspace to which a school's approval cards are sent."""

    school_id: str
    workspace: WorkspaceKey
    channel: str


def create(uow: UnitOfWork, actor: Actor, name: str, **settings: Any) -> School:
    """Create a school in the actor's workspace; its creator becomes School Admin and Primary Admin."""
    key = _administered(uow, actor)
    _make_room(uow, actor, key, name)
    creator = members.enrol(uow, actor)
    school = School(new_id(uow.now), name, uow.now, primary_admin_id=creator.id, **settings)
    add(uow, school)
    uow.workspaces.link(school.id, key, uow.now)
    members.activate(uow, school.id, creator.id, roles.SCHOOL_ADMIN.name, by=creator.id)
    audit.record(
        uow,
        actor,
        "school.created",
        school.subject,
        school_id=school.id,
        by=creator.id,
        new=audited_settings(school),
    )
    return school


def add(uow: UnitOfWork, school: School) -> None:
    """Add a school; refuses with `NameTaken` if its district has one of that name, even one just added."""
    if not uow.schools.add(school):
        raise NameTaken(school.name)
    uow.digests.check_soon(school.id, uow.now)


def save(uow: UnitOfWork, school: School) -> None:
    """Save changes to a school; refuses with `NameTaken` if its district has another of that name."""
    if not uow.schools.save(school):
        raise NameTaken(school.name)
    uow.digests.check_soon(school.id, uow.now)


def is_linked(uow: UnitOfWork, key: WorkspaceKey, school_id: str) -> bool:
    """Tell whether a workspace serves a school now: the school is not archived, nor its link suspended."""
    return any(one.id == school_id for one in uow.schools.linked_to(key))


def set_approvals_channel(uow: UnitOfWork, actor: Actor, school: School, channel: str) -> None:
    """Send the school's approval cards to a channel of the actor's workspace.

    The channel may be private to the actor, so the actor must be allowed to see join requests. Refuses with
    `NotLinkedHere` if the workspace is not linked to the school.
    """
    from bot.core.rights import access  # noqa: PLC0415 - access speaks of schools

    uow.schools.lock(school.id)  # else it could be unlinked meanwhile, and the audit entry be wrong
    access.require(uow, actor, Permission.REQUEST_READ, school)
    key = actor.caller.workspace
    if key is None or not is_linked(uow, key, school.id):
        raise NotLinkedHere(school)
    if (chosen := ApprovalsChannel(school.id, key, channel)) in uow.workspaces.approvals_channels(school.id):
        return
    uow.workspaces.set_approvals_channel(chosen)
    audit.record(
        uow,
        actor,
        "school.approvals_channel_set",
        school.subject,
        school_id=school.id,
        new={"workspace": str(key), "channel": channel},
    )


def offer_link(uow: UnitOfWork, actor: Actor, school: School) -> str:
    """Make a one-time code with which the administrator of another workspace links this school to it.

    The code works only while the person who made it may link the school.
    """
    maker = members.enrol(uow, actor)
    code = claims.issue(uow, claims.Purpose.LINK_SCHOOL, subject=f"{school.id}/{maker.id}")
    audit.record(uow, actor, "school.link_offered", school.subject, school_id=school.id, by=maker.id)
    return code


def link(uow: UnitOfWork, actor: Actor, code: str) -> School:
    """Link the school behind a one-time code to the actor's workspace.

    If it was linked before, its cards there are redrawn: they could not change while the link was suspended.
    Refuses with `ClaimUnusable`.
    """
    from bot.core.workspaces import unlinking  # noqa: PLC0415 - it speaks of schools

    key = _administered(uow, actor)
    claim = claims.take(uow, actor, claims.Purpose.LINK_SCHOOL, code)
    school_id, _, made_by = claim.subject.partition("/")
    school, maker = uow.schools.by_id(school_id), uow.accounts.current(made_by)
    if school is None or maker is None or not _may_link(uow, maker.id, school):
        raise ClaimUnusable
    _make_room(uow, actor, key, school.name, excluding=school.id)
    uow.workspaces.link(school.id, key, uow.now)
    unlinking.redraw_cards(uow, school, key)
    new: dict[str, object] = {"workspace": str(key)}
    audit.record(uow, actor, "school.linked", school.subject, school_id=school.id, new=new)
    return school


def _may_link(uow: UnitOfWork, person_id: str, school: School) -> bool:
    from bot.core.rights import access  # noqa: PLC0415 - access speaks of schools

    return Permission.SCHOOL_LINK in access.rights_of_person(uow, person_id, school).holds


def administers(uow: UnitOfWork, actor: Actor) -> bool:
    """Tell whether the actor administers the workspace that they are in, or the whole system."""
    return actor.caller.workspace is not None and (
        actor.caller.administers_workspace or is_system_administrator(uow, actor)
    )


def _administered(uow: UnitOfWork, actor: Actor) -> WorkspaceKey:
    key = actor.caller.workspace
    if key is None or not administers(uow, actor):
        raise WorkspaceAdminNeeded
    return key


def is_system_administrator(uow: UnitOfWork, actor: Actor) -> bool:
    """Tell whether the actor is a System Administrator, by the settings or by an assigned role."""
    if actor.is_system_administrator or actor.person is None:
        return actor.is_system_administrator
    return Permission.SYSTEM_MANAGE in uow.members.rights(actor.person.id, None).holds


def refuse_name(uow: UnitOfWork, school: School) -> None:
    """Refuse a name that another school has in a workspace that serves this one."""
    for workspace in uow.workspaces.of_school(school.id):
        refuse_taken(uow, workspace.key, school.name, excluding=school.id)


def refuse_taken(uow: UnitOfWork, key: WorkspaceKey, name: str, *, excluding: str = "") -> None:
    """Refuse a name that another school of a workspace has; locks the workspace until the unit ends."""
    uow.workspaces.lock(key)
    others = (school for school in uow.schools.linked_to(key) if school.id != excluding)
    if any(other.name.casefold() == name.casefold() for other in others):
        raise NameTaken(name)


def link_where_administered(uow: UnitOfWork, actor: Actor, school: School) -> None:
    """Link a school to the actor's workspace, if they administer it."""
    key = actor.caller.workspace
    if key is not None and administers(uow, actor):
        _make_room(uow, actor, key, school.name)
        uow.workspaces.link(school.id, key, uow.now)


def _make_room(uow: UnitOfWork, actor: Actor, key: WorkspaceKey, name: str, *, excluding: str = "") -> None:
    """Store the actor's workspace if it is new, and refuse a name that another of its schools has."""
    uow.workspaces.add(Workspace(new_id(uow.now), key, actor.caller.workspace_name, uow.now))
    refuse_taken(uow, key, name, excluding=excluding)


def audited_settings(school: School) -> dict[str, object]:
    """Return a school's settings as the audit log keeps them."""
    kept = asdict(school)
    for own in ("id", "created_at", "archived_at", "support_contact", "name"):
        del kept[own]
    return {**kept, "name": school.name, "support_contact": bool(school.support_contact)}

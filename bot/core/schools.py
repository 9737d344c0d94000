"""Schools, the workspaces that they live in, and which one a person means."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.core import audit, claims, members, roles
from bot.core.actors import Actor, WorkspaceKey
from bot.core.errors import NameTaken, NoSchoolHere, NotFound, SchoolUnclear, WorkspaceAdminNeeded
from bot.core.ids import new_id
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork


class SchoolAccess(StrEnum):
    """Who may come to the door."""

    PUBLIC = "public"
    PRIVATE = "private"


class Approval(StrEnum):
    """What happens at the door."""

    AUTOMATIC = "automatic"
    BY_REQUEST = "by request"


@dataclass(frozen=True, slots=True)
class School:
    """One school and its settings. `ask_again_days` is how long a rejected applicant waits."""

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
    primary_admin_id: str | None = None
    archived_at: datetime | None = None

    @property
    def subject(self) -> str:
        """The name by which the audit log knows it."""
        return f"school:{self.id}"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Discord guild, a Slack team or the playground."""

    id: str
    key: WorkspaceKey
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalsChannel:
    """Where a school's approval cards go in one workspace."""

    school_id: str
    workspace: WorkspaceKey
    channel: str


def create(uow: UnitOfWork, actor: Actor, name: str, **settings: Any) -> School:
    """Create a school in the actor's workspace; its creator becomes School Admin and Primary Admin."""
    key = _administered(uow, actor)
    _refuse_taken(uow, key, name)
    creator = members.enrol(uow, actor)
    school = School(new_id(uow.now), name, uow.now, primary_admin_id=creator.id, **settings)
    uow.schools.add(school)
    _link(uow, actor, key, school)
    members.activate(uow, school.id, creator.id, roles.SCHOOL_ADMIN.name, by=creator.id)
    audit.record(
        uow,
        actor,
        "school.created",
        school.subject,
        school_id=school.id,
        by=creator.id,
        new=_settings(school),
    )
    return school


def edit(uow: UnitOfWork, actor: Actor, school: School, **changes: Any) -> School:
    """Change a school's settings; those that are None stay."""
    given = {name: value for name, value in changes.items() if value is not None}
    edited = replace(school, **given)
    if edited == school:
        return school
    if edited.name != school.name:
        _refuse_taken(uow, actor.caller.workspace, edited.name, but=school.id)
    uow.schools.save(edited)
    before, after = _settings(school), _settings(edited)
    changed = [name for name in after if before[name] != after[name]]
    audit.record(
        uow,
        actor,
        "school.edited",
        school.subject,
        school_id=school.id,
        old={name: before[name] for name in changed},
        new={name: after[name] for name in changed},
    )
    return edited


def set_approvals_channel(uow: UnitOfWork, actor: Actor, school: School, channel: str) -> None:
    """Send the school's approval cards to a channel of the actor's workspace."""
    key = actor.caller.workspace
    if key is None or school not in uow.schools.linked_to(key):
        raise NoSchoolHere
    uow.schools.set_approvals_channel(ApprovalsChannel(school.id, key, channel))
    audit.record(
        uow,
        actor,
        "school.approvals_channel_set",
        school.subject,
        school_id=school.id,
        new={"workspace": f"{key.platform}:{key.external_id}", "channel": channel},
    )


def offer_link(uow: UnitOfWork, actor: Actor, school: School) -> str:
    """Make a one-time code with which another workspace's administrator links this school there."""
    code = claims.issue(uow, claims.Purpose.LINK_SCHOOL, subject=school.id)
    audit.record(uow, actor, "school.link_offered", school.subject, school_id=school.id)
    return code


def link(uow: UnitOfWork, actor: Actor, code: str) -> School:
    """Link the school that a one-time code stands for to the actor's workspace."""
    key = _administered(uow, actor)
    claim = claims.take(uow, actor, claims.Purpose.LINK_SCHOOL, code)
    school = uow.schools.by_id(claim.subject)
    if school is None:
        raise NotFound("school")
    _refuse_taken(uow, key, school.name, but=school.id)
    _link(uow, actor, key, school)
    new: dict[str, object] = {"workspace": f"{key.platform}:{key.external_id}"}
    audit.record(uow, actor, "school.linked", school.subject, school_id=school.id, new=new)
    return school


def _administered(uow: UnitOfWork, actor: Actor) -> WorkspaceKey:
    key = actor.caller.workspace
    if key is None or not (actor.caller.administers_workspace or _rules_system(uow, actor)):
        raise WorkspaceAdminNeeded
    return key


def _rules_system(uow: UnitOfWork, actor: Actor) -> bool:
    """Tell whether the actor is a System Administrator, by the settings or by a claimed code."""
    if actor.rules_system or actor.person is None:
        return actor.rules_system
    return Permission.SYSTEM_MANAGE in uow.members.rights(actor.person.id, None).holds


def _refuse_taken(uow: UnitOfWork, key: WorkspaceKey | None, name: str, *, but: str = "") -> None:
    others = (school for school in uow.schools.linked_to(key) if school.id != but) if key else ()
    if any(other.name.casefold() == name.casefold() for other in others):
        raise NameTaken(name)


def _link(uow: UnitOfWork, actor: Actor, key: WorkspaceKey, school: School) -> None:
    workspace = uow.schools.workspace(key)
    if workspace is None:
        uow.schools.add_workspace(Workspace(new_id(uow.now), key, actor.caller.workspace_name, uow.now))
    uow.schools.link(school.id, key, uow.now)


def _settings(school: School) -> dict[str, object]:
    kept = asdict(school)
    for own in ("id", "created_at", "archived_at", "support_contact", "name"):
        del kept[own]
    return {**kept, "name": school.name, "support_contact": bool(school.support_contact)}


def around(uow: UnitOfWork, actor: Actor) -> Sequence[School]:
    """List the schools that the actor can mean here: the workspace's, then their own."""
    key = actor.caller.workspace
    linked = list(uow.schools.linked_to(key)) if key else []
    if actor.person is not None:
        seen = {school.id for school in linked}
        linked += [school for school in uow.schools.of_person(actor.person.id) if school.id not in seen]
    return linked


def meant(uow: UnitOfWork, actor: Actor, typed: str) -> School:
    """Find the school that the actor means, by name, by id, or by where they are."""
    known = around(uow, actor)
    if typed:
        wanted = typed.casefold()
        for school in known:
            if wanted in {school.name.casefold(), school.id}:
                return school
        raise NotFound("school", typed)
    if not known:
        raise NoSchoolHere
    if len(known) == 1:
        return known[0]
    key = actor.caller.workspace
    here = list(uow.schools.linked_to(key)) if key else []
    if len(here) == 1:
        return here[0]
    own = {school.id for school in uow.schools.of_person(actor.person.id)} if actor.person else set()
    fitting = [school for school in here or known if school.id in own]
    if len(fitting) == 1:
        return fitting[0]
    raise SchoolUnclear(tuple(school.name for school in here or known))


def known(uow: UnitOfWork, actor: Actor, school_id: str, what: str) -> School:
    """Return a school that the actor may know of; refuse as if `what` did not exist otherwise."""
    school = next((one for one in around(uow, actor) if one.id == school_id), None)
    if school is None and _rules_system(uow, actor):
        school = uow.schools.by_id(school_id)
    if school is None:
        raise NotFound(what)
    return school

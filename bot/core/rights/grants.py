"""Changes to the roles of members, and transfers of the Primary Admin."""

from collections.abc import Collection

from bot.core import audit
from bot.core.errors import NotAdmin, NotFound, NothingToChange, OwnMembership, PrimaryAdminProtected
from bot.core.notices import news
from bot.core.notices.news import Topic
from bot.core.people import members
from bot.core.people.lifecycle import is_primary, lock_for_change
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.rights import access, roles
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools import billing
from bot.core.schools.schools import School


def set_roles(uow: UnitOfWork, actor: Actor, school: School, person_id: str, wanted: Collection[str]) -> None:
    """Give a member exactly these roles; the actor must be able to grant each that is added or taken away.

    Raise `RoleAboveCeiling`, `AboveYou` or `PrimaryAdminProtected`.
    """
    membership = lock_for_change(uow, actor, school, person_id, Permission.ROLE_GRANT, even_primary=True)
    if membership.standing is not Standing.ACTIVE:
        raise NothingToChange(_not_let_in(uow, membership))
    before = set(uow.members.roles(school.id, person_id))
    after = {access.school_role(uow, actor, school, name).name for name in wanted}
    if after == before:
        raise NothingToChange("as you want it", of=person_id)
    if roles.SCHOOL_ADMIN.name not in after and is_primary(uow, school, person_id):
        raise PrimaryAdminProtected(school)
    for name in before ^ after:  # the member is not the actor or above them: `lock_for_change` saw to it
        access.grantable_role(uow, actor, school, name)
    for name in sorted(after - before):
        members.grant(uow, school.id, person_id, name, by=actor.person_id)
    for name in sorted(before - after):
        uow.members.unassign(person_id, name, school.id)
    entry = audit.record(
        uow,
        actor,
        "role.changed",
        f"person:{person_id}",
        school_id=school.id,
        old={"roles": sorted(before)},
        new={"roles": sorted(after)},
    )
    news.tell(uow, actor, entry, Topic.ROLES, person_id)


def _not_let_in(uow: UnitOfWork, membership: Membership) -> str:
    """Say how somebody stands who has no roles yet, and what gives them some."""
    if membership.standing is not Standing.PENDING:
        return membership.standing.value
    if uow.join_requests.pending_of(membership.school_id, membership.person_id) is not None:
        return "pending; choose their role when you approve their request"
    return "pending; to offer other roles, clear their invitation and invite them again"


def make_primary(
    uow: UnitOfWork, actor: Actor, school: School, person_id: str, *, confirmed: bool = True
) -> str | None:
    """Make another active admin the Primary Admin and billing contact; return the id of the previous one.

    Unless `confirmed` is set, nothing is changed. Raise `NotAdmin`, `OwnMembership`, or
    `PrimaryAdminProtected` if another unit of work came first.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.PRIMARY_TRANSFER, school)
    membership = uow.members.of(school.id, person_id)
    if membership is None:
        raise NotFound("member")
    if not membership.active or roles.SCHOOL_ADMIN.name not in uow.members.roles(school.id, person_id):
        raise NotAdmin
    current = uow.schools.by_id(school.id)
    before = current.primary_admin_id if current else None
    if before == person_id:
        raise NothingToChange("Primary Admin", of=person_id)
    if person_id == actor.person_id:
        raise OwnMembership  # or an admin could become Primary to get around the Primary Admin's protection
    if not confirmed:
        return before
    if not uow.schools.set_primary(school.id, person_id, expected=before):
        raise PrimaryAdminProtected(school)
    billing.clear_recipient(uow, school)
    entry = audit.record(
        uow,
        actor,
        "primary.transferred",
        school.subject,
        school_id=school.id,
        old={"primary_admin": before},
        new={"primary_admin": person_id},
    )
    for concerned in filter(None, (person_id, before)):
        news.tell(uow, actor, entry, Topic.PRIMARY, concerned)
    return before

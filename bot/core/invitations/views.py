"""How the people who manage invitations find them, and what they are shown of them."""

from collections.abc import Sequence

from bot.core.errors import NotFound, RoleAboveCeiling
from bot.core.ids import normal_code, token_in
from bot.core.invitations import accepting, sending
from bot.core.invitations.addressees import Grant
from bot.core.invitations.invitations import Invitation, InvitationFilter, InvitationState, Redeemer
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

_MANAGING = {
    Permission.INVITATION_CREATE,
    Permission.INVITATION_READ,
    Permission.INVITATION_VIEW_SECRET,
    Permission.INVITATION_REVOKE,
}
# How many of the people who redeemed an invitation are shown at once.
FIRST = 20


@dataclass(frozen=True, slots=True)
class Details:
    """An invitation with everything an admin wants to know of it.

    A `void` invitation is alive, but would let nobody in; with `kept_out`, because its addressee is barred.
    """

    invitation: Invitation
    school: School
    state: InvitationState
    creator: Person | None
    revoker: Person | None
    redeemed_by: tuple[Redeemer, ...]
    void: bool = False
    kept_out: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """An invitation in a list of its school, with the roles that it gives there and its creator's name.

    A `void` invitation is alive, but would let nobody in.
    """

    invitation: Invitation
    roles: tuple[str, ...]
    creator: str
    void: bool


@dataclass(frozen=True, slots=True)
class ManagedElsewhere:
    """An invitation that another school manages, with the roles that it gives in this school."""

    invitation: Invitation
    manager: School
    roles: tuple[str, ...]
    membership_id: str = ""


def find(uow: UnitOfWork, actor: Actor, typed: str) -> tuple[Invitation, School]:
    """Find an invitation by id, code or link; raise `NotFound` if the actor may not know of its school.

    By its code or link, only people with a right to invitations of the school find it: tries are counted
    where codes are redeemed, and not here.
    """
    invitation = uow.invitations.by_id(typed.strip())
    if invitation is not None:
        return invitation, which_school.known(uow, actor, invitation.school_id, "invitation")
    invitation = by_typed(uow, typed)
    school = uow.schools.by_id(invitation.school_id) if invitation else None
    if invitation is None or school is None or not access.rights_of(uow, actor, school).holds & _MANAGING:
        raise NotFound("invitation")
    return invitation, which_school.known(uow, actor, school.id, "invitation")


def may_see_all_codes(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Tell whether the actor may see all links and codes of a school, and so may search for parts of them."""
    rights = access.rights_of(uow, actor, school)
    return Permission.INVITATION_VIEW_SECRET in rights.holds and all(
        rights.covers(role) for role in access.school_roles(uow, school)
    )


def with_visible_code(
    uow: UnitOfWork, actor: Actor, school: School, found: Sequence[Invitation]
) -> frozenset[str]:
    """Return the ids of those of a school's invitations whose link and code the actor may see.

    This needs the permission to see them, and the actor must have, or be able to grant, every role that the
    invitation gives: whoever sees a code can redeem it under another account.
    """
    if may_see_all_codes(uow, actor, school):
        return frozenset(one.id for one in found)
    if not access.holds(uow, actor, Permission.INVITATION_VIEW_SECRET, school):
        return frozenset()
    return frozenset(one.id for one in found if _lies_within(uow, actor, school, one))


def require_visible_code(uow: UnitOfWork, actor: Actor, school: School, invitation: Invitation) -> None:
    """Raise `NotPermitted` or `RoleAboveCeiling` unless the actor may see an invitation's link and code."""
    access.require(uow, actor, Permission.INVITATION_VIEW_SECRET, school)
    require_within(uow, actor, school, invitation)


def require_within(uow: UnitOfWork, actor: Actor, school: School, invitation: Invitation) -> None:
    """Raise `RoleAboveCeiling` unless the actor has, or may grant, all that an invitation gives."""
    if not _lies_within(uow, actor, school, invitation):
        offered = tuple(one.name for one in access.grantable(uow, actor, school))
        raise RoleAboveCeiling(invitation.role_for(school), offered)


def _lies_within(uow: UnitOfWork, actor: Actor, school: School, invitation: Invitation) -> bool:
    grants = uow.addressed.grants(invitation.id) if invitation.to else ()
    given = grants or (Grant(school.id, invitation.role_for(school)),)
    found = (access.role_at(uow, one.school_id, one.role) for one in given)
    return all(one is None or access.rights_of(uow, actor, one[0]).covers(one[1]) for one in found)


def search(uow: UnitOfWork, school_id: str, wanted: InvitationFilter, *, limit: int) -> Sequence[Invitation]:
    """List the school's invitations that match a filter, newest first.

    If the text is the whole code or link of one of them, only that one can match. Any other text is searched
    for as a part of what invitations say.
    """
    whole = by_typed(uow, wanted.text) if wanted.text and wanted.after is None else None
    if whole is None or whole.school_id != school_id:
        return uow.invitations.listed(school_id, wanted, limit=limit)
    fits = wanted.state in {None, whole.state(uow.now)}
    return [whole] if fits else []


def listed(uow: UnitOfWork, school: School, found: Sequence[Invitation]) -> list[Listed]:
    """Add to a school's invitations what a list shows of each."""
    creators = {one: uow.people.by_id(one) for one in {each.created_by for each in found}}
    names = {one: person.name if person else "" for one, person in creators.items()}
    return [
        Listed(one, _roles_of(uow, one, school), names[one.created_by], sending.leads_nowhere(uow, one))
        for one in found
    ]


def _roles_of(uow: UnitOfWork, invitation: Invitation, school: School) -> tuple[str, ...]:
    given = _gives(uow, invitation.id, school.id) if invitation.to else ()
    return given or (invitation.role_for(school),)


def managed_elsewhere(
    uow: UnitOfWork, school_id: str, wanted: InvitationFilter, *, limit: int
) -> Sequence[ManagedElsewhere]:
    """List unanswered invitations into a school that another school manages, newest first."""
    last = uow.invitations.by_id(wanted.after) if wanted.after else None
    if wanted.after and not (last and (last.school_id == school_id or _gives(uow, last.id, school_id))):
        raise NotFound("invitation")
    these = replace(wanted, now=uow.now, secrets=False, elsewhere=True)
    found = []
    for one in uow.invitations.listed(school_id, these, limit=limit):
        manager = uow.schools.by_id(one.school_id)
        assert manager is not None  # noqa: S101 - an invitation's school cannot be deleted
        roles = _gives(uow, one.id, school_id)
        entry = uow.members.of(school_id, one.to.person_id) if one.to else None
        found.append(ManagedElsewhere(one, manager, roles, entry.id if entry else ""))
    return found


def _gives(uow: UnitOfWork, invitation_id: str, school_id: str) -> tuple[str, ...]:
    """Return the roles that an addressed invitation gives in a school."""
    grants = uow.addressed.grants(invitation_id)
    return tuple(grant.role for grant in grants if grant.school_id == school_id)


def details(uow: UnitOfWork, invitation: Invitation, school: School) -> Details:
    """Gather everything an admin wants to know of an invitation."""
    people, void = uow.people, sending.leads_nowhere(uow, invitation)
    return Details(
        invitation=invitation,
        school=school,
        state=invitation.state(uow.now),
        creator=people.by_id(invitation.created_by),
        revoker=people.by_id(invitation.revoked_by) if invitation.revoked_by else None,
        redeemed_by=tuple(uow.leaks.redeemers(invitation.id, after=None, limit=FIRST + 1)),
        void=void,
        kept_out=void and bool(accepting.still_grantable(uow, invitation)),
    )


def by_typed(uow: UnitOfWork, typed: str) -> Invitation | None:
    """Find an invitation by a typed code or link, without checking who asks; return None if there is none."""
    code, token = _secrets_in(typed)
    if code:
        return uow.invitations.by_code(code)
    return uow.invitations.by_token(token) if token else None


def with_school(uow: UnitOfWork, typed: str, *, hold: bool) -> tuple[Invitation, School] | None:
    """Find an invitation like `by_typed`, and its school; see `Invitations.with_school`."""
    code, token = _secrets_in(typed)
    return uow.invitations.with_school(code, token, hold=hold) if code or token else None


def _secrets_in(typed: str) -> tuple[str, str]:
    """Return the code, or else the token of the link, in a typed text; both are empty if it has neither."""
    code = normal_code(typed)
    return (code, "") if code is not None else ("", token_in(typed) or "")

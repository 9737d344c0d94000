"""Invitations as those who manage them find and see them."""

from collections.abc import Sequence

from bot.core import accepting, sending, which_school
from bot.core.actors import Actor, Person
from bot.core.errors import NotFound
from bot.core.ids import normal_code, token_in
from bot.core.invitations import Invitation, InvitationFilter, InvitationState, Redeemer
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.values import dataclass

# So many of those who came in are shown at once.
FIRST = 20


@dataclass(frozen=True, slots=True)
class Details:
    """An invitation with what an admin wants to know of it; a `void` one stands open and lets nobody in.

    With `kept_out` that is because whom it is for is kept out.
    """

    invitation: Invitation
    school: School
    state: InvitationState
    creator: Person | None
    revoker: Person | None
    redeemed_by: tuple[Redeemer, ...]
    void: bool = False
    kept_out: bool = False


def find(uow: UnitOfWork, actor: Actor, typed: str) -> tuple[Invitation, School]:
    """Find an invitation by code, link or id, among those of schools that the actor knows."""
    invitation = by_typed(uow, typed) or uow.invitations.by_id(typed.strip())
    if invitation is None:
        raise NotFound("invitation")
    return invitation, which_school.known(uow, actor, invitation.school_id, "invitation")


def search(uow: UnitOfWork, school_id: str, wanted: InvitationFilter, *, limit: int) -> Sequence[Invitation]:
    """List a school's invitations, newest first.

    A whole code or link is looked up; what is none, or nobody's here, may be a part of anything.
    """
    whole = by_typed(uow, wanted.text) if wanted.text and wanted.after is None else None
    if whole is None or whole.school_id != school_id:
        return uow.invitations.listed(school_id, wanted, limit=limit)
    fits = wanted.state in {None, whole.state(uow.now)}
    return [whole] if fits else []


def details(uow: UnitOfWork, invitation: Invitation, school: School, *, most: int = FIRST + 1) -> Details:
    """Gather what an admin wants to know of an invitation."""
    people, void = uow.people, sending.leads_nowhere(uow, invitation)
    return Details(
        invitation=invitation,
        school=school,
        state=invitation.state(uow.now),
        creator=people.by_id(invitation.created_by),
        revoker=people.by_id(invitation.revoked_by) if invitation.revoked_by else None,
        redeemed_by=tuple(uow.leaks.came_in(invitation.id, after=None, limit=most)),
        void=void,
        kept_out=void and bool(accepting.still_gives(uow, invitation)),
    )


def by_typed(uow: UnitOfWork, typed: str) -> Invitation | None:
    """Find an invitation by a code or a link, whoever asks; None if there is none."""
    if (code := normal_code(typed)) is not None:
        return uow.invitations.by_code(code)
    token = token_in(typed)
    return uow.invitations.by_token(token) if token else None

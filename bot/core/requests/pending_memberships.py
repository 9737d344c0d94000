"""The pending membership of somebody who waits: what becomes of it when their request ends undecided."""

from typing import TYPE_CHECKING

from bot.core.people import members
from bot.core.people.members import Membership
from bot.core.ports import UnitOfWork

if TYPE_CHECKING:
    from bot.core.requests.join_requests import JoinRequest


def undo_pending_membership(uow: UnitOfWork, request: "JoinRequest") -> None:
    """Undo the pending membership that a request made, without lifting an earlier rejection or a bar."""
    membership = uow.members.of(request.school_id, request.person_id)
    if membership is not None:
        end_pending_membership(uow, membership)


def end_pending_membership(uow: UnitOfWork, waiting: Membership) -> None:
    """End a pending membership with no request behind it.

    It becomes rejected if the person is barred or was ever rejected, stays while a live invitation is
    addressed to them, and is deleted otherwise.
    """
    school_id, person_id = waiting.school_id, waiting.person_id
    if waiting.barred_as or uow.join_requests.was_rejected(school_id, person_id):
        members.turn_away(uow, waiting)
        return
    invited = uow.addressed.newest_of(school_id, person_id)
    if invited is None or not invited.state(uow.now).alive:
        uow.members.withdraw(waiting.id)

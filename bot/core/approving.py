"""Approving all whom a card shows: each as if it were clicked alone, and what came of each."""

from collections.abc import Sequence

from bot.core import join_requests, request_views
from bot.core.actors import Actor
from bot.core.digest_ports import TAIL
from bot.core.errors import AboveYou, LimitReached, NotFound, Refusal, RoleAboveCeiling
from bot.core.join_requests import JoinRequest, RequestState
from bot.core.joining_errors import AlreadyDecided, ApplicantBarred, OwnRequest
from bot.core.ports import UnitOfWork
from bot.core.request_views import RequestView
from bot.core.schools import School
from bot.core.values import dataclass

# What keeps one of them from being approved, and none of the others.
_EACH = (AlreadyDecided, OwnRequest, ApplicantBarred, RoleAboveCeiling, AboveYou, LimitReached)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request: how it stands now, and why it was not approved, if it was not."""

    view: RequestView
    refusal: Refusal | None = None


def pack(shown: Sequence[JoinRequest]) -> str:
    """Name requests so briefly that a button carries all that a card shows."""
    return "".join(one.id[-TAIL:] for one in shown)


def approve_shown(uow: UnitOfWork, actor: Actor, school: School, packed: str) -> list[Outcome]:
    """Approve exactly those requests, each with its own role and its own checks.

    Requests are never deleted: if one of them is not there, no card has shown this, and nothing is done.
    """
    uow.schools.lock(school.id)  # rights are read after it, for each
    shown = [packed[at : at + TAIL] for at in range(0, len(packed), TAIL)]
    found = uow.digests.named(school.id, shown)
    if not found or {one.id[-TAIL:] for one in found} != set(shown):
        raise NotFound("request")
    return [_approve(uow, actor, one, school) for one in found]


def _approve(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> Outcome:
    try:
        decided = join_requests.approve(uow, actor, request, school, None)
    except _EACH as refusal:
        if isinstance(refusal, AlreadyDecided) and refusal.request.state is RequestState.PENDING:
            raise  # it was decided but nobody could be let in: nothing of all this shall stand
        return Outcome(request_views.view(uow, request), refusal)
    return Outcome(request_views.view(uow, decided))

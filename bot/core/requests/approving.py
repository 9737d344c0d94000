"""Approving all join requests that a card shows, each checked as if it had been clicked alone."""

from collections.abc import Sequence

from bot.core.errors import AboveYou, LimitReached, NotFound, Refusal, RoleAboveCeiling
from bot.core.joining_errors import AlreadyDecided, ApplicantBarred, OwnRequest
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.requests import views as request_views
from bot.core.requests.digest_ports import TAIL_LENGTH
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.requests.views import RequestView
from bot.core.rights.actors import Actor
from bot.core.schools.schools import School
from bot.core.values import dataclass

# The refusals that concern one request only, so that the others are still approved.
_ONE_REQUEST_ONLY = (AlreadyDecided, OwnRequest, ApplicantBarred, RoleAboveCeiling, AboveYou, LimitReached)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one join request: its state now, and the refusal if it was not approved."""

    view: RequestView
    refusal: Refusal | None = None


def pack(shown: Sequence[JoinRequest]) -> str:
    """Return the tails of the requests' ids as one text, short enough for a button to carry."""
    return "".join(one.id[-TAIL_LENGTH:] for one in shown)


def approve_shown(uow: UnitOfWork, actor: Actor, school: School, packed: str) -> list[Outcome]:
    """Approve exactly the requests that `pack` packed, each with its own role and its own checks.

    Requests are never deleted, so if one is not found, no card has shown this list: raises `NotFound`.
    """
    uow.schools.lock(school.id)  # before rights are read, which happens for each request
    shown = [packed[at : at + TAIL_LENGTH] for at in range(0, len(packed), TAIL_LENGTH)]
    found = uow.digests.by_tails(school.id, shown)
    if not found or {one.id[-TAIL_LENGTH:] for one in found} != set(shown):
        raise NotFound("request")
    return [_approve(uow, actor, one, school) for one in found]


def _approve(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> Outcome:
    try:
        decided = join_requests.approve(uow, actor, request, school, None)
    except _ONE_REQUEST_ONLY as refusal:
        if isinstance(refusal, AlreadyDecided) and refusal.request.state is RequestState.PENDING:
            raise  # the decision was taken but the member not added: roll everything back
        return Outcome(request_views.view(uow, request), refusal)
    return Outcome(request_views.view(uow, decided))

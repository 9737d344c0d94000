"""Counts how often the page of an invitation is opened: the page reports it once each time it is shown."""

from datetime import timedelta

from bot.core.errors import NotFound
from bot.core.ids import hash_of
from bot.core.invitations import guessing, link_views
from bot.core.invitations.guessing import Limit
from bot.core.ports import UnitOfWork

# A whole school may share one network address; more openings than this do not come from a school.
PACE = Limit(300, timedelta(minutes=1))


def record(uow: UnitOfWork, *, token: str, opening: str, address: str) -> bool:
    """Count one opening of the page behind an invitation link; False if it was counted before.

    The page makes up the `opening` id, so that a repeated report counts once; it identifies nobody. Refuses
    links that lead to nothing with `NotFound`, and more openings than `PACE` with `TooManyMisses`.
    """
    seen = link_views.look(uow, token, None)
    if not isinstance(seen, link_views.Open):
        raise NotFound("invitation")
    whose = f"openings from {address}"
    guessing.refuse(uow, {whose: PACE})
    if not uow.arrivals.record(hash_of(f"opening {seen.invitation.id} {opening}"), uow.now):
        return False
    uow.misses.add(whose, 1)
    uow.invitations.count_opening(seen.invitation.id, uow.now)
    return True

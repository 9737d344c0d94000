"""How often the page of an invitation was opened: the page itself tells, once for each time it is shown."""

from datetime import timedelta

from bot.core import guessing, link_views
from bot.core.errors import NotFound
from bot.core.guessing import Limit
from bot.core.ids import hash_of
from bot.core.ports import UnitOfWork

# A whole school may come by one address; more than this is no school.
PACE = Limit(300, timedelta(minutes=1))


def record(uow: UnitOfWork, *, token: str, opening: str, address: str) -> bool:
    """Count that somebody looks at the page of a link; False for what was counted before.

    `opening` is made by the page, so that telling it again counts once. Nobody is known by it. Refuses
    what leads to nothing as `NotFound`, and more than `PACE` with `TooManyMisses`.
    """
    seen = link_views.look(uow, token, None)
    if not isinstance(seen, link_views.Open):
        raise NotFound("invitation")
    whose = f"openings from {address}"
    guessing.refuse(uow, {whose: PACE})
    if not uow.arrivals.first(hash_of(f"opening {seen.invitation.id} {opening}"), uow.now):
        return False
    uow.misses.add(whose, 1)
    uow.invitations.opened(seen.invitation.id, uow.now)
    return True

"""A school that mirrors requests from Discord's own form for joining, in memory."""

from datetime import datetime, timedelta

from bot.core.notices.notices import Audience, Notice
from bot.core.requests import mirroring
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.requests.mirror_ports import Mirror, MirroredRequest, PlatformRequest, PlatformRequests
from bot.core.requests.questions import Answer
from bot.core.schools.schools import School
from bot.core.stuck import ItemTracker
from tests.core.place import GUILD, Place, discord

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOBODY = PlatformRequests(())
ANSWERS = (Answer("Why do you come?", "To learn chess"),)
NIA = PlatformRequest("900", discord("nia"), "Nia", ANSWERS)
# The subjects of notices about the mirror, and about Nia's request.
MIRROR, ASKED = "mirror:discord/700", "mirrored:discord/700/900"


def decides() -> Place:
    """Make a place with a mirror, whose school has an approvals channel."""
    one = Place()
    one.with_approvals_channel()
    mirroring.switch(one.uow, one.admin, one.school, on=True)
    one.clear_outbox_and_log()
    return one


def mirror(place: Place) -> Mirror:
    found = place.uow.mirrors.of(GUILD)
    assert found is not None
    return found


def known(place: Place) -> MirroredRequest:
    found = place.uow.mirrors.by_external_id(GUILD, "900")
    assert found is not None
    return found


def filed(place: Place) -> JoinRequest:
    (one,) = [one for one in place.state.join_requests.values() if one.state is RequestState.PENDING]
    return one


def apply(place: Place, applied: PlatformRequest = NIA, began: datetime | None = None) -> None:
    mirroring.file(place.uow, GUILD, (applied,), began or place.clock.now())


def asked_to_look(place: Place) -> Notice:
    """Let the sweep ask for a look at Discord's requests; return the notice that it queues."""
    place.clock.at = max(place.clock.at, mirror(place).look_at)
    assert mirroring.queue_due_looks(place.uow, ItemTracker()) == 1
    return place.waiting(Audience.REQUESTS)[-1]


def looked(place: Place, seen: PlatformRequests) -> None:
    """Record a look that has seen these requests; it starts after a second, and takes another."""
    place.forward(seconds=1)
    notice = asked_to_look(place)
    began = place.clock.now()
    place.forward(seconds=1)
    mirroring.record_look(place.uow, notice, seen, began)
    assert notice not in place.waiting(Audience.REQUESTS)


def archive(place: Place, school: School) -> None:
    place.save(school, archived_at=place.clock.now())

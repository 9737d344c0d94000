"""If many requests wait, approvers are reminded once a day, by one card for all of them."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from bot.core.notices.notices import Audience, Destination, tell
from bot.core.ports import UnitOfWork
from bot.core.requests import clock as request_clock
from bot.core.requests import digests
from bot.core.requests.digests import MOST_SEPARATE_CARDS
from bot.core.stuck import ItemTracker
from tests.core.digesting import ask, look, queued, school_with_channel
from tests.core.door import Door
from tests.core.place import APPROVALS, Place, discord
from tests.storage import build

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHANNEL, ADA, OMAR = "web/playground/#approvals", "web/@ada", "web/@omar"
MANY = ("nora", "omid", "pia", "quin")


async def attend(door: Door) -> None:
    while await door.database.run(partial(request_clock.sweep, tracker=ItemTracker())):
        pass


async def told(door: Door, *audiences: Audience) -> list[tuple[str, str]]:
    """List the reminders to approvers: the kind of subject, and the place."""
    found = [one for one in await queued(door) if one.audience in audiences]
    return [(one.subject.partition(":")[0], str(one.to)) for one in found]


@pytest.mark.parametrize("number", [MOST_SEPARATE_CARDS, MOST_SEPARATE_CARDS + 1])
async def test_few_have_a_card_each_and_many_one_of_all(door: Door, number: int) -> None:
    await school_with_channel(door, *MANY[:number])
    await queued(door)
    door.clock.forward(DAY)
    await attend(door)
    pressed = await told(door, Audience.REMINDER)
    each = number if number <= MOST_SEPARATE_CARDS else 1
    kind = "join_request" if number <= MOST_SEPARATE_CARDS else "digest"
    assert Counter(pressed) == {(kind, place): each for place in (CHANNEL, ADA, OMAR)}
    door.clock.forward(HOUR)
    await attend(door)
    assert await told(door, Audience.REMINDER) == []


async def test_later_requests_bring_a_card_only_on_another_day(door: Door) -> None:
    await school_with_channel(door, *MANY)
    door.clock.forward(HOUR)
    await ask(door, "rosa")
    door.clock.forward(DAY - HOUR)
    await attend(door)
    await queued(door)
    door.clock.forward(HOUR)
    await attend(door)
    assert await told(door, Audience.REMINDER) == []
    door.clock.forward(2 * DAY)
    await attend(door)
    assert await told(door, Audience.REMINDER, Audience.ESCALATION) == [("digest", ADA)]


async def test_no_single_cards_go_out_if_another_replica_has_sent_one_for_all(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await school_with_channel(door, *MANY)
    await queued(door)
    door.clock.forward(DAY)

    def was_faster(uow: UnitOfWork) -> None:
        monkeypatch.setattr(type(uow.digests), "begin", lambda *_: False)

    await door.database.read(was_faster)
    await attend(door)
    assert sorted(await told(door, Audience.REMINDER)) == [("digest", to) for to in (ADA, OMAR, CHANNEL)]


async def test_a_place_that_has_todays_digest_is_told_nothing_more(door: Door) -> None:
    await school_with_channel(door, *MANY)
    await queued(door)
    door.clock.forward(DAY)
    await look(door)
    await attend(door)
    pressed = [one for one in await queued(door) if one.subject.startswith("digest:")]
    assert [(one.audience, str(one.to)) for one in pressed] == [
        (Audience.APPROVER, CHANNEL),
        (Audience.REMINDER, ADA),
        (Audience.REMINDER, OMAR),
    ]


def test_after_the_digest_of_that_day_no_further_card_is_sent() -> None:
    """It is evening in London, and the next morning in Auckland."""
    place = Place()
    school = place.save(place.school, zone="Pacific/Auckland")
    place.with_approvals_channel()
    for name in MANY:
        build.join_request(place.uow, school, place.person(name))
    ada, leo = (Destination.direct(discord(name)) for name in ("ada", "leo"))

    def pressed(audience: Audience) -> list[tuple[str, str]]:
        assert digests.remind_together(place.uow, school, audience, [APPROVALS, ada, leo])
        return place.told(audience)

    place.forward(hours=5)
    subject = f"digest:{school.id}/2026-09-02"
    channel, *others = [(subject, str(to)) for to in (APPROVALS, ada, leo)]
    assert pressed(Audience.REMINDER) == [channel, *others]
    place.clear_outbox_and_log()
    place.shown(subject)
    tell(place.uow, subject, Audience.APPROVER, leo)
    assert pressed(Audience.ESCALATION) == others[:1]
    place.clear_outbox_and_log()
    place.forward(hours=10)
    assert pressed(Audience.REMINDER) == others, "it is still that day there"
    place.forward(hours=14)
    assert pressed(Audience.SNOOZED) == [channel, *others], "of the next day is none yet"

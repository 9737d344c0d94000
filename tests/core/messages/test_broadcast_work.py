"""Broadcasts under way: who counts, how many go out at a time, what each delivery stores."""

from datetime import timedelta
from functools import partial
from math import ceil

import pytest

from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import (
    LONGEST_DELAY,
    BroadcastState,
    DeliveryMethod,
    Failure,
    Recipient,
    RecipientState,
)
from bot.core.notices import destinations, pacing
from bot.core.notices.notices import Loss
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.broadcasts import ADA, became, crowd, drafted, found, send, work
from tests.core.door import Door, maple
from tests.core.messages.test_broadcasting import FAILED, HOUR, QUEUED, SENT, recipients, taken
from tests.world import caller

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


async def test_mails_are_counted_when_it_is_begun_and_of_those_not_reached_when_they_are_queued(
    door: Door,
) -> None:
    await crowd(door)
    await door.says("root", "/system edit mails_a_day:2")
    made = await send(door)
    boxes = [destinations.mailbox(one.person_id).account for one in await recipients(door, made)]
    await work(door, {"omar": Loss.GONE} | {str(one): Loss.GONE for one in boxes})
    assert await became(door, made) == {SENT: 1, FAILED: 3}, "two mails, and no more were needed"
    assert not (await door.clicks(ADA, "message again", broadcast=made)).refused
    await work(door)
    assert await became(door, made) == {SENT: 2, FAILED: 2}
    quota = [one for one in await recipients(door, made, FAILED) if one.why is Failure.QUOTA]
    assert [one.by for one in quota] == [DeliveryMethod.MAIL] * 2


async def test_a_message_by_mail_goes_by_mail_to_those_who_have_a_chat_too(door: Door) -> None:
    await crowd(door)
    assert not (await door.says(ADA, "/member edit person:omar email:omar@example.org")).refused
    made = await send(door, "by:e-mail search:omar")
    await BroadcastWorker(door.database).round()
    (omar,) = await recipients(door, made)
    assert (omar.state, omar.by) == (QUEUED, DeliveryMethod.MAIL)


async def test_so_many_are_queued_at_a_time_and_so_many_are_on_their_way(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast_work, "CHUNK", 2)
    monkeypatch.setattr(broadcast_work, "AHEAD", 3)
    await crowd(door)
    made = await send(door)

    async def step() -> tuple[bool, int]:
        did = await door.database.run(partial(broadcast_work.go_on, broadcast_id=made))
        return did, len(await recipients(door, made, QUEUED))

    assert [await step() for _ in range(3)] == [(True, 2), (True, 3), (False, 3)]
    for one in await recipients(door, made, QUEUED):
        await door.database.run(partial(_arrives, one))
    assert [await step() for _ in range(2)] == [(True, 1), (False, 1)]
    (last,) = await recipients(door, made, QUEUED)
    await door.database.run(partial(_arrives, last))
    assert await step() == (True, 0)
    over = await found(door, made)
    assert (over.state, over.ended_at) == (BroadcastState.DONE, door.clock.now())
    assert await step() == (False, 0)


def _arrives(one: Recipient, uow: UnitOfWork) -> None:
    uow.recipients.settle(replace(one, state=SENT), expected=one)


@pytest.fixture
def redrawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the subjects of cards that a delivery redraws."""
    subjects: list[str] = []
    monkeypatch.setattr(broadcast_work, "redraw_copies", lambda _, subject: subjects.append(subject))
    return subjects


async def test_what_arrived_stays_with_its_notice_and_the_worker_draws_the_card(
    door: Door, redrawn: list[str]
) -> None:
    await crowd(door)
    made = await send(door, "search:omar")
    (notice,) = await taken(door)
    redrawn.clear()
    door.clock.forward(HOUR)
    await door.database.run(lambda uow: broadcast_work.arrived(uow, notice))
    (omar,) = await recipients(door, made)
    assert (omar.state, omar.by, omar.notice_id) == (SENT, DeliveryMethod.CHAT, notice.id)
    assert omar.at == door.clock.now()
    assert redrawn == []
    await BroadcastWorker(door.database).round()
    assert redrawn == [f"broadcast:{made}"]
    redrawn.clear()
    await door.database.run(lambda uow: broadcast_work.arrived(uow, notice))
    assert redrawn == [f"broadcast:{made}"], "by hand, when all was done: nobody else draws it"


@pytest.mark.parametrize(
    ("why", "became"),
    [
        ("cancelled", (RecipientState.WAITING, None, None)),
        ("cancelled, late", (RecipientState.WAITING, None, None)),
        ("wants no more", (RecipientState.OPTED_OUT, None, None)),
        ("late", (FAILED, DeliveryMethod.CHAT, Failure.LATE)),
    ],
)
async def test_what_is_withheld_was_cancelled_or_its_reader_wants_no_more_or_it_is_late(
    door: Door, why: str, became: tuple[RecipientState, DeliveryMethod | None, Failure | None]
) -> None:
    await crowd(door)
    made = await send(door, "search:omar")
    (notice,) = await taken(door)
    if "cancelled" in why:
        await door.clicks(ADA, "message cancel", broadcast=made)
    if why == "wants no more":
        await door.clicks("omar", "message stop")
    if "late" in why:
        door.clock.forward(LONGEST_DELAY + timedelta(seconds=1))
    await door.database.run(lambda uow: broadcast_work.withheld(uow, notice))
    (omar,) = await recipients(door, made)
    assert (omar.state, omar.by, omar.why) == became


async def test_what_goes_to_a_district_stops_with_its_senders_right_over_it(door: Door) -> None:
    await crowd(door)
    for line in (
        "/district create North",
        '/school move school:"Maple Grove" district:North',
        '/district grant person:omar role:"District Admin" district:North',
    ):
        assert not (await door.says("root", line)).refused, line
    wide = await drafted(door, "omar", 'view:"district users"')
    await door.clicks("omar", "message go", broadcast=wide)
    await door.says("root", '/district revoke person:omar role:"District Admin" district:North')
    await work(door)
    assert await became(door, wide) == {RecipientState.WAITING: 4}


async def test_the_link_of_a_mail_is_its_readers_own(door: Door) -> None:
    await crowd(door)
    await send(door, "search:bo")
    (notice,) = await taken(door)

    def tokens(uow: UnitOfWork) -> tuple[str, str]:
        bo = uow.people.by_email("bo@example.org")
        assert bo is not None
        return broadcast_work.mint(uow, notice), uow.broadcasts.stop_token(bo.id)

    mine, stored = await door.database.run(tokens)
    assert mine == stored != ""


@pytest.mark.parametrize(
    ("platform", "apart"), [(Platform.DISCORD, 3), (Platform.SLACK, 1.25), (Platform.WEB, 0)]
)
async def test_direct_messages_go_out_one_after_the_other(
    door: Door, monkeypatch: pytest.MonkeyPatch, platform: Platform, apart: float
) -> None:
    """Discord treats an app that opens many quickly as spam; Slack allows 50 per minute."""
    monkeypatch.setattr(broadcast_work, "CHUNK", 2)
    monkeypatch.setattr(pacing, "AT_ONCE", 2)
    await maple(door)
    code = await door.code()
    for name in ("ina", "jo", "kai", "lu", "mo"):
        await door.says(caller(name, platform=platform), f"join {code}")
    await send(door, "role:Viewer")
    began, went = door.clock.now(), list[float]()
    while len(went) < 5:
        while await BroadcastWorker(door.database).round():
            pass
        for one in await taken(door):
            went.append((door.clock.now() - began).total_seconds())
            await door.database.run(partial(broadcast_work.arrived, notice=one))
        door.clock.forward(timedelta(seconds=1))
    assert went == [0, 0, *(ceil(apart * turn) for turn in (1, 2, 3))]

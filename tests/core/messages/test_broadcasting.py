"""Broadcasts step by step: what is logged and stored, who is counted, who may send them."""

from datetime import timedelta
from textwrap import dedent

import pytest

from bot.core.errors import BadValue, NothingToChange
from bot.core.messages import broadcasting
from bot.core.messages.broadcasts import BroadcastState, Recipient, RecipientState
from bot.core.notices.notices import Loss, Notice
from bot.core.rights.actors import Caller, Platform
from bot.core.values import replace
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.broadcasts import ADA, attend, crowd, drafted, found, send, sent, work
from tests.core.door import Door, as_, heard
from tests.core.logged import Log
from tests.outbox import deliver_all

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)

HOUR = timedelta(hours=1)
QUEUED, SENT, FAILED = RecipientState.QUEUED, RecipientState.SENT, RecipientState.FAILED


async def recipients(door: Door, broadcast: str, *states: RecipientState) -> list[Recipient]:
    every = states or tuple(RecipientState)
    return list(
        await door.database.read(lambda uow: uow.recipients.listed(broadcast, every, after="", limit=99))
    )


async def taken(door: Door) -> list[Notice]:
    """Queue all that can be queued, and take the notices from the outbox."""
    await BroadcastWorker(door.database).round()
    return [one for one in await door.database.run(deliver_all) if one.subject.startswith("message:")]


async def test_the_log_tells_each_step_with_its_sender_and_numbers(door: Door) -> None:
    await crowd(door)
    log = Log(door)
    await log.fresh()
    first = await drafted(door, ADA, "at:3h")
    for command in ("message later", "message cancel"):
        assert not (await door.clicks(ADA, command, broadcast=first)).refused
    second = await send(door)
    await door.clicks(ADA, "message cancel", broadcast=second)
    third = await send(door)
    await work(door, {"omar": Loss.REFUSED})
    await door.clicks("omar", "message again", broadcast=third)
    await work(door)
    fourth = await drafted(door, "root", 'at:3h school:"Maple Grove"')
    assert not (await door.clicks("root", "message later", broadcast=fourth)).refused
    fifth = await drafted(door, "omar", "at:3h")
    await door.clicks("omar", "message later", broadcast=fifth)
    await door.says(ADA, "/member roles person:omar roles:Viewer")
    door.clock.forward(4 * HOUR)
    assert await attend(door) == 2
    told = [line for line in (await log.fresh()).splitlines(keepends=True) if "role" not in line]
    at = (await found(door, first)).send_at
    later = (await found(door, fifth)).send_at
    roots = (await found(door, fourth)).send_at
    assert at is not None
    assert later is not None
    assert roots is not None
    assert "".join(told) == dedent(f"""\
        Ada (web, Maple Grove) message.scheduled broadcast:#1
          - -> at={at.isoformat()}
        Ada (web, Maple Grove) message.cancelled broadcast:#1
          state=scheduled -> -
        Ada (web, Maple Grove) message.sent broadcast:#2
          - -> chat=2, mail=2, opted_out=0
        Ada (web, Maple Grove) message.cancelled broadcast:#2
          state=sending -> -
        Ada (web, Maple Grove) message.sent broadcast:#3
          - -> chat=2, mail=2, opted_out=0
        Omar (web, Maple Grove) message.sent_again broadcast:#3
          - -> people=1
        Root (web, Maple Grove) message.scheduled broadcast:#4
          - -> at={roots.isoformat()}
        Omar (web, Maple Grove) message.scheduled broadcast:#5
          - -> at={later.isoformat()}
        Root (web, Maple Grove) message.sent broadcast:#4
          - -> chat=2, mail=2, opted_out=0
        nobody (clock, Maple Grove) message.not_sent broadcast:#5
          - -> error=no right
        """)


async def test_the_person_who_sends_a_broadcast_is_its_sender(door: Door) -> None:
    """Omar has written it, and Ada sends it; where it is sent from is where the card of it stands."""
    await crowd(door)
    draft = await drafted(door, "omar")
    wrote = await found(door, draft)
    assert wrote.wanted
    await door.clicks(replace(ADA, platform=Platform.SLACK), "message go", broadcast=draft)
    sent, ada = await found(door, draft), await _person(door, ADA)
    assert wrote.created_by == await _person(door, "omar")
    assert (sent.created_by, sent.front, sent.wanted) == (ada, "slack", wrote.wanted)
    assert (sent.started_at, sent.ended_at) == (door.clock.now(), None)
    another = await drafted(door, ADA)
    await door.clicks("root", "message go", broadcast=another)  # known by the settings alone until then
    assert (await found(door, another)).created_by == await _person(door, "root")


async def _person(door: Door, who: Caller | str) -> str | None:
    return await door.database.read(lambda uow: as_(uow, who).person_id)


async def test_the_person_who_schedules_a_broadcast_is_its_sender(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, "omar", "at:3h")
    slack = replace(ADA, platform=Platform.SLACK)
    await door.clicks(slack, "message later", broadcast=draft)
    one = await found(door, draft)
    assert (one.created_by, one.front) == (await _person(door, ADA), "slack")
    school, at = await door.school(), door.clock.now() + 9 * HOUR
    await door.database.run(lambda uow: broadcasting.schedule(uow, as_(uow, ADA), school, one, at))
    assert (await found(door, draft)).send_at == at


async def test_without_a_time_it_is_not_scheduled(door: Door) -> None:
    await crowd(door)
    draft, school = await drafted(door, ADA), await door.school()
    one = await found(door, draft)
    with pytest.raises(BadValue) as refused:
        await door.database.run(lambda uow: broadcasting.schedule(uow, as_(uow, ADA), school, one, None))
    told = refused.value
    assert (told.option, told.problem, told.example) == ("at", "is missing", "Friday 17:00")


@pytest.mark.parametrize("how", ["cancelled", "refused"])
async def test_an_unsent_broadcast_keeps_its_time_but_not_its_recipients(door: Door, how: str) -> None:
    await crowd(door)
    draft = await drafted(door, "omar", "at:3h search:bo")
    await door.clicks("omar", "message later", broadcast=draft)
    if how == "cancelled":
        await door.clicks("omar", "message cancel", broadcast=draft)
    else:
        await door.says(ADA, "/member suspend omar")
        door.clock.forward(4 * HOUR)
        assert await attend(door) == 1
    over = await found(door, draft)
    assert (over.state, over.wanted, over.ended_at) == (BroadcastState(how), "", door.clock.now())


async def test_what_has_reached_everyone_is_not_sent_again(door: Door) -> None:
    await crowd(door)
    made, school = await send(door), await door.school()
    await work(door)
    over = await found(door, made)
    with pytest.raises(NothingToChange) as refused:
        await door.database.run(lambda uow: broadcasting.send_again(uow, as_(uow, ADA), school, over, ()))
    assert refused.value.state == "with everyone whom it can reach"
    assert await found(door, made) == over


async def test_what_nobody_is_to_get_any_more_is_not_sent(door: Door) -> None:
    await crowd(door)
    draft, school = await drafted(door, ADA, "search:omar at:3h"), await door.school()
    await door.clicks(ADA, "message later", broadcast=draft)
    await door.says(ADA, "/member remove Omar")
    one = await found(door, draft)
    with pytest.raises(NothingToChange) as refused:
        await door.database.run(lambda uow: sent(uow, ADA, school, one))
    assert refused.value.state == "for nobody any more"


async def test_a_time_that_has_come_is_the_clocks_and_not_the_senders(door: Door) -> None:
    """Two messages of one school are due; of the other school's nobody waits."""
    await crowd(door)
    drafts = [await drafted(door, ADA, "at:3h") for _ in range(2)]
    for one in drafts:
        await door.clicks(ADA, "message later", broadcast=one)
    door.clock.forward(2 * HOUR)
    assert await attend(door) == 0
    door.clock.forward(2 * HOUR)
    assert await attend(door) == 2
    assert "under way" in heard(await door.clicks(ADA, "message show", broadcast=drafts[0]))

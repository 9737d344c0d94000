"""The digest of waiting requests, as approvers use it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.notices.notices import Target, draw
from bot.chat.replies import Card, Reply
from bot.core.ids import new_id
from bot.core.notices.notices import Audience, CardCopy, Loss, Notice
from bot.core.ports import UnitOfWork
from bot.core.requests import digests
from tests.core.digesting import ask, digests_queued, look, queued, school_with_channel, set_clock
from tests.core.door import Door, actions_in, heard, maple
from tests.world import caller

# The first of September 2026 is a Tuesday; the clock of the tests begins there at 8:00.
WEDNESDAY = datetime(2026, 9, 2, 8, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CHANNEL = "web/playground/#approvals"


async def _drawn(door: Door, *, fresh: bool = False) -> Reply:
    """Return the newest digest as it would be posted or redrawn now."""

    def unit(uow: UnitOfWork) -> Card | None:
        (school,) = uow.schools.linked_to(caller("ada").workspace)  # type: ignore[arg-type]
        last = uow.digests.last(school.id)
        return draw(uow, last.subject, Target(Audience.APPROVER, fresh=fresh)) if last else None

    return Reply(await door.database.read(unit))


async def _times(door: Door, settings: str) -> None:
    assert "saved" in heard(await door.says("ada", f"/school times {settings}"))


async def test_who_waits_is_told_in_the_morning(door: Door) -> None:
    await school_with_channel(door, "nora", "omid")
    set_clock(door, WEDNESDAY - timedelta(minutes=1))
    assert await digests_queued(door) == []
    set_clock(door, WEDNESDAY)
    assert await digests_queued(door) == [CHANNEL]
    said = heard(await _drawn(door))
    first = "Nora · Viewer · waiting since 01 Sep 2026, 08:00 UTC"
    assert said.startswith(f"2 people wait to join Maple Grove\n{first}\n")
    assert said.index("Nora") < said.index("Omid") < said.index("Approve all shown")
    assert (await door.audited())[-1] == "digest.sent"
    before = await door.tables()
    assert await look(door) == 0
    assert await door.tables() == before


async def test_without_a_channel_the_approvers_are_told(door: Door) -> None:
    await maple(door, 'approval:"by request"', "direct_messages:no")
    await ask(door, "nora")
    set_clock(door, WEDNESDAY)
    assert await digests_queued(door) == ["web/@ada", "web/@omar"]


async def test_nothing_is_sent_when_nobody_waits(door: Door) -> None:
    await school_with_channel(door)
    for days in range(3):
        set_clock(door, WEDNESDAY + days * DAY)
        assert await digests_queued(door) == []
    assert "digest.sent" not in await door.audited()


async def test_nobody_is_told_of_twice_and_somebody_new_brings_a_newer_digest(door: Door) -> None:
    await school_with_channel(door, "nora")
    set_clock(door, WEDNESDAY)
    assert await digests_queued(door) == [CHANNEL]
    set_clock(door, WEDNESDAY + DAY)
    assert await digests_queued(door) == [], "nothing is new, read or not"
    await ask(door, "omid")
    set_clock(door, WEDNESDAY + 2 * DAY)
    assert await digests_queued(door) == [CHANNEL]
    assert heard(await _drawn(door)).startswith("2 people wait")


async def test_weekends_and_holidays_have_none(door: Door) -> None:
    await school_with_channel(door, "nora")
    await _times(door, "digest_time:9:15 digest_days:Mon-Fri holidays:2026-09-02,2026-09-07")
    sent = []
    for day in range(9):
        await ask(door, f"p{day}")
        set_clock(door, WEDNESDAY + day * DAY + 75 * timedelta(minutes=1))
        if await digests_queued(door):
            sent.append((WEDNESDAY + day * DAY).strftime("%a %d"))
    assert sent == ["Thu 03", "Fri 04", "Tue 08", "Wed 09", "Thu 10"]


async def test_an_archived_school_has_none(door: Door) -> None:
    await door.says("root", "/district create name:North")
    await school_with_channel(door, "nora")
    await door.says("root", '/school move school:"Maple Grove" district:North')
    await door.says("root", '/school archive school:"Maple Grove"')
    set_clock(door, WEDNESDAY)
    assert await digests_queued(door) == []


async def test_a_digest_that_is_very_late_is_left_out(door: Door) -> None:
    await school_with_channel(door, "nora")
    set_clock(door, WEDNESDAY + 12 * HOUR)
    assert await digests_queued(door) == []
    set_clock(door, WEDNESDAY + DAY + 11 * HOUR)
    assert await digests_queued(door) == [CHANNEL]


async def test_settings_that_change_bring_no_second_one_and_none_for_a_time_that_is_over(door: Door) -> None:
    await school_with_channel(door, "nora")
    set_clock(door, WEDNESDAY)
    assert await digests_queued(door) == [CHANNEL]
    await ask(door, "omid")
    await _times(door, "digest_time:8:30")
    set_clock(door, WEDNESDAY + HOUR)
    assert await digests_queued(door) == [], "that day has had its digest"
    set_clock(door, WEDNESDAY + DAY + 2 * HOUR)
    await _times(door, "digest_time:9:30")
    assert await digests_queued(door) == [CHANNEL], "what was due is not lost"
    await ask(door, "pia")
    set_clock(door, WEDNESDAY + 2 * DAY - HOUR)
    assert await digests_queued(door) == []
    await _times(door, "digest_time:6:00")
    assert await digests_queued(door) == [], "that time was over when it was set"


async def test_deciding_on_a_digest_redraws_it(door: Door) -> None:
    await school_with_channel(door, "nora", "omid", "pia")
    set_clock(door, WEDNESDAY)
    await look(door)
    nora, omid, _ = await door.requests()
    said = heard(await door.clicks("omar", "request admit", request=nora.id))
    assert said.startswith("2 people wait")
    assert "Nora\nApproved as Viewer by Omar" in said
    assert (await door.members())["Nora"] == "active"
    said = heard(await door.clicks("ada", "request refuse", request=omid.id, reason="No place"))
    assert said.startswith("1 person waits")
    assert "Omid\nRejected by Ada" in said
    assert "Approve all shown" not in said


async def test_a_digest_says_who_sees_to_somebody(door: Door) -> None:
    await school_with_channel(door, "nora", "omid")
    nora, _ = await door.requests()
    await door.clicks("omar", "request claim", request=nora.id)
    said = heard(await door.says("ada", "/request digest"))
    assert "Nora · Viewer · waiting since 01 Sep 2026, 08:00 UTC · Omar is on it\n" in said
    assert said.count("is on it") == 1


async def test_whoever_clicks_too_late_is_told_and_sees_the_digest(door: Door) -> None:
    await school_with_channel(door, "nora", "omid")
    set_clock(door, WEDNESDAY)
    await look(door)
    nora, _ = await door.requests()
    await door.clicks("omar", "request admit", request=nora.id)
    before = await door.tables()
    for command in ("request admit", "request refuse"):
        reply = await door.clicks("ada", command, request=nora.id)
        assert "Approved as Viewer by Omar" in heard(Reply(reply.answer))
        assert heard(Reply(redraw=reply.redraw)).startswith("1 person waits")
    assert await door.tables() == before


async def test_every_copy_is_redrawn_and_an_older_digest_gives_way(door: Door) -> None:
    await school_with_channel(door, "nora", "omid")
    set_clock(door, WEDNESDAY)
    await look(door)
    (posted,) = [one for one in await queued(door) if one.subject.startswith("digest:")]
    copy = CardCopy(
        new_id(posted.due_at), posted.subject, posted.audience, posted.to, "c", "m", drawn="as it was"
    )
    await door.database.run(lambda uow: uow.card_copies.add(copy, uow.now))
    nora, omid = await door.requests()
    await door.clicks("omar", "request approve", request=nora.id)
    assert copy.id in {one.copy_id for one in await queued(door)}
    await door.clicks("omid", "request withdraw", request=omid.id)
    assert copy.id in {one.copy_id for one in await queued(door)}
    assert heard(await _drawn(door)).startswith("Nobody waits to join Maple Grove")
    await ask(door, "pia")
    set_clock(door, WEDNESDAY + DAY)
    await look(door)
    assert copy.id in {one.copy_id for one in await queued(door)}
    older = await door.database.read(lambda uow: draw(uow, posted.subject, Target(posted.audience)))
    assert heard(Reply(older)) == "A newer digest of Maple Grove has come"


async def test_what_was_decided_before_it_could_be_sent_is_not_sent(door: Door) -> None:
    await school_with_channel(door, "nora")
    set_clock(door, WEDNESDAY)
    await look(door)
    (nora,) = await door.requests()
    await door.clicks("omar", "request approve", request=nora.id)
    assert (await _drawn(door, fresh=True)).answer is None
    assert heard(await _drawn(door)).startswith("Nobody waits")


async def test_more_than_fit_are_on_further_pages(door: Door) -> None:
    people = [f"p{number}" for number in range(7)]
    await school_with_channel(door, *people)
    first = await door.says("ada", "/request digest")
    said = heard(first)
    assert said.startswith("7 people wait")
    assert "P4" in said
    assert "P5" not in said
    assert "The next digest is due" in said
    action = actions_in(first)["Show the next"]
    said = heard(await door.clicks("ada", action.command, **action.values))
    assert said.startswith("7 people wait")
    assert "P4" not in said
    assert "P5" in said
    assert "P6" in said
    assert "Show the next" not in said


@pytest.mark.parametrize("who", ["nora", "stranger"])
async def test_only_who_may_read_requests_sees_the_digest(door: Door, who: str) -> None:
    await school_with_channel(door, "nora", "omid")
    said = heard(await door.says(who, '/request digest school:"Maple Grove"'))
    assert "Omid" not in said
    assert "You may not" in said


async def _fails(door: Door, loss: Loss = Loss.REFUSED) -> None:
    """Make the delivery of the waiting digest to the approvals channel fail."""
    for one in await queued(door):
        if one.subject.startswith("digest:") and one.to.channel:

            def unit(uow: UnitOfWork, notice: Notice = one) -> None:
                uow.outbox.give_up(notice.id, uow.now, error="gone")
                digests.failed(uow, notice, loss)

            await door.database.run(unit)


async def test_if_the_channel_fails_approvers_get_the_digest_and_admins_are_told_once(door: Door) -> None:
    await school_with_channel(door, "nora")
    told = []
    for day in range(3):
        await ask(door, f"p{day}")
        set_clock(door, WEDNESDAY + day * DAY)
        await look(door)
        await _fails(door)
        told.append(sorted((one.audience, str(one.to)) for one in await queued(door)))
    to_approvers = [(Audience.APPROVER, "web/@ada"), (Audience.APPROVER, "web/@omar")]
    to_admins = [(Audience.ADMIN, "web/@ada"), (Audience.ADMIN, "web/@omar")]
    assert told[0] == to_admins + to_approvers
    asked = [(Audience.APPLICANT, "web/@p1")]
    assert [one for one in told[1] if one not in asked] == to_approvers


async def test_admins_are_told_again_when_a_channel_that_worked_fails(door: Door) -> None:
    await school_with_channel(door, "nora")
    set_clock(door, WEDNESDAY)
    await look(door)
    await _fails(door)
    lost = [one for one in await queued(door) if one.audience is Audience.ADMIN]
    assert len(lost) == 2
    said = heard(
        Reply(await door.database.read(lambda uow: draw(uow, lost[0].subject, Target(Audience.ADMIN))))
    )
    assert said.startswith("I cannot write to the approvals channel of Maple Grove")
    await ask(door, "omid")
    set_clock(door, WEDNESDAY + DAY)
    await look(door)
    (posted,) = [one for one in await queued(door) if one.subject.startswith("digest:")]
    await door.database.run(lambda uow: digests.arrived(uow, posted))
    await ask(door, "pia")
    set_clock(door, WEDNESDAY + 2 * DAY)
    await look(door)
    await _fails(door)
    assert len([one for one in await queued(door) if one.audience is Audience.ADMIN]) == 2


async def test_an_approver_who_cannot_be_written_to_is_no_channel(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    await ask(door, "nora")
    set_clock(door, WEDNESDAY)
    await look(door)
    before = await door.tables()
    (first, _) = [one for one in await queued(door) if one.subject.startswith("digest:")]
    before = await door.tables()
    await door.database.run(lambda uow: digests.failed(uow, first, Loss.GONE))
    assert await door.tables() == before


async def test_an_older_digest_that_did_not_arrive_is_sent_to_nobody(door: Door) -> None:
    await school_with_channel(door, "nora")
    set_clock(door, WEDNESDAY)
    await look(door)
    (older,) = [one for one in await queued(door) if one.subject.startswith("digest:")]
    await ask(door, "omid")
    set_clock(door, WEDNESDAY + DAY)
    await look(door)
    await queued(door)
    await door.database.run(lambda uow: digests.failed(uow, older, Loss.TRIED))
    assert {one.audience for one in await queued(door)} == {Audience.ADMIN}


async def test_an_earlier_time_holds_from_the_next_day(door: Door) -> None:
    ada = caller("ada", administers=True)
    await door.says(ada, '/school create "Maple Grove"')
    await door.says(ada, "/invite create")
    await ask(door, "nora")
    await look(door)
    await _times(door, "digest_time:7:00")
    set_clock(door, WEDNESDAY - HOUR)
    assert await digests_queued(door) == ["web/@ada"]


async def test_a_school_that_was_never_changed_has_digests(door: Door) -> None:
    await door.says(caller("ada", administers=True), '/school create "Maple Grove"')
    await door.says("ada", "/invite create")
    await ask(door, "nora")
    set_clock(door, WEDNESDAY)
    assert await digests_queued(door) == ["web/@ada"]

"""What time does to pending requests, and what approvers do in the meantime."""

from datetime import timedelta
from functools import partial

import pytest

from bot.core.notices.notices import Audience, Destination, Loss, Notice
from bot.core.ports import UnitOfWork
from bot.core.requests import clock as request_clock
from bot.core.requests.clock import next_step
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.schools.settings import SchoolSettings
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from bot.jobs.sweeps import sweep
from tests.core.door import Door, actions_in, heard, maple
from tests.core.waiting import WAITING, lapse
from tests.outbox import deliver_all
from tests.storage import build
from tests.world import START, caller

HOUR = timedelta(hours=1)
BY_REQUEST = 'approval:"by request"'


async def asked(door: Door, *settings: str) -> JoinRequest:
    """Let Nora ask to join a school, with times of 24 hours, 72 hours and 30 days."""
    await maple(door, BY_REQUEST, *settings)
    await door.says("nora", f"/join {await door.code()}")
    await passes(door, timedelta())
    (request,) = await door.requests()
    return request


async def passes(door: Door, span: timedelta) -> list[tuple[Audience, str]]:
    """Let time pass; return what was sent by that, without redrawn cards."""
    await _told(door)
    door.clock.forward(span)
    await sweep(door.database, WAITING)
    return await _told(door)


async def _told(door: Door) -> list[tuple[Audience, str]]:
    fresh = [one for one in await door.database.run(deliver_all) if one.copy_id is None]
    return sorted((one.audience, str(one.to)) for one in fresh)


async def now(door: Door, request: JoinRequest) -> JoinRequest:
    found = await door.database.read(lambda uow: uow.join_requests.by_id(request.id))
    assert found is not None
    return found


async def test_reminders_come_once_and_go_up_step_by_step(door: Door) -> None:
    request = await asked(door)
    assert await passes(door, 23 * HOUR) == []
    reminded = [(Audience.REMINDER, f"web/@{who}") for who in ("ada", "omar")]
    assert await passes(door, HOUR) == reminded
    assert await passes(door, 47 * HOUR) == []
    up = await passes(door, HOUR)
    assert up == [(Audience.ESCALATION, "web/@ada"), (Audience.STILL_WAITING, "web/@nora")]
    assert await passes(door, timedelta(days=20)) == []  # there is nobody above the Primary Admin here
    ended = await passes(door, timedelta(days=8))
    assert ended == [(Audience.OUTCOME, "web/@nora")]
    assert (await now(door, request)).state is RequestState.LAPSED
    assert "Nora" not in await door.members()
    told = await door.audit_entries()
    clock = [(one.action, one.actor_id) for one in told if one.front == "clock"]
    assert clock == [(f"join_request.{how}", None) for how in ("reminded", "escalated", "lapsed")]
    assert await passes(door, timedelta(days=99)) == []


async def test_nobody_is_reminded_on_days_off(door: Door) -> None:
    """What falls on a weekend or in the holidays comes at the same hour of the next day of work."""
    await maple(door, BY_REQUEST, "zone:Europe/Berlin")
    await door.says("ada", '/school times holidays:"2026-09-07 to 2026-10-23"')
    await passes(door, timedelta(days=3))  # it is Friday
    await door.says("nora", f"/join {await door.code()}")
    (request,) = await door.requests()
    assert {audience for audience, _ in await passes(door, timedelta())} <= {
        Audience.APPROVER,
        Audience.APPLICANT,
    }
    for _ in range(51):  # until Sunday, 25 October, when the clocks go back
        assert await passes(door, timedelta(days=1)) == []
    assert (await now(door, request)).state is RequestState.PENDING
    assert await passes(door, timedelta(days=1)) == []
    up = [(Audience.ESCALATION, "web/@ada"), (Audience.STILL_WAITING, "web/@nora")]
    assert await passes(door, HOUR) == up
    assert await passes(door, timedelta(days=1)) == [(Audience.OUTCOME, "web/@nora")]


async def test_a_school_that_works_on_saturdays_is_reminded_then(door: Door) -> None:
    await maple(door, BY_REQUEST)
    await door.says("ada", "/school times digest_days:Mon-Sat")
    await passes(door, timedelta(days=3))
    await door.says("nora", f"/join {await door.code()}")
    await passes(door, timedelta())
    assert [one for one, _ in await passes(door, timedelta(days=1))] == [Audience.REMINDER] * 2


async def test_holidays_that_are_called_off_put_nothing_off(door: Door) -> None:
    await maple(door, BY_REQUEST)
    await door.says("ada", '/school times holidays:"2026-09-02 to 2026-09-30"')
    await door.says("nora", f"/join {await door.code()}")
    await passes(door, timedelta())
    assert await passes(door, timedelta(days=1)) == []
    await door.says("ada", "/school times holidays:none")
    assert [one for one, _ in await passes(door, timedelta())] == [Audience.REMINDER] * 2


async def test_after_the_primary_admin_comes_the_district(door: Door) -> None:
    await door.says("root", "/district create North")
    await asked(door)
    school = await door.school()

    def above(uow: UnitOfWork) -> None:
        district = uow.districts.by_name("North")
        person = build.person(uow, "Dora", caller("dora").account)
        assert district is not None
        uow.districts.assign(person.id, "District Admin", district.id, by=None, at=uow.now)
        uow.schools.save(replace(school, district_id=district.id))

    await door.database.run(above)
    assert (Audience.ESCALATION, "web/@ada") in await passes(door, 72 * HOUR)
    assert await passes(door, 72 * HOUR) == [(Audience.ESCALATION, "web/@dora")]
    (request,) = await door.requests()
    assert "Approved as Viewer by Dora" in heard(
        await door.clicks("dora", "request approve", request=request.id)
    )


async def test_what_is_decided_is_left_alone(door: Door) -> None:
    request = await asked(door)
    await door.clicks("omar", "request approve", request=request.id)
    assert await passes(door, timedelta(days=99)) == []
    assert (await now(door, request)).state is RequestState.APPROVED


async def test_0_hours_are_never(door: Door) -> None:
    request = await asked(door)
    await door.says("ada", "/school reminders remind_hours:0 escalate_hours:0 lapse_days:0")
    assert await passes(door, timedelta(days=1000)) == []
    assert (await now(door, request)).due_at is None
    await door.says("ada", "/school reminders remind_hours:5")
    assert [one for one, _ in await passes(door, timedelta())] == [Audience.REMINDER] * 2


async def test_settings_that_change_count_for_those_who_wait(door: Door) -> None:
    await asked(door)
    await passes(door, 5 * HOUR)
    await door.says("ada", "/school reminders remind_hours:6")
    assert await passes(door, HOUR - timedelta(minutes=1)) == []
    assert [one for one, _ in await passes(door, timedelta(minutes=1))] == [Audience.REMINDER] * 2


async def test_of_many_who_wait_a_unit_gives_other_times_to_a_few_and_none_is_left_out(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request decided in between is unchanged; one whose new time has passed is handled at once."""
    monkeypatch.setattr(request_clock, "_RESCHEDULE_BATCH", 2)
    await maple(door, BY_REQUEST)
    school = await door.school()

    def ask(uow: UnitOfWork) -> list[JoinRequest]:
        people = [build.person(uow, f"P{number}") for number in range(5)]
        return [build.join_request(uow, school, one, due_at=START + 24 * HOUR) for one in people]

    waiting = await door.database.run(ask)
    await door.says("ada", "/school reminders remind_hours:6")

    decided = replace(waiting[3], state=RequestState.CLOSED, decided_at=START)
    timed = []
    while await door.database.run(lambda uow: request_clock.sweep(uow, ItemTracker())):
        timed.append(sum(one.due_at == one.submitted_at + 6 * HOUR for one in await door.requests()))
        if len(timed) == 1:
            assert await door.database.run(lambda uow: uow.join_requests.decide(decided))
    assert timed == [2, 4, 4]
    assert await door.database.read(lambda uow: uow.settings.to_reschedule(9)) == []


async def test_requests_of_an_archived_school_rest(door: Door) -> None:
    request = await asked(door)
    school = await door.school()
    archived = replace(school, archived_at=door.clock.now())
    await door.database.run(lambda uow: uow.schools.save(archived))
    assert await passes(door, timedelta(days=40)) == []
    assert (await now(door, request)).state is RequestState.PENDING
    await door.database.run(lambda uow: uow.schools.save(school))
    assert (Audience.STILL_WAITING, "web/@nora") in await passes(door, timedelta(days=1))
    assert await passes(door, timedelta(days=1)) == [(Audience.OUTCOME, "web/@nora")]


@pytest.mark.parametrize(("up", "hours"), [("", 24), ("lapse_days:4 escalate_hours:90", 6)])
async def test_nothing_lapses_of_which_nobody_was_reminded(door: Door, up: str, hours: int) -> None:
    """Nobody was at work for weeks: whoever decides has a day then, or as long as the school means."""
    request = await asked(door)
    if up:
        await door.says("ada", f"/school reminders {up}")
    assert (Audience.ESCALATION, "web/@ada") in await passes(door, timedelta(days=41))
    assert await passes(door, timedelta(hours=hours, seconds=-1)) == []
    assert (await now(door, request)).state is RequestState.PENDING
    assert await passes(door, timedelta(seconds=1)) == [(Audience.OUTCOME, "web/@nora")]


async def test_a_claim_that_is_over_by_then_ends_before_anything_lapses(door: Door) -> None:
    request = await asked(door)
    await door.clicks("omar", "request claim", request=request.id)
    assert (Audience.ESCALATION, "web/@ada") in await passes(door, timedelta(days=41))
    assert (await now(door, request)).claimed_by is None
    assert await passes(door, timedelta(days=1)) == [(Audience.OUTCOME, "web/@nora")]


async def test_of_two_who_claim_the_first_does_and_the_other_may_still_decide(door: Door) -> None:
    request = await asked(door)
    said = heard(await door.clicks("omar", "request claim", request=request.id))
    assert "Omar is on it" in said
    assert "Let go" in said
    before = await door.tables()
    assert "Omar is on it already." in heard(await door.clicks("ada", "request claim", request=request.id))
    await door.clicks("omar", "request claim", request=request.id)
    assert await door.tables() == before
    assert "Omar is on it" in heard(await door.says("ada", "/request list"))
    assert "Approved" in heard(await door.clicks("ada", "request approve", request=request.id))


async def test_a_claim_puts_reminders_off_and_ends_by_itself(door: Door) -> None:
    request = await asked(door)
    await passes(door, 20 * HOUR)
    await door.clicks("omar", "request claim", request=request.id)
    assert await passes(door, 23 * HOUR) == []
    assert [one for one, _ in await passes(door, HOUR)] == [Audience.REMINDER] * 2
    assert (await now(door, request)).claimed_by is None
    assert (await door.audited())[-2:] == ["join_request.released", "join_request.reminded"]


async def test_after_a_release_all_approvers_are_reminded_again(door: Door) -> None:
    request = await asked(door)
    assert "Nothing was changed. How it stands: free" in heard(
        await door.clicks("omar", "request release", request=request.id)
    )
    await door.clicks("omar", "request claim", request=request.id)
    assert "I am on it" in heard(await door.clicks("ada", "request release", request=request.id))
    assert (await now(door, request)).claimed_at is None
    assert [one for one, _ in await passes(door, 24 * HOUR)] == [Audience.REMINDER] * 2


async def test_a_snoozing_approver_alone_is_reminded_at_that_time(door: Door) -> None:
    request = await asked(door)
    await passes(door, 22 * HOUR)
    assert "I will remind you of Nora" in heard(
        await door.clicks("omar", "request snooze", request=request.id)
    )
    assert await passes(door, 2 * HOUR) == [(Audience.REMINDER, "web/@ada")]
    assert await passes(door, 2 * HOUR) == [(Audience.SNOOZED, "web/@omar")]
    assert await passes(door, 20 * HOUR) == []


async def test_putting_off_again_moves_the_reminder(door: Door) -> None:
    request = await asked(door)
    for until in ("2h", "6h"):
        await door.says("omar", f"/request snooze request:{request.id} until:{until}")
    await door.says("ada", f"/request snooze request:{request.id} until:1h")
    assert await passes(door, HOUR) == [(Audience.SNOOZED, "web/@ada")]
    assert await passes(door, 4 * HOUR) == []
    assert await passes(door, HOUR) == [(Audience.SNOOZED, "web/@omar")]
    before = await door.tables()
    said = heard(await door.says("omar", f"/request snooze request:{request.id} until:31d"))
    assert "more than 30 days away" in said
    assert await door.tables() == before


async def test_nobody_but_approvers_does_any_of_it(door: Door) -> None:
    request = await asked(door)
    before = await door.tables()
    for how in ("claim", "release", "snooze", "close"):
        for who in ("nora", "eve"):
            said = heard(await door.clicks(who, f"request {how}", request=request.id))
            assert "You may not approve and reject join requests here." in said
    assert await door.tables() == before


async def test_the_request_of_somebody_who_left_can_be_closed(door: Door) -> None:
    request = await asked(door)
    refused = heard(await door.clicks("ada", "request close", request=request.id))
    assert "Only a request from somebody who has left" in refused

    def lost(uow: UnitOfWork, loss: Loss, audience: Audience = Audience.APPLICANT) -> None:
        to = Destination.direct(request.account)
        notice = Notice(build.fresh_id(), "", request.subject, audience, to, uow.now)
        request_clock.unreachable(uow, notice, loss)

    for loss in (Loss.REFUSED, Loss.TRIED):
        await door.database.run(partial(lost, loss=loss))
    await door.database.run(lambda uow: lost(uow, Loss.GONE, Audience.APPROVER))
    assert (await now(door, request)).gone_at is None
    for _ in range(2):
        await door.database.run(lambda uow: lost(uow, Loss.GONE))
    assert (await door.audited()).count("join_request.applicant_gone") == 1
    shown = await door.says("ada", "/request show request:Nora")
    assert "Has left" in heard(shown)
    action = actions_in(shown)["Close"]
    assert "Closed by Ada" in heard(await door.clicks("ada", action.command, **action.values))
    assert "Nora" not in await door.members()
    assert await _told(door) == []
    await door.clicks("nora", "request again", request=request.id)  # they are back
    assert len(await door.requests()) == 1


async def test_after_a_lapse_people_can_ask_again_at_once(door: Door) -> None:
    request = await asked(door)
    await passes(door, timedelta(days=30))
    for _ in range(2):
        await door.clicks("nora", "request again", request=request.id)
    (fresh,) = await door.requests()
    assert (fresh.id, fresh.role, fresh.invitation_id) != (request.id, "", None)
    assert fresh.invitation_id == request.invitation_id
    before = await door.tables()
    assert "cannot find that request" in heard(await door.clicks("eve", "request again", request=request.id))
    assert await door.tables() == before


async def test_a_revoked_invitation_leads_to_no_second_request(door: Door) -> None:
    request = await asked(door)
    await lapse(door)
    await door.says("ada", f"/invite revoke invitation:{await door.code()}")
    assert "Your invitation is revoked" in heard(
        await door.clicks("nora", "request again", request=request.id)
    )
    assert await door.requests() == []


async def test_a_lapse_does_not_undo_a_rejection_but_may_be_asked_again(door: Door) -> None:
    request = await asked(door)
    await door.says("ada", "/school joining access:public ask_again_days:7")
    await door.clicks("ada", "request reject", request=request.id)
    await passes(door, timedelta(days=8))
    assert "is waiting" in heard(await door.says("nora", '/join school:"Maple Grove"'))
    await lapse(door)
    assert (await door.members())["Nora"] == "rejected"
    assert "turned down" in heard(await door.says("nora", f"/join {await door.code()}"))
    assert "is waiting" in heard(await door.says("nora", '/join school:"Maple Grove"'))


SETTINGS = SchoolSettings(remind_hours=24, escalate_hours=72, lapse_days=30)
REQUEST = JoinRequest("r", "s", "p", caller("p").account, "Viewer", START)


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({}, 24),
        ({"reminded_at": START}, 72),
        ({"claimed_at": START + 10 * HOUR}, 34),
        ({"claimed_at": START + 60 * HOUR, "reminded_at": START}, 84),
        ({"reminded_at": START, "escalation": 1, "escalated_at": START + 80 * HOUR}, 152),
        ({"reminded_at": START, "escalation": 2, "escalated_at": START}, 720),
        ({"reminded_at": START, "escalation": 2, "claimed_at": START + 710 * HOUR}, 720),
    ],
)
def test_the_next_step(changes: dict[str, object], hours: int) -> None:
    waiting, due = replace(REQUEST, **changes), START + hours * HOUR  # type: ignore[arg-type]
    assert next_step(waiting, SETTINGS, now=due) == due


def test_no_next_step() -> None:
    never = SchoolSettings(remind_hours=0, escalate_hours=0, lapse_days=0)
    assert next_step(REQUEST, never, now=START) is None

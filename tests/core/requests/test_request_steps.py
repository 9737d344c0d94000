"""What time does to a pending request, what its deliveries record, what its card shows: in memory."""

from datetime import datetime, timedelta

import pytest

from bot.core.notices.notices import Audience, Destination, Loss, Notice
from bot.core.requests import care as request_care
from bot.core.requests import clock as request_clock
from bot.core.requests.join_requests import RequestState
from bot.core.requests.views import RequestView, view
from bot.core.rights.actors import AccountKey
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.schools.districts import District
from bot.core.schools.settings import SchoolSettings
from bot.core.values import replace
from tests.core.place import GUILD, discord
from tests.core.request_desk import DAY, HOUR, Desk
from tests.storage import build


@pytest.fixture
def desk() -> Desk:
    return Desk()


REMIND, UP, LAPSE = timedelta(hours=24), timedelta(hours=72), timedelta(days=30)


def _logged(desk: Desk, how: str, new: str = "") -> list[str]:
    return [f"- (clock) join_request.{how} {desk.asked.subject} at Maple Grove{new}"]


def test_approvers_are_reminded_at_the_hour_and_the_next_step_is_set(desk: Desk) -> None:
    desk.shown(desk.asked.subject)
    desk.forward(hours=24)
    assert desk.clock_ticks() == 1
    now = desk.clock.now()
    assert desk.now == replace(desk.asked, reminded_at=now, due_at=desk.asked.submitted_at + UP)
    assert desk.cards() == [(Audience.REMINDER, "discord/@ada"), (Audience.REMINDER, "discord/@omar")]
    assert desk.redrawn() == [desk.asked.subject]
    assert desk.logged() == _logged(desk, "reminded")
    assert desk.clock_ticks() == 0


def test_whoever_has_put_it_off_is_not_reminded_besides(desk: Desk) -> None:
    request_care.snooze(desk.uow, desk.omar, desk.asked, desk.school, desk.clock.now() + 99 * HOUR)
    desk.forward(hours=24)
    desk.clock_ticks()
    assert (Audience.REMINDER, "discord/@omar") not in desk.cards()
    assert (Audience.REMINDER, "discord/@ada") in desk.cards()


def test_the_primary_admin_is_told_first_and_the_applicant_once(desk: Desk) -> None:
    desk.becomes(due_at=desk.asked.submitted_at + UP, reminded_at=desk.clock.now())
    desk.forward(hours=72)
    assert desk.clock_ticks() == 1
    now = desk.clock.now()
    assert (desk.now.escalation, desk.now.escalated_at, desk.now.due_at) == (1, now, now + UP)
    assert desk.now.reminded_at == desk.asked.submitted_at
    assert desk.cards() == [(Audience.ESCALATION, "discord/@ada"), (Audience.STILL_WAITING, "discord/@nia")]
    assert desk.logged() == _logged(desk, "escalated", " -> level=1")


def _with_district(desk: Desk) -> str:
    """Put the school into North, with its admin Dora and its user Dan; return the district's id."""
    north = District(build.fresh_id(), "North", desk.clock.now())
    desk.uow.districts.add(north)
    desk.save(desk.school, district_id=north.id)
    for name, role in (("dora", DISTRICT_ADMIN.name), ("dan", "District User")):
        who = desk.person(name)
        desk.uow.districts.assign(who.id, role, north.id, by=None, at=desk.clock.now())
    return north.id


def test_after_the_primary_admin_comes_who_leads_the_district(desk: Desk) -> None:
    _with_district(desk)
    first = desk.clock.now()
    desk.becomes(escalation=1, escalated_at=first, reminded_at=first, due_at=first + UP)
    desk.forward(hours=72)
    desk.clock_ticks()
    # The applicant was told at the first escalation.
    assert desk.cards() == [(Audience.ESCALATION, "discord/@dora")]
    assert desk.logged() == _logged(desk, "escalated", " -> level=2")
    assert desk.now.due_at == desk.asked.submitted_at + LAPSE


def test_escalation_passes_over_the_applicant_who_is_the_primary_admin(desk: Desk) -> None:
    _with_district(desk)
    desk.save(desk.school, primary_admin_id=desk.asked.person_id)
    desk.becomes(due_at=desk.asked.submitted_at + UP, gone_at=desk.clock.now())
    desk.forward(hours=72)
    desk.clock_ticks()
    assert desk.cards() == [(Audience.ESCALATION, "discord/@dora")]
    # Approvers who are passed over are not reminded as well.
    assert (desk.now.escalation, desk.now.reminded_at) == (2, desk.clock.now())


def test_a_request_with_nobody_above_is_not_escalated_again(desk: Desk) -> None:
    desk.save(desk.school, primary_admin_id=None)
    desk.becomes(due_at=desk.asked.submitted_at + UP, reminded_at=desk.clock.now())
    desk.forward(hours=72)
    assert desk.clock_ticks() == 1
    assert (desk.now.escalation, desk.now.escalated_at) == (2, None)
    assert desk.now.due_at == desk.asked.submitted_at + LAPSE
    assert (desk.cards(), desk.logged()) == ([], [])


def test_a_claim_that_nobody_came_to_ends_and_what_was_put_off_comes(desk: Desk) -> None:
    at = desk.clock.now()
    desk.becomes(claimed_by=desk.omar.known_person.id, claimed_at=at, reminded_at=at, due_at=at + DAY)
    desk.shown(desk.asked.subject)
    desk.forward(hours=24)
    assert [desk.clock_ticks(), desk.clock_ticks()] == [1, 1]
    assert desk.now == replace(desk.asked, reminded_at=desk.clock.now(), due_at=at + UP)
    assert desk.logged() == _logged(desk, "released") + _logged(desk, "reminded")


def test_nobody_is_bothered_while_somebody_sees_to_it(desk: Desk) -> None:
    at = desk.clock.now() + 71 * HOUR
    desk.becomes(claimed_by=desk.omar.known_person.id, claimed_at=at, due_at=desk.clock.now())
    desk.forward(hours=72)
    assert desk.clock_ticks() == 1
    due = desk.clock.now() + request_clock.CLAIM_CHECK
    assert (desk.now.due_at, desk.cards(), desk.logged()) == (due, [], [])


@pytest.mark.parametrize("gone", [False, True])
def test_a_request_lapses_for_whoever_is_there(desk: Desk, *, gone: bool) -> None:
    at = desk.clock.now()
    desk.becomes(
        due_at=at + LAPSE,
        gone_at=at if gone else None,
        claimed_at=at + LAPSE,
        claimed_by=desk.omar.known_person.id,
    )
    desk.shown(desk.asked.subject)
    desk.forward(days=30)
    assert desk.clock_ticks() == 1
    assert (desk.now.state, desk.now.decided_by) == (RequestState.LAPSED, None)
    assert desk.now.decided_at == desk.clock.now()
    assert desk.uow.members.of(desk.school.id, desk.asked.person_id) is None
    assert desk.cards() == ([] if gone else [(Audience.OUTCOME, "discord/@nia")])
    assert desk.redrawn() == [desk.asked.subject]
    assert desk.logged() == _logged(desk, "lapsed", " -> state=lapsed")


DUE = {"remind": REMIND, "escalate": UP, "lapse": LAPSE}


@pytest.mark.parametrize("how", DUE)
def test_the_sweep_does_nothing_if_somebody_was_faster(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    desk.clock.forward(DUE[how])
    if how == "lapse":  # the approvers were told long ago
        at = desk.asked.submitted_at
        desk.becomes(reminded_at=at + REMIND, escalated_at=at + UP, escalation=2, due_at=at + LAPSE)
    desk.others_were_faster(monkeypatch, "decide" if how == "lapse" else "save_progress")
    assert desk.clock_ticks() == 0
    assert (desk.cards(), desk.redrawn(), desk.logged()) == ([], [], [])


def test_an_archived_schools_request_rests_for_a_day(desk: Desk) -> None:
    desk.save(desk.school, archived_at=desk.clock.now())
    desk.forward(days=30)
    assert desk.clock_ticks() == 1
    assert desk.now == replace(desk.asked, due_at=desk.clock.now() + DAY)
    assert desk.logged() == []


NEVER = SchoolSettings(remind_hours=0, escalate_hours=0, lapse_days=0)
STEPS = [
    (NEVER, {}, None),
    (NEVER, {"claimed_at": True}, DAY),
    (replace(NEVER, remind_hours=5), {}, 5 * HOUR),
    (replace(NEVER, remind_hours=5), {"reminded_at": True}, None),
    (replace(NEVER, remind_hours=5), {"claimed_at": True}, DAY),
    (replace(NEVER, escalate_hours=5), {}, 5 * HOUR),
    (replace(NEVER, escalate_hours=5), {"escalation": 2}, None),
    (replace(NEVER, lapse_days=1), {}, DAY),
]


@pytest.mark.parametrize(("settings", "stands", "after"), STEPS)
def test_the_next_step_follows_from_settings_and_from_what_was_done(
    desk: Desk, settings: SchoolSettings, stands: dict[str, object], after: timedelta | None
) -> None:
    now = desk.clock.now()
    waiting = desk.becomes(**{name: now if value is True else value for name, value in stands.items()})
    due: datetime | None = now + after if after is not None else None
    assert request_clock.next_step(waiting, settings, now=due or now) == due


# What a delivery tells.

LOSSES = [
    (Audience.APPLICANT, Loss.GONE, True),
    (Audience.STILL_WAITING, Loss.GONE, True),
    (Audience.APPLICANT, Loss.REFUSED, False),
    (Audience.OUTCOME, Loss.GONE, False),
    (Audience.APPROVER, Loss.GONE, False),
]


@pytest.mark.parametrize(("audience", "loss", "gone"), LOSSES)
def test_an_unreachable_applicant_counts_as_having_left(
    desk: Desk, audience: Audience, loss: Loss, *, gone: bool
) -> None:
    to = Destination.direct(desk.asked.account)
    notice = Notice(build.fresh_id(), "", desk.asked.subject, audience, to, desk.clock.now())
    request_clock.unreachable(desk.uow, notice, loss)
    assert desk.now.gone_at == (desk.clock.now() if gone else None)
    elsewhere = replace(notice, subject="join_request:unknown")
    request_clock.unreachable(desk.uow, elsewhere, loss)  # it was erased meanwhile


@pytest.mark.parametrize("audience", [Audience.OUTCOME, Audience.APPROVER])
@pytest.mark.parametrize(("loss", "told"), [(Loss.GONE, 1), (Loss.REFUSED, 1), (Loss.TRIED, 0)])
def test_what_a_chat_does_not_take_is_told_elsewhere(
    desk: Desk, audience: Audience, loss: Loss, told: int
) -> None:
    slack = AccountKey("slack", "T1/U1")
    assert desk.uow.accounts.link(slack, desk.asked.person_id, desk.clock.now())
    to = Destination.direct(desk.asked.account)
    notice = Notice(build.fresh_id(), "", desk.asked.subject, audience, to, desk.clock.now())
    request_clock.unreachable(desk.uow, notice, loss)
    assert desk.cards() == [(audience, "slack/@T1/U1")] * told


@pytest.mark.parametrize("dms", [True, False])
def test_what_a_channel_does_not_take_reaches_those_who_decide(desk: Desk, *, dms: bool) -> None:
    desk.save(desk.school, approver_dms=dms)
    desk.clear_outbox_and_log()
    for channel in ("requests", "requests", "more"):
        to = Destination.in_channel(GUILD, channel)
        notice = Notice(build.fresh_id(), "", desk.asked.subject, Audience.APPROVER, to, desk.clock.now())
        request_clock.unreachable(desk.uow, notice, Loss.REFUSED)
    lost = f"lost_channel:{desk.school.id}/discord/700"
    admins = [(lost, "discord/@ada"), (lost, "discord/@omar")]
    assert desk.told(Audience.ADMIN) == admins * 2, "once for each channel"
    deciding = [(desk.asked.subject, f"discord/@{name}") for name in ("ada", "omar")]
    assert desk.told(Audience.APPROVER) == ([] if dms else deciding)
    desk.becomes(state=RequestState.REJECTED)
    desk.forward(hours=48)
    for of in (desk.asked.subject, "join_request:unknown"):
        request_clock.unreachable(desk.uow, replace(notice, subject=of), Loss.REFUSED)
    assert desk.told(Audience.APPROVER) == ([] if dms else deciding)


# What its card shows.


def test_a_card_shows_names_in_the_place_of_ids(desk: Desk) -> None:
    invitation = build.invitation(desk.uow, desk.school, desk.admin.known_person)
    asked = desk.becomes(
        invitation_id=invitation.id,
        claimed_by=desk.omar.known_person.id,
        decided_by=desk.admin.known_person.id,
    )
    shown = view(desk.uow, asked)
    roles = shown.roles
    assert shown == RequestView(asked, desk.school, "Nia", "Ada", "Ada", "Omar", roles)
    assert {"Viewer", "Staff", "School Admin"} < set(roles)
    plain = view(desk.uow, replace(asked, invitation_id=None, claimed_by=None, decided_by=None))
    assert (plain.invited_by, plain.claimed_by, plain.decided_by, plain.banned) == (None, None, None, False)
    unknown = view(desk.uow, replace(asked, invitation_id="gone", person_id="gone"))
    assert (unknown.invited_by, unknown.applicant) == (None, "?")


@pytest.mark.parametrize("where", [discord("nia"), AccountKey("discord", "second")])
def test_a_ban_of_any_of_an_applicants_accounts_is_shown(desk: Desk, where: AccountKey) -> None:
    if where != desk.asked.account:
        assert desk.uow.accounts.link(where, desk.asked.person_id, desk.clock.now())
    desk.ban(where)
    assert view(desk.uow, desk.asked).banned

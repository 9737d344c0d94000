"""What approvers do with a request besides deciding it: in memory."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.core.errors import BadValue, NothingToChange, NotPermitted
from bot.core.joining_errors import AlreadyDecided, ApplicantPresent, OwnRequest, RequestClaimed
from bot.core.notices.notices import Audience
from bot.core.people.members import Access
from bot.core.requests import care as request_care
from bot.core.requests import views as request_views
from bot.core.requests.clock import CLAIM_CHECK
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.values import replace
from tests.core.place import GUILD
from tests.core.request_desk import DAY, HOUR, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


Deed = Callable[[Desk, Actor], object]
DEEDS: dict[str, Deed] = {
    "claim": lambda desk, who: request_care.claim(desk.uow, who, desk.asked, desk.school),
    "release": lambda desk, who: request_care.release(desk.uow, who, desk.asked, desk.school),
    "snooze": lambda desk, who: request_care.snooze(
        desk.uow, who, desk.asked, desk.school, desk.clock.now() + 4 * HOUR
    ),
    "close": lambda desk, who: request_care.close(desk.uow, who, desk.asked, desk.school),
}
WITH_EACH = pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)


@WITH_EACH
def test_only_approvers_do_it_and_nobody_to_their_own(desk: Desk, deed: Deed) -> None:
    with pytest.raises(NotPermitted):
        deed(desk, desk.member("zoe"))
    desk.becomes(person_id=desk.omar.known_person.id)
    with pytest.raises(OwnRequest):
        deed(desk, desk.omar)


@WITH_EACH
def test_what_does_not_wait_is_left_alone(desk: Desk, deed: Deed) -> None:
    decided = desk.becomes(state=RequestState.REJECTED)
    with pytest.raises(AlreadyDecided) as late:
        deed(desk, desk.omar)
    assert late.value.request == decided


def test_an_approver_who_claims_a_request_has_a_day_and_is_shown(desk: Desk) -> None:
    desk.shown(desk.asked.subject)
    desk.forward(hours=1)
    now = desk.clock.now()
    claimed = request_care.claim(desk.uow, desk.omar, desk.asked, desk.school)
    assert claimed == replace(desk.asked, claimed_by=desk.omar.known_person.id, claimed_at=now)
    assert desk.now == replace(claimed, due_at=now + CLAIM_CHECK)
    assert desk.redrawn() == [desk.asked.subject]
    assert desk.logged() == [f"Omar (discord) join_request.claimed {desk.asked.subject} at Maple Grove"]
    desk.clear_outbox_and_log()
    assert request_care.claim(desk.uow, desk.omar, desk.asked, desk.school) == desk.now
    with pytest.raises(RequestClaimed) as whose:
        request_care.claim(desk.uow, desk.admin, desk.asked, desk.school)
    assert whose.value.request == desk.now
    assert (desk.logged(), desk.redrawn()) == ([], [])


def test_releasing_a_claim_leaves_the_request_as_it_was(desk: Desk) -> None:
    with pytest.raises(NothingToChange) as free:
        request_care.release(desk.uow, desk.omar, desk.asked, desk.school)
    assert free.value.state == "free"
    request_care.claim(desk.uow, desk.omar, desk.asked, desk.school)
    desk.shown(desk.asked.subject)
    desk.clear_outbox_and_log()
    released = request_care.release(desk.uow, desk.admin, desk.asked, desk.school)
    assert (released.claimed_by, released.claimed_at) == (None, None)
    assert desk.now == desk.asked
    assert desk.redrawn() == [desk.asked.subject]
    assert desk.logged() == [f"Ada (discord) join_request.released {desk.asked.subject} at Maple Grove"]


def _suspended(desk: Desk) -> None:
    omar = desk.uow.members.of(desk.school.id, desk.omar.known_person.id)
    assert omar is not None
    assert desk.uow.members.change(replace(omar, access=Access.SUSPENDED), expected=omar)


def _demoted(desk: Desk) -> None:
    desk.uow.members.unassign(desk.omar.known_person.id, SCHOOL_ADMIN.name, desk.school.id)


WITH_EACH_LOSS = pytest.mark.parametrize("lose", [_suspended, _demoted])


@WITH_EACH_LOSS
def test_a_claim_counts_only_while_its_approver_may_decide(desk: Desk, lose: Callable[[Desk], None]) -> None:
    request_care.claim(desk.uow, desk.omar, desk.asked, desk.school)
    assert request_views.view(desk.uow, desk.now).claimed_by == "Omar"
    lose(desk)
    shown = request_views.view(desk.uow, desk.now)
    assert (shown.claimed_by, shown.request.claimed_by) == (None, None)
    claimed = request_care.claim(desk.uow, desk.admin, desk.asked, desk.school)
    assert claimed.claimed_by == desk.admin.known_person.id
    assert request_views.view(desk.uow, desk.now).claimed_by == "Ada"


@WITH_EACH_LOSS
def test_a_claim_whose_approver_may_not_decide_any_more_is_ended_within_minutes(
    desk: Desk, lose: Callable[[Desk], None]
) -> None:
    desk.forward(hours=20)
    request_care.claim(desk.uow, desk.omar, desk.asked, desk.school)
    desk.shown(desk.asked.subject)
    desk.forward(minutes=10)
    assert desk.clock_ticks() == 1
    assert desk.now.claimed_by is not None
    lose(desk)
    desk.clear_outbox_and_log()
    desk.forward(minutes=10)
    assert desk.clock_ticks() == 1
    assert desk.now == replace(desk.asked, due_at=desk.asked.submitted_at + DAY)
    assert desk.redrawn() == [desk.asked.subject]
    assert desk.logged() == [f"- (clock) join_request.released {desk.asked.subject} at Maple Grove"]


@pytest.mark.parametrize("how", ["claim", "release"])
def test_a_request_decided_meanwhile_shows_its_decision(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "release":
        desk.becomes(claimed_by=desk.omar.known_person.id, claimed_at=desk.clock.now())
    desk.others_were_faster(monkeypatch, "save_progress")
    with pytest.raises(AlreadyDecided) as late:
        DEEDS[how](desk, desk.omar)
    assert late.value.request.state is RequestState.APPROVED
    assert desk.logged() == []


def test_snoozing_a_request_gives_one_reminder_and_is_logged(desk: Desk) -> None:
    for hours in (1, 4):
        until = desk.clock.now() + hours * HOUR
        request_care.snooze(desk.uow, desk.omar, desk.asked, desk.school, until)
    request_care.snooze(desk.uow, desk.admin, desk.asked, desk.school, until + HOUR)
    omars, adas = sorted(desk.waiting(Audience.SNOOZED), key=lambda one: one.due_at)
    assert (str(omars.to), omars.due_at, omars.subject) == ("discord/@omar", until, desk.asked.subject)
    assert (str(adas.to), adas.due_at) == ("discord/@ada", until + HOUR)
    last = f"join_request.snoozed {desk.asked.subject} at Maple Grove -> until={until.isoformat()}"
    assert desk.logged()[1] == f"Omar (discord) {last}"


def test_nobody_puts_it_off_for_more_than_thirty_days(desk: Desk) -> None:
    longest = desk.clock.now() + 30 * DAY
    request_care.snooze(desk.uow, desk.omar, desk.asked, desk.school, longest)
    with pytest.raises(BadValue) as wrong:
        request_care.snooze(desk.uow, desk.omar, desk.asked, desk.school, longest + timedelta(seconds=1))
    said = (wrong.value.option, wrong.value.problem, wrong.value.example)
    assert said == ("until", "is more than 30 days away", "tomorrow 9:00")


def test_people_without_a_chat_cannot_snooze_a_request(desk: Desk) -> None:
    signs_in = AccountKey("google", "1")
    who = desk.person("zoe", signs_in)
    desk.add_membership(who)
    desk.uow.members.assign(who.id, SCHOOL_ADMIN.name, desk.school.id, by=None, at=desk.clock.now())
    with pytest.raises(NothingToChange) as nowhere:
        DEEDS["snooze"](desk, Actor(Caller(signs_in, "Zoe", Platform.WEB, GUILD), who))
    assert nowhere.value.state == "out of reach"
    assert desk.cards() == []


def test_the_request_of_somebody_who_left_is_closed_and_nobody_is_told(desk: Desk) -> None:
    with pytest.raises(ApplicantPresent):
        DEEDS["close"](desk, desk.omar)
    gone = desk.becomes(gone_at=desk.clock.now())
    desk.shown(desk.asked.subject)
    desk.forward(hours=2)
    closed = request_care.close(desk.uow, desk.omar, desk.asked, desk.school)
    ended = {
        "state": RequestState.CLOSED,
        "decided_by": desk.omar.known_person.id,
        "decided_at": desk.clock.now(),
    }
    assert closed == replace(gone, **ended)  # type: ignore[arg-type]
    assert (desk.now.state, desk.now.decided_by) == (RequestState.CLOSED, desk.omar.known_person.id)
    assert desk.uow.members.of(desk.school.id, desk.asked.person_id) is None
    assert (desk.redrawn(), desk.cards()) == ([desk.asked.subject], [])
    assert desk.logged() == [f"Omar (discord) join_request.closed {desk.asked.subject} at Maple Grove"]


def test_only_the_first_of_two_people_ends_a_request(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.becomes(gone_at=desk.clock.now())
    desk.others_were_faster(monkeypatch, "decide")
    with pytest.raises(AlreadyDecided) as late:
        DEEDS["close"](desk, desk.omar)
    assert late.value.request.state is RequestState.APPROVED

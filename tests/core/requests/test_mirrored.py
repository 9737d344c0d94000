"""Requests from Discord's own form: decided there or here, or prevented from being decided."""

from datetime import timedelta

import pytest

from bot.core.notices.notices import Audience
from bot.core.requests import join_requests, mirroring
from bot.core.requests.join_requests import RequestState
from bot.core.requests.mirror_ports import (
    MirrorProblem,
    PlatformRequest,
    PlatformRequests,
    PlatformRequestState,
)
from bot.core.values import replace
from tests.core.mirrored import (
    ASKED,
    HOUR,
    MIRROR,
    NIA,
    NOBODY,
    apply,
    archive,
    asked_to_look,
    decides,
    filed,
    known,
    looked,
    mirror,
)
from tests.core.place import Place, discord
from tests.world import START


@pytest.fixture
def place() -> Place:
    """A school that mirrors its guild's requests."""
    return decides()


def test_what_still_waits_there_goes_on_waiting(place: Place) -> None:
    apply(place)
    before = known(place)
    looked(place, PlatformRequests((NIA,)))
    assert known(place) == before
    assert mirror(place).looked_at == place.clock.now()
    assert place.told(Audience.ANSWER) == []


DECIDED = [
    (
        PlatformRequests((), let_in=frozenset({"900"})),
        PlatformRequestState.LET_IN,
        RequestState.PENDING,
        "let_in_there",
    ),
    (
        PlatformRequests((), turned_away=frozenset({"900"})),
        PlatformRequestState.TURNED_AWAY,
        RequestState.CLOSED,
        "turned_away_there",
    ),
    (NOBODY, PlatformRequestState.GONE, RequestState.WITHDRAWN, "taken_back_there"),
]


@pytest.mark.parametrize(("seen", "fate", "state", "word"), DECIDED)
def test_what_people_decide_there_makes_nobody_a_member_here(
    place: Place, seen: PlatformRequests, fate: PlatformRequestState, state: RequestState, word: str
) -> None:
    apply(place)
    request = filed(place)
    place.shown(request.subject)
    place.clear_outbox_and_log()
    looked(place, seen)
    now = place.clock.now()
    assert (known(place).fate, known(place).at) == (fate, now)
    ends = state is not RequestState.PENDING
    after = place.uow.join_requests.by_id(request.id)
    assert after == replace(request, state=state, decided_at=now if ends else None)
    membership = place.uow.members.of(place.school.id, request.person_id)
    assert (membership is None) is ends
    assert place.redrawn() == [request.subject]
    told = f" -> state={state.value}" if ends else ""
    assert place.logged() == [f"- (discord) join_request.{word} {request.subject} at Maple Grove{told}"]


@pytest.mark.parametrize(("seen", "fate"), [(seen, fate) for seen, fate, _, _ in DECIDED])
def test_an_own_request_waits_on_after_a_decision_on_discord(
    place: Place, seen: PlatformRequests, fate: PlatformRequestState
) -> None:
    nia = place.person("nia")
    request = join_requests.file(place.uow, place.actor(nia), nia, place.school, "Viewer")
    apply(place)
    place.clear_outbox_and_log()
    looked(place, seen)
    assert known(place).fate is fate
    assert filed(place) == request
    (entry,) = place.logged()
    assert "->" not in entry


def test_what_a_look_did_not_see_whole_is_not_taken_as_gone(place: Place) -> None:
    apply(place)
    looked(place, PlatformRequests((), whole=False))
    assert known(place).fate is PlatformRequestState.WAITING
    looked(place, PlatformRequests((), let_in=frozenset({"900"}), whole=False))
    assert known(place).fate is PlatformRequestState.LET_IN


def test_what_a_look_that_is_not_whole_says_of_who_was_turned_away_holds(place: Place) -> None:
    apply(place)
    looked(place, PlatformRequests((), turned_away=frozenset({"900"}), whole=False))
    assert known(place).fate is PlatformRequestState.TURNED_AWAY


def test_what_came_while_it_was_looked_is_not_taken_as_gone(place: Place) -> None:
    notice = asked_to_look(place)
    apply(place)
    mirroring.record_look(place.uow, notice, NOBODY, known(place).at)
    assert known(place).fate is PlatformRequestState.WAITING


def test_what_was_decided_here_is_our_answer_when_it_is_seen_there(place: Place) -> None:
    apply(place)
    request = filed(place)
    join_requests.approve(place.uow, place.admin, request, place.school, None)
    place.clear_outbox_and_log()
    looked(place, PlatformRequests((), let_in=frozenset({"900"})))
    assert known(place).fate is PlatformRequestState.ANSWERED
    assert place.logged() == []


def test_what_was_decided_otherwise_there_is_not_our_answer(place: Place) -> None:
    apply(place)
    join_requests.approve(place.uow, place.admin, filed(place), place.school, None)
    place.clear_outbox_and_log()
    looked(place, PlatformRequests((), turned_away=frozenset({"900"})))
    assert known(place).fate is PlatformRequestState.TURNED_AWAY


def test_a_members_request_that_people_there_decide_is_done_with(place: Place) -> None:
    place.member("nia")
    apply(place)
    place.clear_outbox_and_log()
    looked(place, NOBODY)
    assert known(place).fate is PlatformRequestState.GONE
    assert place.logged() == []


def test_one_that_waits_does_not_hide_one_that_was_decided(place: Place) -> None:
    apply(place)
    ben = PlatformRequest("901", discord("ben"), "Ben")
    apply(place, ben)
    looked(place, PlatformRequests((NIA,)))
    fates = {one.external_id: one.fate for one in place.state.mirrored.values()}
    assert fates == {"900": PlatformRequestState.WAITING, "901": PlatformRequestState.GONE}


def approved(place: Place) -> None:
    apply(place)
    join_requests.approve(place.uow, place.admin, filed(place), place.school, None)
    place.clear_outbox_and_log()


@pytest.mark.parametrize(("after", "asked"), [(HOUR, False), (HOUR + timedelta(seconds=1), True)])
def test_an_answer_that_is_overdue_is_asked_for_again(place: Place, after: timedelta, *, asked: bool) -> None:
    approved(place)
    notice = asked_to_look(place)
    place.clock.at = START + after
    mirroring.record_look(place.uow, notice, PlatformRequests((NIA,)), START)
    assert place.told(Audience.ANSWER) == (
        [(ASKED, "discord/700/#requests/discord/700/900")] if asked else []
    )


def test_what_is_not_decided_is_not_answered_however_long_it_waits(place: Place) -> None:
    apply(place)
    place.forward(days=2)
    looked(place, PlatformRequests((NIA,)))
    assert place.told(Audience.ANSWER) == []


def test_what_was_in_the_way_is_gone_when_nothing_is_left_to_tell(place: Place) -> None:
    apply(place)
    mirroring.record_problem(place.uow, asked_to_look(place), MirrorProblem.NO_RIGHT)
    looked(place, PlatformRequests((NIA,)))
    assert mirror(place).problem is None


def test_what_was_in_the_way_stays_until_an_answer_could_be_told(place: Place) -> None:
    approved(place)
    mirroring.record_problem(place.uow, asked_to_look(place), MirrorProblem.NO_RIGHT)
    looked(place, PlatformRequests((NIA,)))
    assert mirror(place).problem is MirrorProblem.NO_RIGHT
    (notice,) = place.waiting(Audience.ANSWER)
    assert notice.school_id == place.school.id


def test_the_admins_are_told_of_each_reason_once(place: Place) -> None:
    def shut(problem: MirrorProblem) -> list[tuple[str, str]]:
        notice = asked_to_look(place)
        at = place.clock.now()
        mirroring.record_problem(place.uow, notice, problem)
        assert (mirror(place).problem, mirror(place).look_at) == (problem, at + HOUR)
        assert place.told(Audience.REQUESTS) == []
        told = place.told(Audience.ADMIN)
        place.clear_outbox_and_log()
        return told

    assert shut(MirrorProblem.NO_RIGHT) == [(MIRROR, "discord/700/#approvals")]
    assert shut(MirrorProblem.NO_RIGHT) == []
    assert shut(MirrorProblem.NOT_USED) == [(MIRROR, "discord/700/#approvals")]


def test_without_a_channel_people_who_may_edit_the_school_are_told() -> None:
    place = Place()
    place.member("sam", "Staff")
    mirroring.switch(place.uow, place.admin, place.school, on=True)
    mirroring.record_problem(place.uow, asked_to_look(place), MirrorProblem.GONE)
    assert place.told(Audience.ADMIN) == [(MIRROR, "discord/@ada")]


def test_what_is_in_the_way_of_nobody_is_told_nobody(place: Place) -> None:
    notice = asked_to_look(place)
    archive(place, place.school)
    mirroring.record_problem(place.uow, notice, MirrorProblem.GONE)
    assert (mirror(place).problem, place.told()) == (None, [])


def test_what_a_notice_to_admins_is_about(place: Place) -> None:
    apply(place)
    assert mirroring.about(place.uow, "discord/700") == mirroring.MirrorView(place.school, mirror(place), 1)
    assert mirroring.about(place.uow, "discord/701") is None

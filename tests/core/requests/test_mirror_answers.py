"""Decisions on requests that Discord has, too, are reported to Discord: once, and as they are by then."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.core.notices.notices import Audience, Loss, Notice
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.requests import asking, join_requests, mirror_answers
from bot.core.requests.join_requests import JoinRequest
from bot.core.requests.mirror_answers import RequestAnswer
from bot.core.requests.mirror_ports import MirrorProblem, PlatformRequestState
from bot.core.rights.actors import Actor
from bot.core.schools.schools import SchoolAccess
from bot.core.values import replace
from tests.core.mirrored import ASKED, NIA, apply, decides, known
from tests.core.place import GUILD, Place
from tests.world import START

TO = "discord/700/#requests/discord/700/900"


@pytest.fixture
def place() -> Place:
    """A school that mirrors its guild's requests, with a request of Nia."""
    one = decides()
    apply(one)
    one.clear_outbox_and_log()
    return one


def request(place: Place) -> JoinRequest:
    found = place.uow.join_requests.by_id(known(place).request_id or "")
    assert found is not None
    return found


def approve(place: Place) -> None:
    join_requests.approve(place.uow, place.admin, request(place), place.school, None)


def reject(place: Place) -> None:
    join_requests.reject(place.uow, place.admin, request(place), place.school, "No place")


def nia(place: Place) -> Actor:
    return place.actor(place.uow.people.by_account(NIA.account))


def to_tell(place: Place) -> RequestAnswer | None:
    return mirror_answers.answer(place.uow, known(place))


def notice(place: Place) -> Notice:
    (one,) = place.waiting(Audience.ANSWER)
    return one


@pytest.mark.parametrize("decide", [approve, reject])
def test_what_is_decided_is_told_there_once(place: Place, decide: Callable[[Place], None]) -> None:
    decide(place)
    mirror_answers.ask(place.uow, known(place), place.school.id)
    assert place.told(Audience.ANSWER) == [(ASKED, TO)]
    assert (notice(place).school_id, notice(place).tenant) == (place.school.id, "discord/700/requests")
    assert mirror_answers.about(place.uow, notice(place)) == known(place)


def test_only_waiting_platform_requests_are_answered(place: Place) -> None:
    one = known(place)
    place.uow.mirrors.save_request(replace(one, external_id="899", fate=PlatformRequestState.GONE))
    place.uow.mirrors.save_request(replace(one, external_id="901"))
    approve(place)
    assert [of for of, _ in place.told(Audience.ANSWER)] == [ASKED, "mirrored:discord/700/901"]


def test_a_request_that_is_not_decided_yet_is_not_answered(place: Place) -> None:
    assert to_tell(place) is None


def test_whoever_is_approved_is_let_in(place: Place) -> None:
    approve(place)
    assert to_tell(place) == RequestAnswer(known(place), lets_in=True)


def test_whoever_is_rejected_is_told_the_reason(place: Place) -> None:
    reject(place)
    assert to_tell(place) == RequestAnswer(known(place), lets_in=False, reason="No place")


def test_whoever_took_it_back_is_told_nothing(place: Place) -> None:
    join_requests.withdraw(place.uow, nia(place), request(place))
    assert to_tell(place) is None


def test_an_approved_applicant_suspended_meanwhile_is_not_let_in_on_discord(place: Place) -> None:
    approve(place)
    lifecycle.change(place.uow, place.admin, place.school, request(place).person_id, Verb.SUSPEND)
    assert to_tell(place) is None


def test_a_rejected_applicant_who_joined_otherwise_is_let_in_on_discord(place: Place) -> None:
    reject(place)
    place.forward(days=place.school.ask_again_days)
    place.save(place.school, access=SchoolAccess.PUBLIC)
    again = asking.submit(place.uow, nia(place), place.school)
    assert isinstance(again, JoinRequest)
    join_requests.approve(place.uow, place.admin, again, place.school, None)
    assert to_tell(place) == RequestAnswer(known(place), lets_in=True)


def test_a_member_without_a_request_is_let_in(place: Place) -> None:
    place.uow.mirrors.save_request(replace(known(place), request_id=None))
    assert to_tell(place) == RequestAnswer(known(place), lets_in=True)


@pytest.mark.parametrize(
    "fate",
    [
        PlatformRequestState.ANSWERED,
        PlatformRequestState.LET_IN,
        PlatformRequestState.TURNED_AWAY,
        PlatformRequestState.GONE,
    ],
)
def test_what_was_done_with_is_not_told_again(place: Place, fate: PlatformRequestState) -> None:
    approve(place)
    place.uow.mirrors.save_request(replace(known(place), fate=fate))
    assert to_tell(place) is None


def test_a_school_that_does_not_decide_any_more_tells_nothing(place: Place) -> None:
    approve(place)
    place.uow.workspaces.suspend_links(GUILD, START)
    assert to_tell(place) is None
    place.uow.mirrors.delete(GUILD)
    assert to_tell(place) is None


def test_another_school_of_the_server_does_not_tell_what_it_did_not_decide(place: Place) -> None:
    approve(place)
    oak = place.another_school("Oak Hill", GUILD)
    place.uow.mirrors.put(replace(place.state.mirrors[GUILD], school_id=oak.id))
    assert to_tell(place) is None


def test_nothing_is_told_about_a_request_that_is_gone(place: Place) -> None:
    place.uow.mirrors.save_request(replace(known(place), request_id="gone"))
    assert to_tell(place) is None


@pytest.mark.parametrize(
    ("lets_in", "there", "fate"),
    [
        (True, PlatformRequestState.LET_IN, PlatformRequestState.ANSWERED),
        (True, PlatformRequestState.TURNED_AWAY, PlatformRequestState.TURNED_AWAY),
        (False, PlatformRequestState.TURNED_AWAY, PlatformRequestState.ANSWERED),
        (False, PlatformRequestState.LET_IN, PlatformRequestState.LET_IN),
    ],
)
def test_what_was_said_there_or_had_been_decided_there_is_noted(
    place: Place, there: PlatformRequestState, fate: PlatformRequestState, *, lets_in: bool
) -> None:
    (approve if lets_in else reject)(place)
    told, asked = to_tell(place), notice(place)
    assert told is not None
    place.shown(request(place).subject)
    place.uow.mirrors.put(replace(place.state.mirrors[GUILD], problem=MirrorProblem.NO_RIGHT))
    place.forward(minutes=2)
    place.state.outbox = {asked.id: place.state.outbox[asked.id]}
    mirror_answers.answered(place.uow, asked, told, there)
    assert known(place) == replace(told.to, fate=fate, at=START + timedelta(minutes=2))
    assert place.state.mirrors[GUILD].problem is None
    assert place.redrawn() == [request(place).subject]
    assert place.told() == []


@pytest.mark.parametrize("fate", [PlatformRequestState.GONE, None])
def test_what_came_of_it_meanwhile_stays_so(place: Place, fate: PlatformRequestState | None) -> None:
    approve(place)
    told = to_tell(place)
    assert told is not None
    place.state.mirrored.clear()
    meanwhile = replace(told.to, fate=fate) if fate else None
    if meanwhile is not None:
        place.uow.mirrors.save_request(meanwhile)
    place.uow.mirrors.delete(GUILD)
    mirror_answers.answered(place.uow, notice(place), told, PlatformRequestState.LET_IN)
    assert place.uow.mirrors.by_external_id(GUILD, "900") == meanwhile
    assert place.told(Audience.ANSWER) == []
    assert not place.state.mirrors


def test_no_card_is_drawn_for_a_member_without_a_request(place: Place) -> None:
    place.uow.mirrors.save_request(replace(known(place), request_id=None))
    told = to_tell(place)
    assert told is not None
    place.shown("join_request:None")
    mirror_answers.ask(place.uow, known(place), place.school.id)
    mirror_answers.answered(place.uow, notice(place), told, PlatformRequestState.LET_IN)
    assert known(place).fate is PlatformRequestState.ANSWERED
    assert place.redrawn() == []


def test_an_answer_that_was_given_up_is_noted_with_its_time(place: Place) -> None:
    approve(place)
    place.forward(minutes=7)
    before = known(place)
    mirror_answers.failed(place.uow, replace(notice(place), audience=Audience.REQUESTS), Loss.TRIED)
    assert known(place) == before
    mirror_answers.failed(place.uow, notice(place), Loss.TRIED)
    assert known(place) == replace(before, at=START + timedelta(minutes=7))
    place.state.mirrored.clear()
    mirror_answers.failed(place.uow, notice(place), Loss.TRIED)
    assert not place.state.mirrored

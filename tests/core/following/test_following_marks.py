"""What is asked of a platform for each account: one by one, or as a whole list."""

from datetime import timedelta

import pytest

from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.marks import RoleChange
from bot.core.following.ports import Follower, Mark, MarkState, Native, NativeKind, Problem
from bot.core.notices.notices import Audience, Loss, Notice
from bot.core.values import replace
from tests.core.place import GUILD, Place, discord
from tests.world import START

LATER = START + timedelta(minutes=1)
ONE_BY_ONE, AS_A_LIST = NativeKind.ROLE, NativeKind.GROUP


@pytest.fixture(params=[ONE_BY_ONE, AS_A_LIST])
def kind(request: pytest.FixtureRequest) -> NativeKind:
    found: NativeKind = request.param
    return found


@pytest.fixture
def place(kind: NativeKind) -> Place:
    """A school with a native role that follows its staff."""
    one = Place()
    following.follow(one.uow, one.admin, one.school, "Staff", Native(kind, "5", "Crew"))
    one.clear_outbox_and_log()
    return one


def thing(place: Place) -> Follower:
    (found,) = place.state.followers.values()
    return found


def want(place: Place, subject: str = "2", *, wanted: bool = True) -> Mark:
    following_marks.request_change(place.uow, thing(place), subject, wanted=wanted)
    return mark(place, subject)


def mark(place: Place, subject: str = "2") -> Mark:
    found = place.uow.follow_marks.of(thing(place).id, subject)
    assert found is not None
    return found


def stands(place: Place, state: MarkState, *, wanted: bool = True, subject: str = "2") -> Mark:
    made = replace(want(place, subject), state=state, wanted=wanted)
    place.uow.follow_marks.put(made)
    place.clear_outbox_and_log()
    return made


def notices(place: Place) -> list[Notice]:
    return place.waiting(Audience.FOLLOW)


def role_change(place: Place, notice: Notice) -> RoleChange:
    found = following_marks.role_change(place.uow, notice)
    assert found is not None
    return found


def test_what_is_wanted_is_asked_for_once(place: Place, kind: NativeKind) -> None:
    for wanted in (True, True, False):
        assert want(place, wanted=wanted).state is MarkState.QUEUED
    (notice,) = notices(place)
    assert notice.subject == (mark(place).notice if kind is ONE_BY_ONE else thing(place).subject)
    assert notice.school_id == place.school.id
    assert role_change(place, notice).take == {"2"}


def test_several_are_asked_for_together_where_a_list_is_changed(place: Place, kind: NativeKind) -> None:
    want(place, "2")
    want(place, "3", wanted=False)
    assert len(notices(place)) == (2 if kind is ONE_BY_ONE else 1)
    found = [role_change(place, one) for one in notices(place)]
    assert [one.give for one in found] == ([{"2"}, frozenset()] if kind is ONE_BY_ONE else [{"2"}])
    assert found[-1].take == {"3"}


def test_what_was_done_is_asked_for_anew(place: Place) -> None:
    before = stands(place, MarkState.DONE)
    place.clock.at = LATER
    assert want(place, wanted=False) == replace(before, wanted=False, state=MarkState.QUEUED, at=LATER)
    assert len(notices(place)) == 1


@pytest.mark.parametrize("before", [None, *MarkState])
def test_while_a_thing_cannot_be_changed_its_marks_wait_for_that(
    place: Place, before: MarkState | None
) -> None:
    if before is not None:
        stands(place, before)
    place.uow.followings.save(replace(thing(place), problem=Problem.NO_RIGHT))
    waits = before is MarkState.QUEUED
    assert want(place).state is (MarkState.QUEUED if waits else MarkState.PARKED)
    assert notices(place) == []


def test_what_a_comparison_found_is_asked_for_and_compared_again(place: Place) -> None:
    before = place.state.follow_nudges[thing(place).id]
    following_marks.apply_comparison(place.uow, thing(place).id, [("2", True), ("3", False)])
    assert [(mark(place, one).wanted, mark(place, one).state) for one in "23"] == [
        (True, MarkState.QUEUED),
        (False, MarkState.QUEUED),
    ]
    assert place.state.follow_nudges[thing(place).id] == before + 1


def test_up_to_where_nothing_differs_is_noted_unless_the_thing_has_ended(place: Place) -> None:
    place.member("2", "Staff")
    of = thing(place).id
    found = following_marks.compare(place.uow, of)
    assert found is not None
    assert found.accounts == (("2", True),)
    assert place.uow.followings.to_compare(place.uow.now, 9) == [of]
    following_marks.mark_compared(place.uow, of, found.position)
    assert place.uow.followings.to_compare(place.uow.now, 9) == []
    place.uow.followings.nudge(of)
    place.uow.followings.save(replace(thing(place), ending=True))
    following_marks.mark_compared(place.uow, of, place.uow.followings.position(of))
    assert not place.state.followers


def test_it_is_looked_at_once_however_often_that_is_asked(place: Place) -> None:
    for _ in range(2):
        following_marks.ask_to_look(place.uow, thing(place))
    assert place.told(Audience.LOOK) == [(thing(place).subject, f"discord/700/#follow/{thing(place).id}")]


def test_what_was_done_already_is_asked_for_no_more(place: Place) -> None:
    want(place)
    (notice,) = notices(place)
    place.uow.follow_marks.put(replace(mark(place), state=MarkState.DONE))
    assert following_marks.role_change(place.uow, notice) is None


def test_what_failed_is_tried_by_its_notice_once_more(place: Place) -> None:
    want(place)
    (notice,) = notices(place)
    place.uow.follow_marks.put(replace(mark(place), state=MarkState.FAILED))
    assert role_change(place, notice).give == {"2"}


@pytest.mark.parametrize(
    ("wanted", "absent", "state"),
    [
        (True, (), MarkState.DONE),
        (True, ("2",), MarkState.ABSENT),
        (False, ("2",), MarkState.DONE),
    ],
)
def test_what_was_done_is_noted_with_its_time(
    place: Place, absent: tuple[str, ...], state: MarkState, *, wanted: bool
) -> None:
    asked = want(place, wanted=wanted)
    (notice,) = notices(place)
    did = role_change(place, notice)
    place.clock.at = LATER
    following_marks.done(place.uow, notice, did, absent)
    assert mark(place) == replace(asked, state=state, at=LATER)
    assert notices(place) == []


def test_what_was_asked_for_meanwhile_is_queued_anew(place: Place) -> None:
    want(place)
    (notice,) = notices(place)
    did = role_change(place, notice)
    want(place, wanted=False)
    following_marks.done(place.uow, notice, did, ())
    (again,) = notices(place)
    assert again.id != notice.id
    assert role_change(place, again).take == {"2"}
    assert mark(place).state is MarkState.QUEUED


def test_what_was_parked_meanwhile_is_not_queued(place: Place) -> None:
    want(place)
    (notice,) = notices(place)
    did = role_change(place, notice)
    other = replace(mark(place), wanted=False, state=MarkState.PARKED)
    place.uow.follow_marks.put(other)
    following_marks.done(place.uow, notice, did, ())
    assert notices(place) == []
    assert mark(place) == other


def test_a_mark_that_was_erased_meanwhile_hides_no_other() -> None:
    place = Place()
    following.follow(place.uow, place.admin, place.school, "Staff", Native(AS_A_LIST, "5", "Crew"))
    gone = want(place, "2")
    place.forward(seconds=1)
    want(place, "3")
    (notice,) = notices(place)
    did = role_change(place, notice)
    del place.state.follow_marks[gone.id]
    following_marks.done(place.uow, notice, did, ())
    assert mark(place, "3").state is MarkState.DONE


def test_what_the_admins_were_told_is_over_when_it_works_again(place: Place) -> None:
    place.uow.followings.save(replace(thing(place), told=Problem.NO_RIGHT))
    want(place)
    (notice,) = notices(place)
    following_marks.done(place.uow, notice, role_change(place, notice), ())
    assert thing(place).told is None


def test_what_ends_is_forgotten_with_the_last_that_is_done(place: Place) -> None:
    want(place, wanted=False)
    (notice,) = notices(place)
    place.uow.followings.save(replace(thing(place), ending=True))
    following_marks.done(place.uow, notice, role_change(place, notice), ())
    assert not place.state.followers


def test_a_list_names_from_whom_it_was_taken_before() -> None:
    place = Place()
    following.follow(place.uow, place.admin, place.school, "Staff", Native(AS_A_LIST, "5", "Crew"))
    stands(place, MarkState.DONE, wanted=False, subject="9")
    want(place, "2")
    (notice,) = notices(place)
    found = role_change(place, notice)
    assert found.give == {"2"}
    assert found.gone == found.take == {"9"}
    assert [one.subject for one in found.marks] == ["2"]


def test_what_the_platform_does_not_let_us_change_waits_and_the_admins_are_told_once(
    place: Place, kind: NativeKind
) -> None:
    asked, other = want(place, "2"), want(place, "3")
    done = replace(want(place, "4"), state=MarkState.DONE)
    place.uow.follow_marks.put(done)
    first = notices(place)[0]
    did = role_change(place, first)
    place.clock.at = LATER
    following_marks.parked(place.uow, first, did, Problem.NO_RIGHT)
    assert mark(place, "2") == replace(asked, state=MarkState.PARKED, at=LATER)
    waits = kind is ONE_BY_ONE
    assert mark(place, "3") == (other if waits else replace(other, state=MarkState.PARKED, at=LATER))
    assert mark(place, "4") == done
    assert (thing(place).problem, thing(place).told) == (Problem.NO_RIGHT, Problem.NO_RIGHT)
    assert first not in notices(place)
    assert place.told(Audience.ADMIN) == [(thing(place).subject, "discord/@ada")]
    place.clear_outbox_and_log()
    following_marks.note_problem(place.uow, thing(place), Problem.NO_RIGHT)
    assert place.told(Audience.ADMIN) == []
    following_marks.note_problem(place.uow, thing(place), Problem.GONE)
    assert place.told(Audience.ADMIN) == [(thing(place).subject, "discord/@ada")]


def test_what_was_done_by_another_way_is_not_parked(place: Place) -> None:
    want(place)
    (notice,) = notices(place)
    did = role_change(place, notice)
    done = replace(mark(place), state=MarkState.DONE)
    place.uow.follow_marks.put(done)
    following_marks.parked(place.uow, notice, did, Problem.NO_RIGHT)
    assert mark(place) == done


@pytest.mark.parametrize("state", list(MarkState))
def test_a_change_that_was_given_up_is_noted_if_it_was_still_on_its_way(
    place: Place, state: MarkState
) -> None:
    asked = want(place)
    (notice,) = notices(place)
    now = replace(asked, state=state)
    place.uow.follow_marks.put(now)
    place.clock.at = LATER
    following_marks.failed(place.uow, replace(notice, audience=Audience.LOOK), Loss.TRIED)
    assert mark(place) == now
    following_marks.failed(place.uow, notice, Loss.TRIED)
    given_up = replace(now, state=MarkState.FAILED, at=LATER)
    assert mark(place) == (given_up if state is MarkState.QUEUED else now)


def test_an_account_that_joins_gets_its_waiting_marks(place: Place) -> None:
    stands(place, MarkState.ABSENT)
    stands(place, MarkState.DONE, wanted=False, subject="3")
    following_marks.account_joined(place.uow, GUILD, discord("2"))
    assert mark(place).state is MarkState.QUEUED
    following_marks.account_joined(place.uow, GUILD, discord("3"))
    assert mark(place, "3").state is MarkState.DONE


def test_the_card_of_a_thing_takes_the_place_of_the_one_that_waits(place: Place) -> None:
    place.shown(thing(place).subject, Audience.ADMIN)
    for _ in range(2):
        following_marks.tell_admins(place.uow, thing(place))
    assert place.told(Audience.ADMIN) == [(thing(place).subject, "discord/@ada")]
    assert set(place.redrawn()) == {thing(place).subject}

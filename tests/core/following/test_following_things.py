"""Starting, renaming and ending the following of roles, in memory: how it is typed and logged."""

import pytest

from bot.core.errors import BadValue, CannotFollow, NotFound, NothingToChange, NotPermitted
from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.ports import (
    EVERYONE,
    Difference,
    DifferenceState,
    Differs,
    DriftPolicy,
    Follower,
    Mark,
    MarkState,
    Native,
    NativeKind,
    Problem,
)
from bot.core.joining_errors import NotLinkedHere
from bot.core.notices.notices import Audience
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.rights.custom_roles import CustomRole
from bot.core.values import replace
from tests.core.place import GUILD, OTHER, Place, discord
from tests.storage import build
from tests.world import START

STAFF = Native(NativeKind.ROLE, "5", "Crew")


@pytest.fixture
def place() -> Place:
    return Place()


def follow(
    place: Place, role: str = "Staff", native: Native = STAFF, drift: DriftPolicy | None = None
) -> Follower:
    return following.follow(place.uow, place.admin, place.school, role, native, drift)


def unfollow(place: Place, role: str = "", *, take_away: bool = False) -> Follower:
    return following.unfollow(place.uow, place.admin, place.school, "5", role, take_away=take_away)


def now(place: Place, thing: Follower) -> Follower:
    return place.state.followers[thing.id]


def nudges(place: Place, thing: Follower) -> int:
    return place.state.follow_nudges[thing.id]


def marked(place: Place, thing: Follower, subject: str, state: MarkState, *, wanted: bool = True) -> Mark:
    made = Mark(build.fresh_id(), thing.id, subject, wanted, state, START)
    place.uow.follow_marks.put(made)
    return made


def test_a_thing_that_is_taken_up_is_looked_at_and_compared_at_once(place: Place) -> None:
    thing = follow(place)
    fresh = Follower(thing.id, place.school.id, GUILD, NativeKind.ROLE, "5", "Crew", START, look_at=START)
    assert thing == now(place, thing) == fresh
    assert place.uow.followings.roles(thing.id) == ["Staff"]
    assert place.uow.followings.to_compare(place.uow.now, 9) == [thing.id]
    follower = f"followed:{thing.id} at Maple Grove"
    what = "thing=5, kind=role, workspace=discord:700"
    assert place.logged() == [
        f"Ada (discord) role.followed {follower} -> roles=['Staff'], {what}, drift=report"
    ]


def test_following_everyone_is_logged_as_a_star(place: Place) -> None:
    follow(place, "everyone")
    assert place.state.audit_entries[-1].new["roles"] == ["*"]


def test_to_follow_again_takes_up_what_has_changed_there(place: Place) -> None:
    thing = follow(place)
    place.uow.followings.save(replace(thing, problem=Problem.NO_RIGHT, told=Problem.NO_RIGHT, ending=True))
    before = nudges(place, thing)
    again = follow(place, native=replace(STAFF, name="Team"), drift=DriftPolicy.MEND)
    assert again == now(place, thing) == replace(thing, name="Team", drift=DriftPolicy.MEND)
    assert nudges(place, thing) == before + 1
    assert follow(place, "Viewer", replace(STAFF, name="Team")) == again, "how drift is met stays"
    with pytest.raises(NothingToChange) as refused:
        follow(place, native=replace(STAFF, name="Team"))
    assert refused.value.state == "so already"


@pytest.mark.parametrize(
    "changed", [{"problem": Problem.GONE}, {"told": Problem.GONE}, {"name": "Old"}, {"ending": True}]
)
def test_what_stood_in_the_way_is_gone_by_following_once_more(
    place: Place, changed: dict[str, object]
) -> None:
    thing = follow(place)
    place.uow.followings.save(replace(thing, **changed))  # type: ignore[arg-type]
    assert follow(place) == thing


def test_what_a_platform_does_not_let_follow_is_refused_with_its_name(place: Place) -> None:
    with pytest.raises(CannotFollow) as refused:
        follow(place, native=replace(STAFF, problem=Problem.MANAGED))
    assert (refused.value.problem, refused.value.name) == (Problem.MANAGED, "Crew")
    assert not place.state.followers


def test_who_may_not_make_roles_lets_nothing_follow(place: Place) -> None:
    staff = place.member("sam", "Staff")
    with pytest.raises(NotPermitted):
        following.follow(place.uow, staff, place.school, "Staff", STAFF)
    follow(place)
    with pytest.raises(NotPermitted):
        following.unfollow(place.uow, staff, place.school, "5")


@pytest.mark.parametrize("key", [None, OTHER])
def test_only_things_of_where_the_school_is_follow_it(place: Place, key: WorkspaceKey | None) -> None:
    with pytest.raises(NotLinkedHere):
        following.follow(place.uow, place.actor(place.admin.person, key=key), place.school, "Staff", STAFF)


def test_what_follows_another_schools_roles_is_not_taken_from_it(place: Place) -> None:
    oak = place.another_school("Oak Hill", GUILD)
    thing = follow(place)
    place.uow.followings.save(replace(thing, school_id=oak.id))
    with pytest.raises(CannotFollow) as refused:
        follow(place)
    assert (refused.value.problem, refused.value.name) == (Problem.ELSEWHERE, "Crew")


@pytest.mark.parametrize("whose", ["ours", "another's"])
def test_a_thing_that_somebody_took_up_at_the_same_instant(
    place: Place, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    thing = follow(place)
    if whose == "another's":
        place.uow.followings.save(replace(thing, school_id=place.another_school("Oak Hill", GUILD).id))
    found: list[Follower | None] = [None, now(place, thing)]
    monkeypatch.setattr(type(place.uow.followings), "by_external_id", lambda *_: found.pop(0))
    monkeypatch.setattr(type(place.uow.followings), "add", lambda *_: False)
    if whose == "another's":
        with pytest.raises(CannotFollow):
            follow(place, "Viewer")
    else:
        assert follow(place, "Viewer") == thing


def test_so_many_things_follow_a_school(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST", 1)
    follow(place)
    follow(place, "Viewer")
    with pytest.raises(BadValue) as refused:
        follow(place, native=replace(STAFF, external_id="6"))
    assert refused.value.problem == "would be one too many: 1 follow roles of this school already"


def test_the_role_that_somebody_means(place: Place) -> None:
    for name in ("Desk", "All"):
        assert place.uow.roles.add(CustomRole(name, place.school.id, name, START, frozenset()))
    meant = [
        following.resolve_role(place.uow, place.school, typed)
        for typed in ("staff", "desk", "all", " * ", "MEMBERS")
    ]
    assert meant == ["Staff", "Desk", "All", EVERYONE, EVERYONE]
    for typed in ("District Admin", "nothing"):
        with pytest.raises(NotFound) as refused:
            following.resolve_role(place.uow, place.school, typed)
        assert refused.value.what == "role"


def test_a_thing_is_found_by_its_id_or_a_name_that_only_one_has(place: Place) -> None:
    thing = follow(place)
    other = follow(place, native=Native(NativeKind.CHANNEL, "C6", "staff-room"))
    found = [
        following.find(place.uow, place.admin, place.school, typed)
        for typed in (" @crew ", "CREW", "5", thing.id, "#staff-room", "c6")
    ]
    assert found == [thing] * 4 + [other] * 2
    follow(place, native=replace(STAFF, external_id="7"))
    for typed in ("nothing", "", "@5@"):
        with pytest.raises(NotFound) as refused:
            following.find(place.uow, place.admin, place.school, typed)
        assert refused.value.what == "role or group"
    with pytest.raises(CannotFollow) as unclear:
        following.find(place.uow, place.admin, place.school, "crew")
    assert unclear.value.problem is Problem.UNCLEAR


def test_of_things_that_are_called_the_same_the_one_is_meant_that_is_here(place: Place) -> None:
    thing = follow(place)
    elsewhere = replace(thing, id="zz", workspace=WorkspaceKey(Platform.SLACK, "T9"), external_id="S9")
    place.uow.followings.add(elsewhere)
    assert following.find(place.uow, place.admin, place.school, "@crew") == thing
    assert following.find(place.uow, place.admin, place.school, "zz") == elsewhere


def test_what_follows_nothing_any_more_is_forgotten_with_all_that_waits(place: Place) -> None:
    thing = follow(place)
    follow(place, "Viewer")
    following_marks.apply_comparison(place.uow, thing.id, [("2", True)])
    following_marks.ask_to_look(place.uow, thing)
    place.shown(thing.subject, Audience.ADMIN)
    before = nudges(place, thing)
    place.state.audit_entries.clear()
    assert unfollow(place, "staff") == thing
    assert place.uow.followings.roles(thing.id) == ["Viewer"]
    assert nudges(place, thing) == before + 1
    with pytest.raises(NotFound) as refused:
        unfollow(place, "staff")
    assert refused.value.what == "role"
    unfollow(place)
    assert place.uow.followings.by_id(thing.id) is None
    assert place.told(Audience.LOOK) == []
    assert place.redrawn() == [thing.subject]
    what = "thing=5, kind=role, workspace=discord:700, take_away=False"
    assert [line.partition(" -> ")[2] for line in place.logged()] == [
        f"roles=['Staff'], {what}",
        f"roles=['Viewer'], {what}",
    ]


def test_a_list_that_follows_nothing_any_more_takes_its_notice_along(place: Place) -> None:
    thing = follow(place, native=Native(NativeKind.GROUP, "S1", "crew"))
    following_marks.apply_comparison(place.uow, thing.id, [("2", True)])
    assert place.told(Audience.FOLLOW) == [(thing.subject, f"discord/700/#follow/{thing.id}")]
    following.unfollow(place.uow, place.admin, place.school, "S1")
    assert place.told(Audience.FOLLOW) == []


def test_what_is_to_be_taken_from_everybody_first_ends_then(place: Place) -> None:
    thing = follow(place)
    mark = marked(place, thing, "2", MarkState.DONE)
    before = nudges(place, thing)
    unfollow(place, take_away=True)
    assert now(place, thing) == replace(thing, ending=True)
    assert nudges(place, thing) == before + 1
    assert place.state.audit_entries[-1].new["take_away"] is True
    with pytest.raises(NotFound):
        unfollow(place, take_away=True)
    unfollow(place)
    assert place.uow.followings.by_id(thing.id) is None
    assert place.uow.follow_marks.by_id(mark.id) is None


def test_of_two_roles_one_is_taken_away_and_the_thing_goes_on(place: Place) -> None:
    thing = follow(place)
    follow(place, "Viewer")
    unfollow(place, "Staff", take_away=True)
    assert not now(place, thing).ending


@pytest.mark.parametrize(
    ("ending", "problem", "state", "forgotten"),
    [
        (False, None, None, False),
        (True, None, None, True),
        (True, None, MarkState.QUEUED, False),
        (True, None, MarkState.PARKED, False),
        (True, None, MarkState.FAILED, False),
        (True, None, MarkState.DONE, True),
        (True, Problem.GONE, MarkState.QUEUED, True),
        (True, Problem.NO_RIGHT, MarkState.PARKED, False),
    ],
)
def test_when_what_ends_is_forgotten(
    place: Place, problem: Problem | None, state: MarkState | None, *, ending: bool, forgotten: bool
) -> None:
    thing = replace(follow(place), ending=ending, problem=problem)
    place.uow.followings.save(thing)
    if state is not None:
        marked(place, thing, "2", state)
    assert following.forget_ended(place.uow, thing) is forgotten
    assert (place.uow.followings.by_id(thing.id) is None) is forgotten


def test_what_admins_are_shown_of_a_thing(place: Place) -> None:
    thing = follow(place)
    follow(place, "Viewer")
    nia = place.member("nia")
    place.person("ben")
    for number, (state, wanted) in enumerate(
        [(one, wanted) for one in MarkState for wanted in (True, False)]
    ):
        for twice in range(number + 1):
            marked(place, thing, f"{number}-{twice}", state, wanted=wanted)
    differences = [
        Difference(thing.id, "ben", Differs.EXTRA, "Ben"),
        Difference(thing.id, "nia", Differs.EXTRA, "Nia"),
        replace(Difference(thing.id, "zoe", Differs.STRANGER, "Zoe"), fate=DifferenceState.LEFT),
    ]
    place.uow.followings.set_differences(thing.id, differences)
    (shown,) = following.listed(place.uow, place.school)
    assert (shown.follower, shown.school, shown.roles) == (thing, place.school, ("Staff", "Viewer"))
    assert dict(shown.people) == {"nia": nia.person}
    assert shown.differing(DifferenceState.LEFT) == (differences[2],)
    assert shown.differing(DifferenceState.OPEN) == tuple(differences[:2])
    sizes = {state: (2 * at + 1, 2 * at + 2) for at, state in enumerate(MarkState)}
    assert shown.has == sizes[MarkState.DONE][0]
    assert shown.absent == sizes[MarkState.ABSENT][0]
    assert shown.failed == sum(sizes[MarkState.FAILED])
    assert shown.waiting == sum(sizes[MarkState.QUEUED]) + sum(sizes[MarkState.PARKED])
    assert shown.number[False, MarkState.DONE] == sizes[MarkState.DONE][1]


def test_of_a_thing_that_nobody_has_nothing_is_counted(place: Place) -> None:
    shown = following.shown(place.uow, follow(place), place.school)
    assert (shown.has, shown.absent, shown.failed, shown.waiting) == (0, 0, 0, 0)
    assert shown.follower.account("2") == discord("2")
    assert shown.follower.workspace.platform is Platform.DISCORD

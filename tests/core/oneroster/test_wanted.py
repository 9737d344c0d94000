"""Which schools and roles a folder asks for, computed from its files and from what is known."""

from collections import Counter

import pytest

from bot.core.oneroster.feed import Mode, Part
from bot.core.oneroster.mirror import Mirror
from bot.core.oneroster.model import Count, DistrictMembership, Grant, KnownUser, Mark, Org
from bot.core.oneroster.wanted import UNNAMED, Wanted
from bot.core.rosters.imports import RosterDetails
from bot.core.rosters.rows import RosterRow
from bot.core.values import replace
from tests.core.oneroster.mirrored import (
    HERS,
    LEARNS,
    NIA,
    ONE,
    ORGS,
    TEACHES,
    TWO,
    feed_of,
    membership_of,
    mirror_of,
    named,
    wanted_of,
)


def _settled() -> Mirror:
    """Make what was known if Nia is a teacher by the folder, and nothing needs to change."""
    first = wanted_of(mirror_of(), feed_of({"nia": NIA}, [TEACHES]))
    known = first.users["nia"]._replace(person_id="p-nia", email="nia@example.org")
    mark = Mark(made=True, roles=("Teacher",))
    return mirror_of({"nia": known}, [TEACHES], [membership_of("Teacher", mark=mark)])


def test_new_people_come_with_their_roles_and_details() -> None:
    found = wanted_of(mirror_of(), feed_of({"nia": NIA._replace(middle_initial="R")}, [TEACHES]))
    row = RosterRow(2, "nia@example.org", "Nia", "Okafor", ("s1",), ("Teacher",))
    assert found.rows == [row._replace(grade_levels="3", middle_initial="R")]
    assert (found.sids, found.given) == ({2: "nia"}, {(2, "s1"): Mark(made=True, roles=("Teacher",))})
    assert found.users["nia"].person_id is None


def test_unchanged_people_are_only_counted() -> None:
    found = wanted_of(_settled(), feed_of({"nia": NIA}, [TEACHES]))
    assert (found.rows, found.counts) == ([], Counter({Count.SAME: 1}))
    assert found.users == _settled().users | {"nia": found.users["nia"]}
    assert found.users["nia"]._replace(email="nia@example.org") == _settled().users["nia"]


def test_of_somebody_with_the_schools_default_nothing_is_looked_at_again() -> None:
    mirror = _settled()
    mirror.memberships = [membership_of("Viewer", mark=Mark(made=True, roles=("Viewer",), by_default=True))]
    mirror.schools = (replace(ONE, default_role="Staff"), TWO)  # newcomers have another by now
    found = wanted_of(mirror, feed_of({"nia": NIA}, [LEARNS]))
    assert (found.rows, found.counts) == ([], Counter({Count.SAME: 1}))
    new = wanted_of(mirror_of(), feed_of({"nia": NIA}, [LEARNS]))
    assert [one.roles for one in new.rows] == [()]
    assert new.given == {(2, "s1"): Mark(made=True, by_default=True)}


CHANGES = [
    # They have it by hand too: so it stays when the source takes it back.
    (membership_of("Teacher"), ("Teacher",), ()),
    (
        membership_of("Observer", "Teacher", mark=Mark(roles=("Teacher",))),
        ("Observer", "Teacher"),
        ("Teacher",),
    ),
    (membership_of("Teacher", mark=Mark(made=True, roles=("Staff",))), ("Teacher",), ()),
    (membership_of("Staff", mark=Mark(made=True, roles=("Staff",))), ("Teacher",), ("Teacher",)),
    # What newcomers have is the source's too, and goes when it names another.
    (
        membership_of("Viewer", mark=Mark(made=True, roles=("Viewer",), by_default=True)),
        ("Teacher",),
        ("Teacher",),
    ),
]


@pytest.mark.parametrize(("stand", "after", "given"), CHANGES)
def test_roles_given_by_hand_stay_beside_those_of_the_source(
    stand: DistrictMembership, after: tuple[str, ...], given: tuple[str, ...]
) -> None:
    mirror = mirror_of({"nia": HERS}, [TEACHES], [stand])
    found = wanted_of(mirror, feed_of({"nia": NIA}, [TEACHES]))
    assert [one.roles for one in found.rows] == [after]
    mark = stand.mark or Mark()
    assert found.given == {(2, "s1"): mark._replace(roles=given, by_default=False)}


TAKEN = [
    # Nothing is left: so they have what newcomers have.
    (membership_of("Teacher", mark=Mark(made=True, roles=("Teacher",))), ("Viewer",), ("Viewer",), True),
    (membership_of("Observer", "Teacher", mark=Mark(roles=("Teacher",))), ("Observer",), (), False),
    (
        membership_of("Observer", "Viewer", mark=Mark(roles=("Viewer",), by_default=True)),
        ("Observer",),
        (),
        False,
    ),
    (membership_of("Observer"), ("Observer",), (), False),
    (membership_of(), (), (), False),
]


@pytest.mark.parametrize(("stand", "after", "given", "by_default"), TAKEN)
def test_a_role_that_the_source_takes_back_goes(
    stand: DistrictMembership, after: tuple[str, ...], given: tuple[str, ...], *, by_default: bool
) -> None:
    mirror = mirror_of({"nia": HERS}, [TEACHES], [stand])
    found = wanted_of(mirror, feed_of({"nia": NIA}, [LEARNS]))
    assert [one.roles for one in found.rows] == [after]
    mark = stand.mark or Mark()
    assert found.given == {(2, "s1"): mark._replace(roles=given, by_default=by_default)}


def test_what_newcomers_have_is_each_schools_own() -> None:
    there = Grant("nia", "o2", "student")
    stand = membership_of("Teacher", at="s2", mark=Mark(made=True, roles=("Teacher",)))
    mirror = mirror_of({"nia": HERS}, [there], [stand])
    mirror.schools = (ONE, replace(TWO, default_role="Observer"))
    found = wanted_of(mirror, feed_of({"nia": NIA}, [there]))
    assert [one.roles for one in found.rows] == [("Observer",)]


def test_an_organisation_that_is_not_named_again_is_forgotten_in_a_folder_of_all() -> None:
    mirror = mirror_of()
    feed = feed_of()
    feed.orgs = Part(Mode.BULK, {"o1": Org("One")}, gone={"o9"})
    mirror.take(feed)
    assert (mirror.gone_orgs, set(mirror.orgs)) == ({"o2"}, {"o1"})
    mirror = mirror_of()
    feed.orgs = Part(Mode.DELTA, {"o3": Org("Two", "2")}, gone={"o1", "o9"})
    mirror.take(feed)
    assert (mirror.gone_orgs, set(mirror.orgs)) == ({"o1"}, {"o2", "o3"})


ORGANISATIONS = [
    (Org("one"), "s1"),
    (Org("First", "s1"), "s1"),
    (Org("Elm"), None),
    (Org("One", kind="district"), None),
]


@pytest.mark.parametrize(("org", "school"), ORGANISATIONS)
def test_an_organisation_is_the_school_that_is_called_as_it_is(org: Org, school: str | None) -> None:
    mirror = mirror_of(orgs={"o1": Org("One", school_id="s2")})
    feed = feed_of()
    feed.orgs = Part(Mode.BULK, {"o1": org})
    mirror.take(feed)
    assert mirror.orgs == {"o1": org._replace(school_id=school)}


@pytest.mark.parametrize("school", ["s2", None])
def test_what_an_admin_chose_for_an_organisation_stays(school: str | None) -> None:
    mirror = mirror_of(orgs={"o1": Org("Lower", school_id=school, chosen=True)})
    feed = feed_of()
    feed.orgs = Part(Mode.BULK, {"o1": Org("One", "1")})
    mirror.take(feed)
    assert mirror.orgs == {"o1": Org("One", "1", school_id=school, chosen=True)}


def test_two_schools_of_one_name_are_no_organisation() -> None:
    mirror = mirror_of(orgs={})
    mirror.schools = (ONE, replace(TWO, name="One"))
    feed = feed_of()
    feed.orgs = Part(Mode.BULK, {"o1": Org("One")})
    mirror.take(feed)
    assert mirror.orgs["o1"].school_id is None


def test_roles_of_whoever_is_gone_are_gone_with_those_that_the_folder_takes_back() -> None:
    leo = Grant("leo", "o1", "teacher")
    mirror = mirror_of({"nia": HERS, "leo": KnownUser("p-leo")}, [TEACHES, leo, LEARNS])
    feed = feed_of({"nia": NIA})
    feed.grants = Part(Mode.DELTA, {}, gone={*named([LEARNS]), "unknown"})
    mirror.take(feed)
    assert mirror.gone == {"leo"}
    assert mirror.gone_grants == named([leo, LEARNS]).keys()
    assert mirror.grants == named([TEACHES])
    assert mirror.touched == {"nia", "leo"}


def test_a_folder_of_what_changed_is_about_whom_it_names_and_whose_roles_it_names() -> None:
    users = {name: KnownUser(f"p-{name}") for name in ("nia", "leo", "mia", "kim")}
    mirror = mirror_of(users, [TEACHES, Grant("leo", "o1", "teacher")])
    moved = {"nia-o1-teacher": Grant("mia", "o1", "teacher")}
    feed = feed_of({"zoe": NIA}, (), mode=Mode.DELTA, gone=[Grant("leo", "o1", "teacher")])
    feed.grants.said = moved
    mirror.take(feed)
    assert mirror.touched == {"nia", "leo", "mia", "zoe"}  # kim is left alone


def test_what_is_left_out_is_counted_of_those_whom_the_folder_is_about() -> None:
    far = [Grant(name, "o9", "teacher") for name in ("nia", "leo", "old")]
    orgs = ORGS | {"o8": Org("Elm", school_id="gone"), "o7": Org("Oak")}
    elsewhere = [Grant("nia", "o8", "teacher"), Grant("nia", "o7", "teacher")]
    kin = [Grant(name, "o1", what) for name in ("nia", "leo", "old") for what in ("parent", "ext:x")]
    mirror = mirror_of({"old": KnownUser("p-old")}, [*far[2:], *kin[4:]], orgs=orgs)
    leo = NIA._replace(email="leo@example.org")
    news = [*far[:2], *elsewhere, *kin[:4]]
    found = wanted_of(mirror, feed_of({"nia": NIA, "leo": leo}, news, mode=Mode.DELTA))
    assert found.counts == Counter({Count.UNMAPPED: 4, Count.IGNORED: 4})
    assert found.rows == []


def test_what_was_given_to_a_member_of_before_is_taken_by_any_folder_of_all() -> None:
    stand = membership_of("Observer", "Teacher", mark=Mark(roles=("Teacher",), by_default=True))
    mirror = mirror_of({"nia": HERS}, [], [stand])
    found = wanted_of(mirror, feed_of(None, []), nia=RosterDetails("nia@example.org", "Nia", "Okafor"))
    assert [(one.organizations, one.roles) for one in found.rows] == [(("s1",), ("Observer",))]
    assert found.given == {(UNNAMED, "s1"): Mark()}


KEPT = [
    membership_of("Teacher", mark=Mark(roles=("Teacher",))),  # nothing would be left
    membership_of("Observer", mark=Mark()),
    membership_of("Observer"),
]


@pytest.mark.parametrize("stand", KEPT)
def test_members_of_before_keep_what_the_source_did_not_give(stand: DistrictMembership) -> None:
    found = wanted_of(mirror_of({"nia": HERS}, [], [stand]), feed_of({"nia": NIA}, []))
    assert (found.rows, found.leaving) == ([], set())


def test_what_is_wanted_of_memberships_has_one_text() -> None:
    texts = {
        one.digest
        for one in (
            Wanted(), Wanted(leaving={"m"}), Wanted(off={"m": []}), Wanted(on={"m": []}),
            Wanted(leaving={"m", "n"}),
        )
    }  # fmt: skip
    assert len(texts) == 5
    assert Wanted(leaving={"m", "n"}).digest == Wanted(leaving={"n", "m"}).digest

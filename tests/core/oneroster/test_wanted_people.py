"""Which people a folder means, and whom it switches off, brings back or removes."""

import pytest

from bot.core.oneroster.feed import Mode, User
from bot.core.oneroster.model import Count, FeedError, FeedProblem, Grant, KnownUser, Mark
from bot.core.oneroster.wanted import UNNAMED
from bot.core.rosters.imports import RosterDetails
from tests.core.oneroster.mirrored import (
    HERS,
    NIA,
    OFF,
    TEACHES,
    TOLD,
    feed_of,
    membership_of,
    mirror_of,
    wanted_of,
)


def test_people_let_in_by_the_source_leave_when_it_drops_them() -> None:
    made = Mark(made=True)
    nia, leo, mia = (membership_of("Staff", of=name, mark=made) for name in ("nia", "leo", "mia"))
    suspended = membership_of("Staff", of="kim", mark=made, active=False)
    own = membership_of("Staff", of="eva", mark=Mark(roles=("Staff",)))
    users = {"nia": HERS, "leo": KnownUser("p-leo"), "kim": KnownUser("p-kim"), "eva": KnownUser("p-eva")}
    standing = [nia, leo, mia, suspended, own]
    grants = [TEACHES, Grant("leo", "o1", "teacher")]
    all_there_is = feed_of({"nia": NIA}, [TEACHES])
    # Of Mia nobody has told for long; of a folder of what changed she is not.
    assert wanted_of(mirror_of(users, grants, standing), all_there_is).leaving == {"m-leo-s1", "m-mia-s1"}
    changed = feed_of(None, (), mode=Mode.DELTA, gone=[Grant("leo", "o1", "teacher")])
    assert wanted_of(mirror_of(users, grants, standing), changed).leaving == {"m-leo-s1"}


def test_people_switched_off_stay_members_everywhere() -> None:
    standing = [membership_of("Teacher", at=at, mark=Mark(made=True)) for at in ("s1", "s2")]
    found = wanted_of(mirror_of({"nia": HERS}, [TEACHES], standing), feed_of({"nia": OFF}, []))
    assert (found.off, found.leaving) == ({"p-nia": standing}, set())
    assert found.users["nia"].active is False
    assert found.rows == []


def test_people_switched_off_already_are_not_switched_off_again() -> None:
    one, two = membership_of("Teacher", access="deactivated"), membership_of("Teacher", at="s2")
    found = wanted_of(mirror_of({"nia": HERS}, [], [one, two]), feed_of({"nia": OFF}, []))
    assert found.off == {"p-nia": [two]}
    known = HERS._replace(active=False)
    assert wanted_of(mirror_of({"nia": known}, [], [one, two]), feed_of({"nia": OFF}, [])).off == {}


def test_people_come_back_where_the_source_had_switched_them_off() -> None:
    one = membership_of("Teacher", access="deactivated", mark=Mark(made=True, was="ok"))
    two = membership_of("Teacher", access="deactivated", at="s2", mark=Mark(made=True))
    mirror = mirror_of({"nia": HERS._replace(active=False)}, [TEACHES], [one, two, membership_of(of="leo")])
    found = wanted_of(mirror, feed_of({"nia": NIA}, [TEACHES]))
    assert found.on == {"p-nia": [one]}
    assert found.users["nia"].active is True


def test_a_role_of_somebody_who_is_switched_off_brings_nobody_in() -> None:
    known = HERS._replace(active=False, told=TOLD)
    found = wanted_of(
        mirror_of({"nia": known}),
        feed_of(None, [TEACHES], mode=Mode.DELTA),
        nia=RosterDetails("nia@example.org"),
    )
    assert (found.rows, found.users) == ([], {"nia": KnownUser("p-nia", active=False, told=TOLD)})


@pytest.mark.parametrize("other", [NIA, OFF, None])
def test_a_person_with_two_ids_is_switched_off_when_both_are(other: User | None) -> None:
    """If nothing is said about the other id, its last state counts: switched off."""
    stand = membership_of("Teacher", mark=Mark(made=True))
    users = {"nia": HERS, "nia2": HERS._replace(active=False)}
    said = {"nia": OFF, **({"nia2": other} if other else {})}
    found = wanted_of(mirror_of(users, [], [stand]), feed_of(said, mode=Mode.DELTA))
    assert found.off == ({} if other is NIA else {"p-nia": [stand]})


def test_people_known_by_their_address_are_no_strangers() -> None:
    standing = [membership_of("Observer"), membership_of(of="leo", email="")]
    found = wanted_of(
        mirror_of({}, [], standing), feed_of({"nia": NIA._replace(email="NIA@example.org")}, [])
    )
    assert found.users["nia"].person_id == "p-nia"
    nobody = NIA._replace(email="")
    assert wanted_of(mirror_of({}, [], standing), feed_of({"nia": nobody}, [])).users["nia"].person_id is None


def test_new_people_do_not_count_as_leaving() -> None:
    strangers = {f"n{number}": NIA._replace(email=f"n{number}@example.org") for number in range(9)}
    stand = membership_of("Teacher", mark=Mark(made=True))
    found = wanted_of(
        mirror_of({"nia": HERS}, [TEACHES], [stand]), feed_of({"nia": NIA} | strangers, [TEACHES])
    )
    assert found.leaving == set()


def test_a_new_address_is_counted_and_the_old_one_finds_them() -> None:
    users = {name: KnownUser(f"p-{name}", email=f"{name}@example.org") for name in ("nia", "leo", "mia")}
    said = {name: NIA._replace(email=f"new.{name}@example.org") for name in ("nia", "leo")}
    grants = [Grant(name, "o1", "teacher") for name in users]
    said["mia"] = NIA._replace(email="MIA@example.org")
    found = wanted_of(mirror_of(users, grants), feed_of(said, grants))
    assert found.counts[Count.READDRESSED] == 2
    assert sorted(one.email for one in found.rows) == [
        "leo@example.org",
        "mia@example.org",
        "nia@example.org",
    ]


def test_without_an_address_nobody_comes_and_whoever_needs_none_is_no_error() -> None:
    nobody = {"nia": NIA._replace(email=""), "leo": NIA._replace(email="")}
    found = wanted_of(mirror_of(), feed_of(nobody, [TEACHES, Grant("nia", "o2", "teacher")]))
    assert found.errors == [FeedError("users.csv", 2, "email", FeedProblem.MISSING)]
    assert (found.rows, found.sids) == ([], {})


def test_roles_of_whom_the_folder_does_not_name_have_rows_beyond_its_own() -> None:
    users = {name: KnownUser(f"p-{name}", told=TOLD, email=f"{name}@example.org") for name in ("nia", "leo")}
    said = {
        name: RosterDetails(f"{name}@example.org", name.title(), "Okafor", grade_levels="3") for name in users
    }
    news = [Grant(name, "o1", "teacher") for name in ("nia", "leo", "unknown")]
    found = wanted_of(mirror_of(users), feed_of(None, news, mode=Mode.DELTA), **said)
    assert [(one.place, one.email, one.grade_levels) for one in found.rows] == [
        (UNNAMED, "leo@example.org", "3"),
        (UNNAMED + 1, "nia@example.org", "3"),
    ]
    assert found.sids == {UNNAMED: "leo", UNNAMED + 1: "nia"}
    assert {one.told for one in found.users.values()} == {TOLD}


def test_a_delta_without_the_user_brings_nobody_back() -> None:
    found = wanted_of(mirror_of({"nia": HERS}), feed_of(None, [TEACHES], mode=Mode.DELTA))
    assert (found.rows, found.errors) == ([], [])

"""What a folder wants of people, worked out from what it says and what is known: no school is needed."""

from collections import Counter
from collections.abc import Iterable, Mapping

import pytest

from bot.core.oneroster.feed import Feed, Mode, Part, User
from bot.core.oneroster.model import ROLE_MAP, Count, FeedError, FeedProblem, Grant, Known, Mark, Org, Stand
from bot.core.oneroster.wanted import UNNAMED, Mirror, Wanted, wanted
from bot.core.rosters.imports import Said
from bot.core.rosters.rows import RosterRow
from bot.core.schools import School
from bot.core.values import replace
from tests.world import START

ONE, TWO = School("s1", "One", START), School("s2", "Two", START)
ORGS = {"o1": Org("One", "1", school_id="s1"), "o2": Org("Two", "2", school_id="s2")}
NIA = User(active=True, email="nia@example.org", first_name="Nia", last_name="Okafor", grade_levels="3")
OFF = NIA._replace(active=False)
# What is known of Nia before: her details as NIA tells them, and her address.
TOLD = "6d5b"
HERS = Known("p-nia", told="", email="nia@example.org")
TEACHES = Grant("nia", "o1", "teacher")
LEARNS = Grant("nia", "o1", "student")


def _stand(*roles: str, mark: Mark | None = None, at: str = "s1", of: str = "nia", **more: object) -> Stand:
    made = Stand(f"m-{of}-{at}", f"p-{of}", at, f"{of}@example.org", "ok", True, roles, mark)
    return made._replace(**more)  # type: ignore[arg-type]


def _mirror(
    users: Mapping[str, Known] | None = None,
    grants: Iterable[Grant] = (),
    standing: Iterable[Stand] = (),
    orgs: Mapping[str, Org] = ORGS,
) -> Mirror:
    """Say what was known before; a role's id is made of what it says."""
    return Mirror(dict(orgs), dict(users or {}), _named(grants), ROLE_MAP, (ONE, TWO), list(standing))


def _named(grants: Iterable[Grant]) -> dict[str, Grant]:
    return {"-".join(one): one for one in grants}


def _feed(
    users: Mapping[str, User] | None = None,
    grants: Iterable[Grant] | None = None,
    *,
    mode: Mode = Mode.BULK,
    gone: Iterable[Grant] = (),
) -> Feed:
    """Write a folder; what is None is absent. The first user is in row 2."""
    found = Feed("digest")
    if users is not None:
        found.users = Part(mode, dict(users), {name: row for row, name in enumerate(users, 2)})
    if grants is not None:
        found.grants = Part(mode, _named(grants), gone=set(_named(gone)))
    return found


def _wanted(mirror: Mirror, feed: Feed, **named: Said) -> Wanted:
    mirror.take(feed)
    mirror.named |= named
    return wanted(mirror, feed)


def _settled() -> Mirror:
    """Nia teaches by the folder, and everything is as it shall be."""
    first = _wanted(_mirror(), _feed({"nia": NIA}, [TEACHES]))
    known = first.users["nia"]._replace(person_id="p-nia", email="nia@example.org")
    mark = Mark(made=True, roles=("Teacher",))
    return _mirror({"nia": known}, [TEACHES], [_stand("Teacher", mark=mark)])


def test_whoever_is_new_comes_with_their_roles_and_details() -> None:
    found = _wanted(_mirror(), _feed({"nia": NIA._replace(middle_initial="R")}, [TEACHES]))
    row = RosterRow(2, "nia@example.org", "Nia", "Okafor", ("s1",), ("Teacher",))
    assert found.rows == [row._replace(grade_levels="3", middle_initial="R")]
    assert (found.sids, found.given) == ({2: "nia"}, {(2, "s1"): Mark(made=True, roles=("Teacher",))})
    assert found.users["nia"].person_id is None


def test_whoever_stands_as_they_shall_is_counted_alone() -> None:
    found = _wanted(_settled(), _feed({"nia": NIA}, [TEACHES]))
    assert (found.rows, found.counts) == ([], Counter({Count.SAME: 1}))
    assert found.users == _settled().users | {"nia": found.users["nia"]}
    assert found.users["nia"]._replace(email="nia@example.org") == _settled().users["nia"]


def test_of_somebody_with_the_schools_default_nothing_is_looked_at_again() -> None:
    mirror = _settled()
    mirror.standing = [_stand("Viewer", mark=Mark(made=True, roles=("Viewer",), by_default=True))]
    mirror.schools = (replace(ONE, default_role="Staff"), TWO)  # newcomers have another by now
    found = _wanted(mirror, _feed({"nia": NIA}, [LEARNS]))
    assert (found.rows, found.counts) == ([], Counter({Count.SAME: 1}))
    new = _wanted(_mirror(), _feed({"nia": NIA}, [LEARNS]))
    assert [one.roles for one in new.rows] == [()]
    assert new.given == {(2, "s1"): Mark(made=True, by_default=True)}


CHANGES = [
    # They have it by hand too: so it stays when the source takes it back.
    (_stand("Teacher"), ("Teacher",), ()),
    (_stand("Observer", "Teacher", mark=Mark(roles=("Teacher",))), ("Observer", "Teacher"), ("Teacher",)),
    (_stand("Teacher", mark=Mark(made=True, roles=("Staff",))), ("Teacher",), ()),
    (_stand("Staff", mark=Mark(made=True, roles=("Staff",))), ("Teacher",), ("Teacher",)),
    # What newcomers have is the source's too, and goes when it names another.
    (_stand("Viewer", mark=Mark(made=True, roles=("Viewer",), by_default=True)), ("Teacher",), ("Teacher",)),
]


@pytest.mark.parametrize(("stand", "after", "given"), CHANGES)
def test_roles_given_by_hand_stay_beside_those_of_the_source(
    stand: Stand, after: tuple[str, ...], given: tuple[str, ...]
) -> None:
    mirror = _mirror({"nia": HERS}, [TEACHES], [stand])
    found = _wanted(mirror, _feed({"nia": NIA}, [TEACHES]))
    assert [one.roles for one in found.rows] == [after]
    mark = stand.mark or Mark()
    assert found.given == {(2, "s1"): mark._replace(roles=given, by_default=False)}


TAKEN = [
    # Nothing is left: so they have what newcomers have.
    (_stand("Teacher", mark=Mark(made=True, roles=("Teacher",))), ("Viewer",), ("Viewer",), True),
    (_stand("Observer", "Teacher", mark=Mark(roles=("Teacher",))), ("Observer",), (), False),
    (_stand("Observer", "Viewer", mark=Mark(roles=("Viewer",), by_default=True)), ("Observer",), (), False),
    (_stand("Observer"), ("Observer",), (), False),
    (_stand(), (), (), False),
]


@pytest.mark.parametrize(("stand", "after", "given", "by_default"), TAKEN)
def test_a_role_that_the_source_takes_back_goes(
    stand: Stand, after: tuple[str, ...], given: tuple[str, ...], *, by_default: bool
) -> None:
    mirror = _mirror({"nia": HERS}, [TEACHES], [stand])
    found = _wanted(mirror, _feed({"nia": NIA}, [LEARNS]))
    assert [one.roles for one in found.rows] == [after]
    mark = stand.mark or Mark()
    assert found.given == {(2, "s1"): mark._replace(roles=given, by_default=by_default)}


def test_what_newcomers_have_is_each_schools_own() -> None:
    there = Grant("nia", "o2", "student")
    stand = _stand("Teacher", at="s2", mark=Mark(made=True, roles=("Teacher",)))
    mirror = _mirror({"nia": HERS}, [there], [stand])
    mirror.schools = (ONE, replace(TWO, default_role="Observer"))
    found = _wanted(mirror, _feed({"nia": NIA}, [there]))
    assert [one.roles for one in found.rows] == [("Observer",)]


def test_an_organisation_that_is_not_named_again_is_forgotten_in_a_folder_of_all() -> None:
    mirror = _mirror()
    feed = _feed()
    feed.orgs = Part(Mode.BULK, {"o1": Org("One")}, gone={"o9"})
    mirror.take(feed)
    assert (mirror.gone_orgs, set(mirror.orgs)) == ({"o2"}, {"o1"})
    mirror = _mirror()
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
    mirror = _mirror(orgs={"o1": Org("One", school_id="s2")})
    feed = _feed()
    feed.orgs = Part(Mode.BULK, {"o1": org})
    mirror.take(feed)
    assert mirror.orgs == {"o1": org._replace(school_id=school)}


@pytest.mark.parametrize("school", ["s2", None])
def test_what_an_admin_chose_for_an_organisation_stays(school: str | None) -> None:
    mirror = _mirror(orgs={"o1": Org("Lower", school_id=school, chosen=True)})
    feed = _feed()
    feed.orgs = Part(Mode.BULK, {"o1": Org("One", "1")})
    mirror.take(feed)
    assert mirror.orgs == {"o1": Org("One", "1", school_id=school, chosen=True)}


def test_two_schools_of_one_name_are_no_organisation() -> None:
    mirror = _mirror(orgs={})
    mirror.schools = (ONE, replace(TWO, name="One"))
    feed = _feed()
    feed.orgs = Part(Mode.BULK, {"o1": Org("One")})
    mirror.take(feed)
    assert mirror.orgs["o1"].school_id is None


def test_roles_of_whoever_is_gone_are_gone_with_those_that_the_folder_takes_back() -> None:
    leo = Grant("leo", "o1", "teacher")
    mirror = _mirror({"nia": HERS, "leo": Known("p-leo")}, [TEACHES, leo, LEARNS])
    feed = _feed({"nia": NIA})
    feed.grants = Part(Mode.DELTA, {}, gone={*_named([LEARNS]), "unknown"})
    mirror.take(feed)
    assert mirror.gone == {"leo"}
    assert mirror.gone_grants == _named([leo, LEARNS]).keys()
    assert mirror.grants == _named([TEACHES])
    assert mirror.touched == {"nia", "leo"}


def test_a_folder_of_what_changed_is_about_whom_it_names_and_whose_roles_it_names() -> None:
    users = {name: Known(f"p-{name}") for name in ("nia", "leo", "mia", "kim")}
    mirror = _mirror(users, [TEACHES, Grant("leo", "o1", "teacher")])
    moved = {"nia-o1-teacher": Grant("mia", "o1", "teacher")}
    feed = _feed({"zoe": NIA}, (), mode=Mode.DELTA, gone=[Grant("leo", "o1", "teacher")])
    feed.grants.said = moved
    mirror.take(feed)
    assert mirror.touched == {"nia", "leo", "mia", "zoe"}  # kim is left alone


def test_what_is_left_out_is_counted_of_those_whom_the_folder_is_about() -> None:
    far = [Grant(name, "o9", "teacher") for name in ("nia", "leo", "old")]
    orgs = ORGS | {"o8": Org("Elm", school_id="gone"), "o7": Org("Oak")}
    elsewhere = [Grant("nia", "o8", "teacher"), Grant("nia", "o7", "teacher")]
    kin = [Grant(name, "o1", what) for name in ("nia", "leo", "old") for what in ("parent", "ext:x")]
    mirror = _mirror({"old": Known("p-old")}, [*far[2:], *kin[4:]], orgs=orgs)
    leo = NIA._replace(email="leo@example.org")
    news = [*far[:2], *elsewhere, *kin[:4]]
    found = _wanted(mirror, _feed({"nia": NIA, "leo": leo}, news, mode=Mode.DELTA))
    assert found.counts == Counter({Count.UNMAPPED: 4, Count.IGNORED: 4})
    assert found.rows == []


def test_what_was_given_to_a_member_of_before_is_taken_by_any_folder_of_all() -> None:
    stand = _stand("Observer", "Teacher", mark=Mark(roles=("Teacher",), by_default=True))
    mirror = _mirror({"nia": HERS}, [], [stand])
    found = _wanted(mirror, _feed(None, []), nia=Said("nia@example.org", "Nia", "Okafor"))
    assert [(one.organizations, one.roles) for one in found.rows] == [(("s1",), ("Observer",))]
    assert found.given == {(UNNAMED, "s1"): Mark()}


KEPT = [
    _stand("Teacher", mark=Mark(roles=("Teacher",))),  # nothing would be left
    _stand("Observer", mark=Mark()),
    _stand("Observer"),
]


@pytest.mark.parametrize("stand", KEPT)
def test_members_of_before_keep_what_the_source_did_not_give(stand: Stand) -> None:
    found = _wanted(_mirror({"nia": HERS}, [], [stand]), _feed({"nia": NIA}, []))
    assert (found.rows, found.leaving) == ([], set())


def test_whom_the_source_let_in_leaves_when_it_wants_them_no_more() -> None:
    made = Mark(made=True)
    nia, leo, mia = (_stand("Staff", of=name, mark=made) for name in ("nia", "leo", "mia"))
    suspended = _stand("Staff", of="kim", mark=made, active=False)
    own = _stand("Staff", of="eva", mark=Mark(roles=("Staff",)))
    users = {"nia": HERS, "leo": Known("p-leo"), "kim": Known("p-kim"), "eva": Known("p-eva")}
    standing = [nia, leo, mia, suspended, own]
    grants = [TEACHES, Grant("leo", "o1", "teacher")]
    all_there_is = _feed({"nia": NIA}, [TEACHES])
    # Of Mia nobody has told for long; of a folder of what changed she is not.
    assert _wanted(_mirror(users, grants, standing), all_there_is).leaving == {"m-leo-s1", "m-mia-s1"}
    changed = _feed(None, (), mode=Mode.DELTA, gone=[Grant("leo", "o1", "teacher")])
    assert _wanted(_mirror(users, grants, standing), changed).leaving == {"m-leo-s1"}


def test_whoever_is_switched_off_stays_a_member_wherever_they_are() -> None:
    standing = [_stand("Teacher", at=at, mark=Mark(made=True)) for at in ("s1", "s2")]
    found = _wanted(_mirror({"nia": HERS}, [TEACHES], standing), _feed({"nia": OFF}, []))
    assert (found.off, found.leaving) == ({"p-nia": standing}, set())
    assert found.users["nia"].active is False
    assert found.rows == []


def test_whoever_is_switched_off_already_is_not_again() -> None:
    one, two = _stand("Teacher", access="deactivated"), _stand("Teacher", at="s2")
    found = _wanted(_mirror({"nia": HERS}, [], [one, two]), _feed({"nia": OFF}, []))
    assert found.off == {"p-nia": [two]}
    known = HERS._replace(active=False)
    assert _wanted(_mirror({"nia": known}, [], [one, two]), _feed({"nia": OFF}, [])).off == {}


def test_whoever_is_switched_on_comes_back_where_the_source_had_switched_them_off() -> None:
    one = _stand("Teacher", access="deactivated", mark=Mark(made=True, was="ok"))
    two = _stand("Teacher", access="deactivated", at="s2", mark=Mark(made=True))
    mirror = _mirror({"nia": HERS._replace(active=False)}, [TEACHES], [one, two, _stand(of="leo")])
    found = _wanted(mirror, _feed({"nia": NIA}, [TEACHES]))
    assert found.on == {"p-nia": [one]}
    assert found.users["nia"].active is True


def test_a_role_of_somebody_who_is_switched_off_brings_nobody_in() -> None:
    known = HERS._replace(active=False, told=TOLD)
    found = _wanted(
        _mirror({"nia": known}), _feed(None, [TEACHES], mode=Mode.DELTA), nia=Said("nia@example.org")
    )
    assert (found.rows, found.users) == ([], {"nia": Known("p-nia", active=False, told=TOLD)})


@pytest.mark.parametrize("other", [NIA, OFF, None])
def test_whoever_has_two_ids_is_switched_off_when_both_are(other: User | None) -> None:
    """Without a word about the other id, it counts as it was told last: switched off."""
    stand = _stand("Teacher", mark=Mark(made=True))
    users = {"nia": HERS, "nia2": HERS._replace(active=False)}
    said = {"nia": OFF, **({"nia2": other} if other else {})}
    found = _wanted(_mirror(users, [], [stand]), _feed(said, mode=Mode.DELTA))
    assert found.off == ({} if other is NIA else {"p-nia": [stand]})


def test_whoever_is_known_by_their_address_is_no_stranger() -> None:
    standing = [_stand("Observer"), _stand(of="leo", email="")]
    found = _wanted(_mirror({}, [], standing), _feed({"nia": NIA._replace(email="NIA@example.org")}, []))
    assert found.users["nia"].person_id == "p-nia"
    nobody = NIA._replace(email="")
    assert _wanted(_mirror({}, [], standing), _feed({"nia": nobody}, [])).users["nia"].person_id is None


def test_whoever_is_not_known_yet_keeps_nobody_from_leaving() -> None:
    strangers = {f"n{number}": NIA._replace(email=f"n{number}@example.org") for number in range(9)}
    stand = _stand("Teacher", mark=Mark(made=True))
    found = _wanted(_mirror({"nia": HERS}, [TEACHES], [stand]), _feed({"nia": NIA} | strangers, [TEACHES]))
    assert found.leaving == set()


def test_a_new_address_is_counted_and_the_old_one_finds_them() -> None:
    users = {name: Known(f"p-{name}", email=f"{name}@example.org") for name in ("nia", "leo", "mia")}
    said = {name: NIA._replace(email=f"new.{name}@example.org") for name in ("nia", "leo")}
    grants = [Grant(name, "o1", "teacher") for name in users]
    said["mia"] = NIA._replace(email="MIA@example.org")
    found = _wanted(_mirror(users, grants), _feed(said, grants))
    assert found.counts[Count.READDRESSED] == 2
    assert sorted(one.email for one in found.rows) == [
        "leo@example.org",
        "mia@example.org",
        "nia@example.org",
    ]


def test_without_an_address_nobody_comes_and_whoever_needs_none_is_no_error() -> None:
    nobody = {"nia": NIA._replace(email=""), "leo": NIA._replace(email="")}
    found = _wanted(_mirror(), _feed(nobody, [TEACHES, Grant("nia", "o2", "teacher")]))
    assert found.errors == [FeedError("users.csv", 2, "email", FeedProblem.MISSING)]
    assert (found.rows, found.sids) == ([], {})


def test_roles_of_whom_the_folder_does_not_name_have_rows_beyond_its_own() -> None:
    users = {name: Known(f"p-{name}", told=TOLD, email=f"{name}@example.org") for name in ("nia", "leo")}
    said = {name: Said(f"{name}@example.org", name.title(), "Okafor", grade_levels="3") for name in users}
    news = [Grant(name, "o1", "teacher") for name in ("nia", "leo", "unknown")]
    found = _wanted(_mirror(users), _feed(None, news, mode=Mode.DELTA), **said)
    assert [(one.place, one.email, one.grade_levels) for one in found.rows] == [
        (UNNAMED, "leo@example.org", "3"),
        (UNNAMED + 1, "nia@example.org", "3"),
    ]
    assert found.sids == {UNNAMED: "leo", UNNAMED + 1: "nia"}
    assert {one.told for one in found.users.values()} == {TOLD}


def test_whoever_has_left_everything_comes_by_a_row_of_their_own_alone() -> None:
    found = _wanted(_mirror({"nia": HERS}), _feed(None, [TEACHES], mode=Mode.DELTA))
    assert (found.rows, found.errors) == ([], [])


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

"""All errors in a folder's files are reported at once, with their place and with what would be right."""

import csv
import io
from collections.abc import Sequence
from datetime import date

import pytest

from bot.core.oneroster import feed
from bot.core.oneroster.feed import Feed, Mode, User
from bot.core.oneroster.model import ROLE_MAP, FeedError, FeedProblem, Grant, Org
from bot.core.rosters.sheet import Sheet
from tests.core.oneroster.town import HEADERS, ORGS, WHEN, Row, manifest, role, table, user

TODAY = date(2026, 9, 1)
USERS, ROLES = (user("nia"),), (role("nia"),)


def _sheet(name: str, text: str) -> Sheet:
    header, *rows = csv.reader(io.StringIO(text))
    return Sheet(name, tuple(header), tuple(map(tuple, rows)))


def _read(
    users: Sequence[Row] = USERS,
    roles: Sequence[Row] = ROLES,
    orgs: Sequence[Row] = ORGS,
    *,
    mode: str = "bulk",
    more: str = "",
    header: str = HEADERS["users.csv"],
) -> Feed:
    """Read a folder whose manifest has some `more` lines."""
    texts = {
        "manifest.csv": manifest(orgs=mode, users=mode, roles=mode) + more,
        "orgs.csv": table(HEADERS["orgs.csv"], orgs),
        "users.csv": table(header, users),
        "roles.csv": table(HEADERS["roles.csv"], roles),
    }
    return feed.read({name: _sheet(name, text) for name, text in texts.items()}, "digest", TODAY)


def _wrong(found: Feed) -> list[tuple[str, int, str, FeedProblem]]:
    return [(one.file, one.row, one.column, one.problem) for one in found.errors]


def _with(row: Row, place: int, value: str) -> Row:
    return (*row[:place], value, *row[place + 1 :])


def test_a_folder_that_is_right_says_who_is_where() -> None:
    found = _read()
    assert found.errors == []
    assert found.users.said["u-nia"].email == "nia@example.org"
    assert found.grants.said == {"r-nia-teacher-o1": Grant("u-nia", "o1", "teacher")}
    assert found.orgs.said["o2"] == Org("North Two", "2", "school")
    above = _read(orgs=[("d1", "", "", "North", "District", "9", "")])
    assert above.orgs.said["d1"] == Org("North", "9", "district")


MODES = ("bulk", "delta", "absent")
MANIFESTS = [
    ("manifest.version,1.0\n", "propertyName", FeedProblem.TWICE, "manifest.version", ()),
    ("oneroster.version,1.1\n", "oneroster.version", FeedProblem.VERSION, "1.1", ("1.2",)),
    ("file.orgs,some\n", "file.orgs", FeedProblem.UNKNOWN_VALUE, "some", MODES),
]


@pytest.mark.parametrize(("more", "column", "problem", "value", "about"), MANIFESTS)
def test_a_manifest_that_cannot_be_meant(
    more: str, column: str, problem: FeedProblem, value: str, about: tuple[str, ...]
) -> None:
    found = _read(more=more)
    assert FeedError("manifest.csv", 8, column, problem, value, about) in found.errors
    assert found.users.mode is Mode.BULK  # its other lines are read


def test_a_manifest_that_says_nothing_is_of_no_version_and_of_no_file() -> None:
    found = feed.read({"manifest.csv": _sheet("manifest.csv", "propertyName,value\n")}, "digest", TODAY)
    assert found.errors == [
        FeedError("manifest.csv", 0, "manifest.version", FeedProblem.VERSION, "", ("1.0",)),
        FeedError("manifest.csv", 0, "oneroster.version", FeedProblem.VERSION, "", ("1.2",)),
    ]
    assert {found.orgs.mode, found.users.mode, found.grants.mode} == {Mode.ABSENT}


def test_a_file_that_the_manifest_names_and_nobody_wrote() -> None:
    sheets = {"manifest.csv": _sheet("manifest.csv", manifest(orgs="bulk"))}
    assert _wrong(feed.read(sheets, "digest", TODAY)) == [("orgs.csv", 0, "", FeedProblem.ABSENT)]


def test_of_a_folder_whose_manifest_is_no_table_nothing_else_is_told() -> None:
    broken = FeedError("manifest.csv", 0, "", FeedProblem.NOT_TEXT)
    assert feed.read({"users.csv": _sheet("users.csv", "x")}, "digest", TODAY, [broken]).errors == [broken]


DAY, MOMENT = ("2027-01-31",), ("2027-01-31T06:00:00Z",)
STATES = ("active", "tobedeleted")
KINDS = ("department", "school", "district", "local", "state", "national")
MANY = ",".join(map(str, range(999)))
CELLS = [
    ("users.csv", 0, "", "sourcedId", FeedProblem.MISSING, "", ()),
    ("users.csv", 0, "u" * 256, "sourcedId", FeedProblem.TOO_LONG, "", ("255",)),
    ("users.csv", 1, "gone", "status", FeedProblem.UNKNOWN_VALUE, "gone", STATES),
    ("users.csv", 2, "yesterday", "dateLastModified", FeedProblem.UNKNOWN_VALUE, "yesterday", MOMENT),
    ("users.csv", 3, "perhaps", "enabledUser", FeedProblem.UNKNOWN_VALUE, "perhaps", ("true", "false")),
    ("users.csv", 3, "", "enabledUser", FeedProblem.MISSING, "", ("true", "false")),
    ("users.csv", 6, "", "givenName", FeedProblem.MISSING, "", ()),
    ("users.csv", 6, "N" * 61, "givenName", FeedProblem.TOO_LONG, "", ("60",)),
    ("users.csv", 7, "", "familyName", FeedProblem.MISSING, "", ()),
    ("users.csv", 10, "nia at home", "email", FeedProblem.NO_ADDRESS, "", ()),
    ("users.csv", 14, MANY, "grades", FeedProblem.TOO_LONG, "", ("200",)),
    ("roles.csv", 3, "", "userSourcedId", FeedProblem.MISSING, "", ()),
    ("roles.csv", 5, "", "role", FeedProblem.MISSING, "", ()),
    ("roles.csv", 5, "wizard", "role", FeedProblem.UNKNOWN_VALUE, "wizard", tuple(ROLE_MAP)),
    ("roles.csv", 6, "soon", "beginDate", FeedProblem.UNKNOWN_VALUE, "soon", DAY),
    ("roles.csv", 7, "later", "endDate", FeedProblem.UNKNOWN_VALUE, "later", DAY),
    ("roles.csv", 8, "", "orgSourcedId", FeedProblem.MISSING, "", ()),
    ("orgs.csv", 3, "", "name", FeedProblem.MISSING, "", ()),
    ("orgs.csv", 4, "circus", "type", FeedProblem.UNKNOWN_VALUE, "circus", KINDS),
    ("orgs.csv", 4, "c" * 99, "type", FeedProblem.UNKNOWN_VALUE, "c" * 80, KINDS),
]


def _one(file: str, place: int, given: str) -> Feed:
    """Read a folder with one row per file, in which one cell is changed."""
    rows: dict[str, Sequence[Row]] = {"users.csv": USERS, "roles.csv": ROLES, "orgs.csv": ORGS[:1]}
    rows[file] = [_with(rows[file][0], place, given)]
    return _read(rows["users.csv"], rows["roles.csv"], rows["orgs.csv"])


@pytest.mark.parametrize(("file", "place", "given", "column", "problem", "value", "about"), CELLS)
def test_a_cell_that_cannot_be_meant_is_named_by_row_and_column(
    file: str, place: int, given: str, column: str, problem: FeedProblem, value: str, about: tuple[str, ...]
) -> None:
    assert _one(file, place, given).errors == [FeedError(file, 2, column, problem, value, about)]


LONGEST = [
    ("users.csv", 0, "u" * 255),
    ("users.csv", 6, "N" * 60),
    ("users.csv", 14, "3" * 200),
    ("orgs.csv", 3, "N" * 200),
    ("roles.csv", 5, "ext:coach"),
    ("roles.csv", 5, "TEACHER"),
    ("users.csv", 3, "TRUE"),
]


@pytest.mark.parametrize(("file", "place", "given"), LONGEST)
def test_what_is_as_long_as_it_may_be_or_written_otherwise_is_right(
    file: str, place: int, given: str
) -> None:
    assert _one(file, place, given).errors == []


def test_a_row_that_is_there_twice_and_a_column_that_is_missing_or_there_twice() -> None:
    twice = _read((*USERS, *USERS))
    assert ("users.csv", 3, "sourcedId", FeedProblem.TWICE) in _wrong(twice)
    assert twice.errors[0].about == ("2",)
    renamed = HEADERS["users.csv"].replace("givenName", "familyname")
    assert _wrong(_read(header=renamed)) == [
        ("users.csv", 0, "familyName", FeedProblem.DOUBLE_COLUMN),
        ("users.csv", 0, "givenName", FeedProblem.NO_COLUMN),
    ]


def test_a_delta_says_when_each_row_was_changed() -> None:
    told = [_with(user("nia", status="active"), 2, "")]
    org = (ORGS[0][0], "active", WHEN, *ORGS[0][3:])
    wrong = _wrong(_read(told, [role("nia", status="active")], [org], mode="delta"))
    assert wrong == [("users.csv", 2, "dateLastModified", FeedProblem.MISSING)]


def test_a_delta_says_of_each_row_whether_it_stays_or_goes() -> None:
    gone, unsaid = user("nia", status="tobedeleted"), _with(user("leo", status="active"), 1, "")
    found = _read([gone, unsaid], [role("nia", status="ToBeDeleted")], [], mode="delta")
    assert found.errors == [FeedError("users.csv", 3, "status", FeedProblem.MISSING, "", STATES)]
    assert not found.users.said["u-nia"].active
    assert (found.users.gone, found.grants.gone) == (set(), {"r-nia-teacher-o1"})


def test_a_delta_has_columns_for_what_changed_and_a_folder_of_all_needs_none() -> None:
    rows = [("u-nia", "true", "Nia", "Okafor")]
    header = "sourcedId,enabledUser,givenName,familyName"
    found = _read(rows, header=header)
    assert found.errors == []
    assert found.users.said == {"u-nia": User(active=True, email="", first_name="Nia", last_name="Okafor")}
    wrong = _wrong(_read(rows, [], [], mode="delta", header=header))
    assert wrong == [
        ("users.csv", 0, "status", FeedProblem.NO_COLUMN),
        ("users.csv", 0, "dateLastModified", FeedProblem.NO_COLUMN),
    ]


def test_a_row_of_a_folder_of_all_may_say_too_that_it_stays_or_goes() -> None:
    found = _read([user("nia", status="active"), user("leo", status="tobedeleted")])
    assert found.errors == []
    assert [one.active for one in found.users.said.values()] == [True, False]
    assert _read(roles=[role("nia", status="tobedeleted")]).grants.said == {}


def test_a_role_is_of_somebody_and_somewhere_that_was_told_of() -> None:
    # The user of a role that begins later may come in a later folder.
    stray = [role("zoe", begins="2026-09-02"), role("leo"), role("nia", org="o7" + "7" * 99)]
    told = [
        FeedError("roles.csv", 3, "userSourcedId", FeedProblem.NOT_FOUND, "u-leo"),
        FeedError("roles.csv", 4, "orgSourcedId", FeedProblem.NOT_FOUND, "o7" + "7" * 78),
    ]
    # Earlier folders count only if this one is a delta.
    assert list(_read(roles=stray).unresolved({"u-leo"}, {"o7" + "7" * 99})) == told
    changed = [role("leo", status="active"), _with(role("nia", status="active"), 8, "o7")]
    delta = _read((), changed, (), mode="delta")
    assert list(delta.unresolved({"u-leo", "u-nia"}, {"o1", "o7"})) == []
    assert [one.value for one in delta.unresolved({"u-nia"}, {"o1"})] == ["u-leo", "o7"]


def test_roles_that_have_ended_are_none_and_those_that_have_not_begun_are_known_by_their_day() -> None:
    over = role("nia", ends="2026-08-31")
    ahead = role("nia", "aide", begins="2026-09-02")
    found = _read(roles=(over, ahead)).grants.said
    assert found == {"r-nia-aide-o1": Grant("u-nia", "o1", "aide", begins=date(2026, 9, 2))}
    last, first = role("nia", ends="2026-09-01"), role("nia", "aide", begins="2026-09-01")
    found = _read(roles=(last, first)).grants.said
    assert set(found.values()) == {
        Grant("u-nia", "o1", "teacher", ends=date(2026, 9, 1)),
        Grant("u-nia", "o1", "aide"),
    }


def test_a_user_without_an_address_has_the_name_that_they_sign_in_with_if_it_is_one() -> None:
    nobody = _with(user("nia"), 10, "")
    assert _read([nobody]).users.said["u-nia"].email == ""
    assert _read([_with(nobody, 4, "nia@sign.in")]).users.said["u-nia"].email == "nia@sign.in"

"""What is wrong with a folder's files is told at once: where, what, and what would be right."""

import csv
import io
from collections.abc import Sequence
from datetime import date

import pytest

from bot.core.oneroster import feed
from bot.core.oneroster.feed import Feed
from bot.core.oneroster.model import FeedError, FeedProblem
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
    assert found.grants.said["r-nia-teacher-o1"].org == "o1"


MANIFESTS = [
    ("manifest.version,1.0\n", ("manifest.csv", 8, "propertyName", FeedProblem.TWICE)),
    ("oneroster.version,1.1\n", ("manifest.csv", 8, "oneroster.version", FeedProblem.VERSION)),
    ("file.users,some\n", ("manifest.csv", 8, "file.users", FeedProblem.UNKNOWN_VALUE)),
]


@pytest.mark.parametrize(("more", "wrong"), MANIFESTS)
def test_a_manifest_that_cannot_be_meant(more: str, wrong: tuple[str, int, str, FeedProblem]) -> None:
    assert wrong in _wrong(_read(more=more))


def test_a_file_that_the_manifest_names_and_nobody_wrote() -> None:
    sheets = {"manifest.csv": _sheet("manifest.csv", manifest(orgs="bulk"))}
    assert _wrong(feed.read(sheets, "digest", TODAY)) == [("orgs.csv", 0, "", FeedProblem.ABSENT)]


def test_of_a_folder_whose_manifest_is_no_table_nothing_else_is_told() -> None:
    broken = FeedError("manifest.csv", 0, "", FeedProblem.NOT_TEXT)
    assert feed.read({"users.csv": _sheet("users.csv", "x")}, "digest", TODAY, [broken]).errors == [broken]


CELLS = [
    ("users.csv", 0, "", "sourcedId", FeedProblem.MISSING),
    ("users.csv", 0, "u" * 256, "sourcedId", FeedProblem.TOO_LONG),
    ("users.csv", 3, "perhaps", "enabledUser", FeedProblem.UNKNOWN_VALUE),
    ("users.csv", 3, "", "enabledUser", FeedProblem.MISSING),
    ("users.csv", 6, "", "givenName", FeedProblem.MISSING),
    ("users.csv", 10, "nia at home", "email", FeedProblem.NO_ADDRESS),
    ("users.csv", 14, ",".join(map(str, range(999))), "grades", FeedProblem.TOO_LONG),
    ("users.csv", 2, "yesterday", "dateLastModified", FeedProblem.UNKNOWN_VALUE),
    ("roles.csv", 5, "wizard", "role", FeedProblem.UNKNOWN_VALUE),
    ("roles.csv", 6, "soon", "beginDate", FeedProblem.UNKNOWN_VALUE),
    ("orgs.csv", 4, "circus", "type", FeedProblem.UNKNOWN_VALUE),
]


@pytest.mark.parametrize(("file", "place", "value", "column", "problem"), CELLS)
def test_a_cell_that_cannot_be_meant_is_named_by_row_and_column(
    file: str, place: int, value: str, column: str, problem: FeedProblem
) -> None:
    rows: dict[str, Sequence[Row]] = {"users.csv": USERS, "roles.csv": ROLES, "orgs.csv": ORGS[:1]}
    rows[file] = [_with(rows[file][0], place, value)]
    found = _read(rows["users.csv"], rows["roles.csv"], rows["orgs.csv"])
    assert (file, 2, column, problem) in _wrong(found)


def test_a_row_that_is_there_twice_and_a_column_that_is_missing_or_there_twice() -> None:
    twice = _read((*USERS, *USERS))
    assert ("users.csv", 3, "sourcedId", FeedProblem.TWICE) in _wrong(twice)
    assert twice.errors[0].about == ("2",)
    renamed = HEADERS["users.csv"].replace("givenName", "familyname")
    assert _wrong(_read(header=renamed))[:2] == [
        ("users.csv", 0, "familyName", FeedProblem.DOUBLE_COLUMN),
        ("users.csv", 0, "givenName", FeedProblem.NO_COLUMN),
    ]


def test_a_delta_says_when_each_row_was_changed() -> None:
    told = [_with(user("nia", status="active"), 2, "")]
    org = (ORGS[0][0], "active", WHEN, *ORGS[0][3:])
    wrong = _wrong(_read(told, [role("nia", status="active")], [org], mode="delta"))
    assert wrong == [("users.csv", 2, "dateLastModified", FeedProblem.MISSING)]


def test_roles_that_have_ended_or_not_begun_are_none() -> None:
    over = role("nia", ends="2026-08-31")
    ahead = _with(role("nia", "aide"), 6, "2026-09-02")
    assert _read(roles=(over, ahead)).grants.said == {}


def test_a_user_without_an_address_has_the_name_that_they_sign_in_with_if_it_is_one() -> None:
    nobody = _with(user("nia"), 10, "")
    assert _read([nobody]).users.said["u-nia"].email == ""
    assert _read([_with(nobody, 4, "nia@sign.in")]).users.said["u-nia"].email == "nia@sign.in"

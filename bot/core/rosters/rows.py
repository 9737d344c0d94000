"""Turns the cells of a table into rows of a roster, and collects everything that is wrong with them."""

import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from bot.core.email_addresses import email_key
from bot.core.rosters import addresses, columns
from bot.core.rosters.columns import Column, Mapping
from bot.core.rosters.sheet import Sheet
from bot.core.typed_lists import listed, normalized, single_spaced, split
from bot.core.values import dataclass, field

LONGEST = {
    Column.FIRST_NAME: 60,
    Column.LAST_NAME: 60,
    Column.EDUCATOR_ID: 40,
    Column.CONTENT_AREAS: 200,
    Column.GRADE_LEVELS: 200,
    Column.MIDDLE_INITIAL: 2,
}
# Text up to this length fits every column but the initial.
_SHORT = 40
# What spreadsheets show for a failed formula: #N/A, #REF!, in German #NV, #BEZUG!, and so on.
_FAILED = re.compile(r"#(?:[A-ZÄÖÜÉ/0]{2,12}[!?]|N/[AD]|NV)")
# What spreadsheets make of text that looks like a date or a long number, unless its cell is formatted as
# text: 5-6 becomes 2026-06-05, 6-May or 05. Jun; a long id becomes 1.23457E+19.
_MONTH = r"(?:jan|feb|m[aäe]r|mrz|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]{0,6}\.?"
_CONVERTED = re.compile(
    rf"\d{{4}}-\d\d-\d\d(?: 00:00:00)?|\d{{1,2}}[-. ]{{1,2}}{_MONTH}|{_MONTH}[- ]\d{{1,4}}|\d[.,]\d+E\+\d+",
    re.IGNORECASE,
)
_SHOWN = 80


class Problem(StrEnum):
    """What can be wrong with a cell, or with the whole table (row 0)."""

    NO_COLUMN = "no column"
    DOUBLE_COLUMN = "double column"
    NO_ROWS = "no rows"
    MISSING = "missing"
    TOO_LONG = "too long"
    NO_ADDRESS = "no address"
    TWICE = "twice"
    OTHERWISE = "otherwise"
    ID_TWICE = "id twice"
    ID_OF_ANOTHER = "id of another"
    UNKNOWN_SCHOOL = "unknown school"
    UNKNOWN_ROLE = "unknown role"
    ABOVE_CEILING = "above ceiling"
    NOT_YOURS = "not yours"
    KNOWN_ELSEWHERE = "known elsewhere"
    FAILED = "failed"
    CONVERTED = "converted"
    BEYOND = "beyond"


class RosterRow(NamedTuple):
    """What a row says about a person. Without organizations, it is about the roster's own school.

    Empty details are not given, and stay as they are. `place` is the row's number in the table.
    """

    place: int
    email: str
    first_name: str
    last_name: str
    organizations: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    content_areas: str = ""
    grade_levels: str = ""
    middle_initial: str = ""
    educator_id: str = ""


# Columns of free text, which are not compared with known values.
_KEPT = (
    Column.FIRST_NAME, Column.LAST_NAME, Column.CONTENT_AREAS, Column.GRADE_LEVELS, Column.EDUCATOR_ID
)  # fmt: skip
# The index of each column's field in `RosterRow`, in which `place` comes first.
_AT = {column: place for place, column in enumerate(Column, 1)}


class RowError(NamedTuple):
    """A problem with a cell. `about` helps to correct it: the other row, or the values that are allowed."""

    place: int
    column: Column
    problem: Problem
    value: str = ""
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A table that was read: the mapping of its columns, its rows, and all errors visible so far.

    `rows` includes rows with errors, so that their other errors are found too.
    """

    mapping: Mapping
    rows: tuple[RosterRow, ...]
    errors: tuple[RowError, ...] = ()


@lru_cache(maxsize=4096)
def spoilt(cell: str) -> Problem | None:
    """Return how a spreadsheet has spoilt a cell's text; None if it has not."""
    cell = cell.strip()
    if _FAILED.fullmatch(cell):
        return Problem.FAILED
    return Problem.CONVERTED if _CONVERTED.fullmatch(cell) else None


@lru_cache(maxsize=256)
def initial(typed: str, *, of_name: bool = False) -> str:
    """Return a middle initial without its dot; with `of_name`, the initial of a full name."""
    plain = typed.strip().rstrip(".").upper()
    return plain[:1] if of_name and len(plain) > LONGEST[Column.MIDDLE_INITIAL] else plain


def read(sheet: Sheet) -> Reading:
    """Read a table. Needs no database, so it can run before the unit of work."""
    found = columns.mapping(sheet.header)
    errors = [
        *(RowError(0, column, Problem.NO_COLUMN) for column in found.missing),
        *(RowError(0, column, Problem.DOUBLE_COLUMN, about=headers) for column, headers in found.double),
    ]
    if errors:
        return Reading(found, (), tuple(errors))
    reader = _Reader(found)
    rows = tuple(reader.rows(sheet))
    reader.errors += _beyond(sheet)
    if not rows:
        reader.errors.append(RowError(0, Column.EMAIL, Problem.NO_ROWS))
    return Reading(found, rows, tuple(reader.errors))


def _beyond(sheet: Sheet) -> Iterator[RowError]:
    """Yield errors for rows with more cells than headings: an unquoted delimiter has split a text."""
    if over := set(sheet.over):
        for place, cells in sheet.numbered():
            if place in over:
                yield RowError(place, Column.EMAIL, Problem.BEYOND, cells[-1].strip()[:_SHOWN])


@dataclass(slots=True)
class _Reader:
    """Reads a hundred thousand rows in about a second, by leaving cells alone that can stay as they are."""

    mapping: Mapping
    errors: list[RowError] = field(default_factory=list)
    ids: dict[str, RosterRow] = field(default_factory=dict)

    def rows(self, sheet: Sheet) -> Iterator[RosterRow]:
        pick, names = _picker(self.mapping), self.mapping.middle_names
        for place, cells in sheet.numbered():
            email, first, last, organizations, roles, areas, grades, middle, educator = pick((*cells, ""))
            row = RosterRow(
                place,
                addresses.read(email) or self._no_address(place, email),
                first if first.isalpha() else single_spaced(first),
                last if last.isalpha() else single_spaced(last),
                split(organizations) if organizations else (),
                listed(roles) if roles else (),
                normalized(areas) if areas else "",
                normalized(grades) if grades else "",
                initial(middle, of_name=names) if middle else "",
                educator.strip(),
            )
            if not (row.first_name and row.last_name and _is_short(row)):
                self._check(row)
            if (
                first[:1] == "#"
                or last[:1] == "#"
                or (areas and spoilt(areas))
                or (grades and spoilt(grades))
                or (educator and not educator.isalnum() and spoilt(educator))
            ):
                self._name_spoilt(place, (first, last, areas, grades, educator))
            if row.educator_id and self.ids.setdefault(row.educator_id, row) is not row:
                self._own_id(row)
            yield row

    def _name_spoilt(self, place: int, cells: Sequence[str]) -> None:
        """Report cells that a spreadsheet has spoilt; other columns are checked against known values."""
        for column, cell in zip(_KEPT, cells, strict=True):
            if (problem := spoilt(cell)) is not None:
                self.errors.append(RowError(place, column, problem, cell.strip()[:_SHOWN]))

    def _no_address(self, place: int, typed: str) -> str:
        problem = Problem.NO_ADDRESS if typed.strip() else Problem.MISSING
        self.errors.append(RowError(place, Column.EMAIL, problem, typed[:_SHOWN]))
        return ""

    def _check(self, row: RosterRow) -> None:
        for column in (Column.FIRST_NAME, Column.LAST_NAME):
            if not row[_AT[column]]:
                self.errors.append(RowError(row.place, column, Problem.MISSING))
        for column, longest in LONGEST.items():
            text = str(row[_AT[column]])
            if len(text) > longest:
                about = (str(longest),)
                self.errors.append(RowError(row.place, column, Problem.TOO_LONG, text[:_SHOWN], about))

    def _own_id(self, row: RosterRow) -> None:
        """Check that an educator id belongs to one person, who may have several rows."""
        other = self.ids[row.educator_id]
        if email_key(other.email) != email_key(row.email):
            about = (str(other.place),)
            self.errors.append(
                RowError(row.place, Column.EDUCATOR_ID, Problem.ID_TWICE, row.educator_id, about)
            )


def _is_short(row: RosterRow) -> bool:
    """Tell whether all texts of a row have usual lengths; if not, each one is checked."""
    return (
        len(row.first_name) <= _SHORT
        and len(row.last_name) <= _SHORT
        and len(row.content_areas) <= _SHORT
        and len(row.grade_levels) <= _SHORT
        and len(row.middle_initial) <= LONGEST[Column.MIDDLE_INITIAL]
        and len(row.educator_id) <= _SHORT
    )


def _picker(mapping: Mapping) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """Return a function that puts cells into the order of `Column`; the last cell replaces missing ones."""
    places = [mapping.place(column) for column in Column]
    return itemgetter(*(-1 if place is None else place for place in places))

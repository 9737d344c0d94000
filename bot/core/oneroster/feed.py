"""Parses the files of a OneRoster 1.2 folder, and collects everything that is wrong with them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, Literal, NamedTuple, TypeVar

from bot.core.oneroster.model import ROLE_MAP, FeedError, FeedProblem, Grant, Org
from bot.core.rosters import addresses
from bot.core.rosters.columns import Column
from bot.core.rosters.rows import LONGEST, initial
from bot.core.rosters.sheet import Sheet
from bot.core.typed_lists import normalized, single_spaced

T = TypeVar("T")
MANIFEST, ORGS, USERS, ROLES = "manifest.csv", "orgs.csv", "users.csv", "roles.csv"
# Files of classes, courses, enrollments, sessions, demographics and grades are not used.
READ = (MANIFEST, ORGS, USERS, ROLES)
# The columns that are used.
_Name = Literal[
    "propertyName", "value", "sourcedId", "status", "dateLastModified", "name", "type", "identifier",
    "enabledUser", "username", "givenName", "familyName", "middleName", "email", "grades",
    "userSourcedId", "role", "orgSourcedId", "beginDate", "endDate",
]  # fmt: skip
_VERSIONS = {"manifest.version": ("1.0",), "oneroster.version": ("1.2",)}
_NEEDED: Mapping[str, tuple[_Name, ...]] = {
    MANIFEST: ("propertyName", "value"),
    ORGS: ("sourcedId", "name", "type"),
    USERS: ("sourcedId", "enabledUser", "givenName", "familyName"),
    ROLES: ("sourcedId", "userSourcedId", "role", "orgSourcedId"),
}
_OF_DELTA: tuple[_Name, ...] = ("status", "dateLastModified")
_TYPES = ("department", "school", "district", "local", "state", "national")
_LONGEST_ID = 255
_LONGEST_NAME = 200
_SHOWN = 80


class Mode(StrEnum):
    """How a file is to be read: as everything there is, as what has changed, or not at all."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


class User(NamedTuple):
    """What a row says about a user. A user who is to be deleted, or is not enabled, is not active."""

    active: bool
    email: str
    first_name: str
    last_name: str
    middle_initial: str = ""
    grade_levels: str = ""


@dataclass(slots=True)
class Part(Generic[T]):
    """The contents of one file by sourcedId, with their row numbers, and the ids that are gone."""

    mode: Mode = Mode.ABSENT
    said: dict[str, T] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Feed:
    """The contents of a folder, read on a certain day. `digest` changes when the folder's contents do."""

    digest: str
    today: date
    orgs: Part[Org] = field(default_factory=Part)
    users: Part[User] = field(default_factory=Part)
    grants: Part[Grant] = field(default_factory=Part)
    errors: list[FeedError] = field(default_factory=list)

    def unresolved(self, users: Collection[str], orgs: Collection[str]) -> Iterator[FeedError]:
        """Yield roles whose user or organisation is neither in the folder nor known from before."""
        for name, grant in self.grants.said.items():
            if grant.begins is not None:  # their user may be listed by the time they begin
                continue
            row = self.grants.rows[name]
            for column, of, part, known in (
                ("userSourcedId", grant.user, self.users, users),
                ("orgSourcedId", grant.org, self.orgs, orgs),
            ):
                before = known if part.mode is not Mode.BULK else ()
                if of and not (of in part.said or of in part.gone or of in before):
                    yield FeedError(ROLES, row, column, FeedProblem.NOT_FOUND, of[:_SHOWN])


def read(sheets: Mapping[str, Sheet], digest: str, today: date, unread: Sequence[FeedError] = ()) -> Feed:
    """Parse a folder. Needs no database, so it runs before the unit of work.

    `unread` has the errors of files that could not be read as tables.
    """
    feed = Feed(digest, today, errors=list(unread))
    if MANIFEST not in sheets:
        return feed
    modes = _modes(sheets, feed.errors, {one.file for one in unread})
    if (table := _table(ORGS, feed.orgs, sheets, modes, feed.errors)) is not None:
        _fill(feed.orgs, table, _org)
    if (table := _table(USERS, feed.users, sheets, modes, feed.errors)) is not None:
        _fill(feed.users, table, _user)
    if (table := _table(ROLES, feed.grants, sheets, modes, feed.errors)) is not None:
        _fill(feed.grants, table, lambda cells: _grant(cells, today))
    return feed


def _table(
    name: str,
    part: Part[T],
    sheets: Mapping[str, Sheet],
    modes: Mapping[str, Mode],
    errors: list[FeedError],
) -> "_Table | None":
    part.mode = modes.get(name, Mode.ABSENT)
    if part.mode is Mode.ABSENT or name not in sheets:
        return None
    return _Table(name, sheets[name], part.mode, errors)


def _modes(sheets: Mapping[str, Sheet], errors: list[FeedError], broken: Collection[str]) -> dict[str, Mode]:
    """Read the manifest: check the versions, and return how each file is to be read."""
    table = _Table(MANIFEST, sheets[MANIFEST], Mode.BULK, errors)
    said: dict[str, tuple[int, str]] = {}
    for cells in table.rows():
        name = cells["propertyName"]
        if name in said:
            cells.wrong("propertyName", FeedProblem.TWICE, name)
        said[name] = (cells.row, cells["value"])
    for name, right in _VERSIONS.items():
        row, value = said.get(name, (0, ""))
        if value not in right:
            errors.append(FeedError(MANIFEST, row, name, FeedProblem.VERSION, value[:_SHOWN], right))
    modes = {}
    for file in READ[1:]:
        name = f"file.{file.removesuffix('.csv')}"
        row, value = said.get(name, (0, Mode.ABSENT.value))
        if value.casefold() not in set(Mode):
            errors.append(
                FeedError(MANIFEST, row, name, FeedProblem.UNKNOWN_VALUE, value[:_SHOWN], tuple(Mode))
            )
            continue
        modes[file] = Mode(value.casefold())
        if modes[file] is not Mode.ABSENT and file not in sheets and file not in broken:
            errors.append(FeedError(file, 0, "", FeedProblem.ABSENT))
    return modes


@dataclass(slots=True)
class _Cells:
    """One row, by column name; records what is wrong with it."""

    table: "_Table"
    row: int
    cells: tuple[str, ...]

    def __getitem__(self, column: _Name) -> str:
        place = self.table.places.get(column.casefold())
        return self.cells[place].strip() if place is not None else ""

    def wrong(
        self, column: _Name, problem: FeedProblem, value: str = "", about: tuple[str, ...] = ()
    ) -> None:
        self.table.errors.append(FeedError(self.table.name, self.row, column, problem, value[:_SHOWN], about))

    def needed(self, column: _Name, longest: int) -> str:
        """Return the text of a required column; records an error if it is empty or too long."""
        said = single_spaced(self[column])
        if not said:
            self.wrong(column, FeedProblem.MISSING)
        elif len(said) > longest:
            self.wrong(column, FeedProblem.TOO_LONG, about=(str(longest),))
        return said

    def one_of(self, column: _Name, values: Collection[str]) -> str:
        """Return one of the allowed values, ignoring case; records an error and returns "" if it is none."""
        said = self[column]
        found = next((one for one in values if one.casefold() == said.casefold()), "")
        if not found:
            problem = FeedProblem.UNKNOWN_VALUE if said else FeedProblem.MISSING
            self.wrong(column, problem, said, tuple(values))
        return found

    def day(self, column: _Name) -> date | None:
        """Return a date, or None if there is none; records an error if it is invalid."""
        try:
            return date.fromisoformat(self[column]) if self[column] else None
        except ValueError:
            self.wrong(column, FeedProblem.UNKNOWN_VALUE, self[column], ("2027-01-31",))
            return None


class _Table:
    """A file with its columns, in whatever order they come."""

    def __init__(self, name: str, sheet: Sheet, mode: Mode, errors: list[FeedError]) -> None:
        self.name, self.sheet, self.mode, self.errors = name, sheet, mode, errors
        self.places: dict[str, int] = {}
        for place, header in enumerate(sheet.header):
            if header.casefold() in self.places:
                errors.append(FeedError(name, 0, header[:_SHOWN], FeedProblem.DOUBLE_COLUMN))
            self.places.setdefault(header.casefold(), place)
        needed = (*_NEEDED[name], *(_OF_DELTA if mode is Mode.DELTA else ()))
        missing = [one for one in needed if one.casefold() not in self.places]
        errors += [FeedError(name, 0, one, FeedProblem.NO_COLUMN) for one in missing]
        self._whole = not missing

    def rows(self) -> Iterator[_Cells]:
        """Iterate over the rows; yields nothing if a required column is missing."""
        for number, cells in self.sheet.numbered() if self._whole else ():
            yield _Cells(self, number, cells)


def _fill(part: Part[T], table: _Table, made: Callable[[_Cells], T | None]) -> None:
    for cells in table.rows():
        name = cells.needed("sourcedId", _LONGEST_ID)
        if name and name in part.rows:
            cells.wrong("sourcedId", FeedProblem.TWICE, name, (str(part.rows[name]),))
            continue
        part.rows[name] = cells.row
        # A user who is to be deleted is kept as an inactive one.
        one = made(cells) if _is_current(cells) or table.name == USERS else None
        if one is None:
            part.gone.add(name)
        else:
            part.said[name] = one


def _is_current(cells: _Cells) -> bool:
    """Tell whether a row is still valid, by its status; in a bulk file, an empty status means that it is."""
    delta = cells.table.mode is Mode.DELTA
    modified = cells["dateLastModified"]
    if delta and not modified:
        cells.wrong("dateLastModified", FeedProblem.MISSING)
    elif modified:
        try:
            datetime.fromisoformat(modified)
        except ValueError:
            cells.wrong("dateLastModified", FeedProblem.UNKNOWN_VALUE, modified, ("2027-01-31T06:00:00Z",))
    if not delta and not cells["status"]:
        return True
    return cells.one_of("status", ("active", "tobedeleted")) != "tobedeleted"


def _org(cells: _Cells) -> Org:
    kind = cells.one_of("type", _TYPES)
    return Org(cells.needed("name", _LONGEST_NAME), cells["identifier"][:_LONGEST_ID], kind)


def _user(cells: _Cells) -> User:
    stays = cells["status"].casefold() != "tobedeleted"
    enabled = cells.one_of("enabledUser", ("true", "false")) == "true"
    typed = cells["email"] or (cells["username"] if "@" in cells["username"] else "")
    email = addresses.read(typed) if typed else ""
    if email is None:
        cells.wrong("email", FeedProblem.NO_ADDRESS)
    grades = normalized(cells["grades"])
    if len(grades) > LONGEST[Column.GRADE_LEVELS]:
        cells.wrong("grades", FeedProblem.TOO_LONG, about=(str(LONGEST[Column.GRADE_LEVELS]),))
    return User(
        stays and enabled,
        email or "",
        cells.needed("givenName", LONGEST[Column.FIRST_NAME]),
        cells.needed("familyName", LONGEST[Column.LAST_NAME]),
        initial(cells["middleName"][:1]),
        grades,
    )


def _grant(cells: _Cells, today: date) -> Grant | None:
    """Read a role; None if it has ended."""
    said = cells.needed("role", _LONGEST_ID)
    role = next((one for one in ROLE_MAP if one.casefold() == said.casefold()), said)
    if said and role not in ROLE_MAP and not role.startswith("ext:"):
        cells.wrong("role", FeedProblem.UNKNOWN_VALUE, said, tuple(ROLE_MAP))
    user = cells.needed("userSourcedId", _LONGEST_ID)
    org = cells.needed("orgSourcedId", _LONGEST_ID)
    begins, ends = cells.day("beginDate"), cells.day("endDate")
    if ends and ends < today:
        return None
    return Grant(user, org, role, begins if begins and begins > today else None, ends)

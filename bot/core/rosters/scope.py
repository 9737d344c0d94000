"""The schools and roles that a roster may be about, found by the names in its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from bot.core import typed_lists
from bot.core.email_addresses import email_key
from bot.core.people import directory
from bot.core.ports import UnitOfWork
from bot.core.rights import access, roles
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Rights, Role, ScopeKind
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import Missing, Options, Place, RosterDetails
from bot.core.rosters.rows import Problem, RosterRow, RowError
from bot.core.schools import districts
from bot.core.schools.schools import School

_MOST_NAMED = 25
_NO_RIGHTS = Rights()
# What people and their programs write around a name.
_AROUND = ' \t\n"“”„«»'


class Entry(NamedTuple):
    """What a roster says about a person at one school.

    `first` is the index of the first row about the person; `leads` marks the first of their entries.
    """

    place: int
    school_id: str
    said: RosterDetails
    wanted: tuple[str, ...]
    first: int
    leads: bool


# What a row's schools and roles resolve to: the roles at each school, and the errors.
Meaning: TypeAlias = tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[RowError, ...]]


@dataclass(slots=True)
class Reach:
    """The actor's rights at each school, looked up once in a unit of work."""

    uow: UnitOfWork
    actor: Actor
    schools: dict[str, School | None] = field(default_factory=dict)
    found: dict[str, Rights] = field(default_factory=dict)
    over: dict[str, Rights] = field(default_factory=dict)
    roles: dict[tuple[str, str], Role | None] = field(default_factory=dict)

    def school(self, school_id: str) -> School | None:
        """Find a school; None if there is none with this id."""
        if school_id not in self.schools:
            self.schools[school_id] = self.uow.schools.by_id(school_id)
        return self.schools[school_id]

    def is_archived(self, school_id: str) -> bool:
        """Tell whether a school is archived."""
        school = self.school(school_id)
        return school is not None and school.archived

    def at(self, school_id: str) -> Rights:
        """Return the actor's rights at a school."""
        if school_id not in self.found:
            school = self.school(school_id)
            self.found[school_id] = access.rights_of(self.uow, self.actor, school) if school else _NO_RIGHTS
        return self.found[school_id]

    def over_district(self, district_id: str) -> Rights:
        """Return the actor's rights over a whole district."""
        if district_id not in self.over:
            self.over[district_id] = access.rights_over(self.uow, self.actor, district_id)
        return self.over[district_id]

    def role(self, school_id: str, name: str) -> Role | None:
        """Find a role that can be given at a school; None if there is none."""
        key = (school_id, name)
        if key not in self.roles:
            school = self.school(school_id)
            role = access.role_named(self.uow, school, name) if school else None
            self.roles[key] = role if role and role.level is ScopeKind.SCHOOL else None
        return self.roles[key]

    def covers(self, school_id: str, name: str) -> bool:
        """Tell whether a role lies within the actor's grant ceiling at a school."""
        role = self.role(school_id, name)
        rights = self.at(school_id)
        return role is not None and roles.may_grant(rights, role, target=_NO_RIGHTS, target_is_giver=False)

    def grantable(self, school_id: str) -> tuple[str, ...]:
        """Return the names of the roles that the actor may give at a school."""
        school = self.school(school_id)
        return tuple(one.name for one in access.grantable(self.uow, self.actor, school)) if school else ()

    def holds(self, permission: Permission, school_id: str) -> bool:
        """Tell whether the actor has a permission at a school."""
        return permission in self.at(school_id).holds


def needed(options: Options) -> tuple[Permission, ...]:
    """Return the permissions that an importer needs at each school of the roster."""
    leaving = options.move or options.missing is not Missing.KEEP
    inviting = options.move or options.invite
    return (
        Permission.ROSTER_IMPORT,
        Permission.MEMBER_CREATE,
        *([Permission.MEMBER_REMOVE] if leaving else []),
        *([Permission.INVITATION_CREATE] if inviting else []),
    )


@dataclass(slots=True)
class Scope:
    """Resolves the schools and roles of rows; each combination only once, however many rows name it."""

    reach: Reach
    place: Place
    options: Options
    errors: list[RowError] = field(default_factory=list)
    _named: dict[str, School] = field(default_factory=dict)
    _organizations: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[RowError, ...]]] = field(
        default_factory=dict
    )
    _meanings: dict[tuple[object, ...], Meaning] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the schools that rows may name."""
        home = self.place.school
        for permission in needed(self.options):
            access.require(self.reach.uow, self.reach.actor, permission, home)
        schools = [home]
        if self.place.whole_district:
            district_id = directory.whole_district(home, "whole_district")
            schools += districts.schools_of(self.reach.uow, district_id)
        for one in schools:
            self.reach.schools[one.id] = one
            self._named[_plain(one.name)] = self._named[one.id] = one

    def entries(self, rows: Sequence[RosterRow]) -> Iterator[Entry]:
        """Resolve rows and collect all errors; rows that cannot be used are left out."""
        seen: dict[str, int] = {}
        spread: dict[tuple[str, str], int] = {}
        for index, row in enumerate(rows):
            wanted, wrong = self._meanings.get(row[4:6]) or self._meaning(row)
            if wrong:
                self.errors += [one._replace(place=row.place) for one in wrong]
            if not (row.email and row.first_name and row.last_name):
                continue
            key = email_key(row.email)
            first = seen.setdefault(key, index)
            leads = first == index
            if not leads and not self._fits(row, rows[first], key, spread):
                continue
            said = RosterDetails(*row[1:4], *row[6:])
            for school_id, named in wanted:
                yield Entry(row.place, school_id, said, named, first, leads)
                leads = False

    def _fits(self, row: RosterRow, first: RosterRow, key: str, spread: dict[tuple[str, str], int]) -> bool:
        """Check that a further row about a person is about other schools and has the same details."""
        for column, one, other in (
            (Column.FIRST_NAME, row.first_name, first.first_name),
            (Column.LAST_NAME, row.last_name, first.last_name),
            (Column.CONTENT_AREAS, row.content_areas, first.content_areas),
            (Column.GRADE_LEVELS, row.grade_levels, first.grade_levels),
            (Column.MIDDLE_INITIAL, row.middle_initial, first.middle_initial),
            (Column.EDUCATOR_ID, row.educator_id, first.educator_id),
        ):
            if one != other:
                about = (str(first.place), other)
                self.errors.append(RowError(row.place, column, Problem.OTHERWISE, one, about))
                return False
        for school_id in self._ids(first.organizations)[0]:
            spread.setdefault((key, school_id), first.place)
        for school_id in self._ids(row.organizations)[0]:
            taken = spread.setdefault((key, school_id), row.place)
            if taken != row.place:
                self.errors.append(RowError(row.place, Column.EMAIL, Problem.TWICE, row.email, (str(taken),)))
                return False
        return True

    def _meaning(self, row: RosterRow) -> Meaning:
        """Resolve the schools and roles of a row, and remember it for all rows that name the same."""
        schools, wrong = self._ids(row.organizations)
        # In a file about one school, check the roles even if the row's school is unknown.
        meant = schools or (() if self.place.whole_district else (self.place.school.id,))
        found = [self._found(one, row.roles) for one in meant]
        meaning = (
            tuple((one, roles) for one, (roles, _) in zip(meant, found, strict=True) if one in schools),
            (*wrong, *dict.fromkeys(error for _, errors in found for error in errors)),
        )
        self._meanings[row[4:6]] = meaning
        return meaning

    def _ids(self, named: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[RowError, ...]]:
        if named not in self._organizations:
            self._organizations[named] = self._resolved(named)
        return self._organizations[named]

    def _resolved(self, named: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[RowError, ...]]:
        found, wrong, home = [], [], self.place.school
        for name, school in tuple(typed_lists.named(named, self._called)) or ((home.name, home),):
            if school is None:
                offered = sorted({one.name for one in self._named.values()})[:_MOST_NAMED]
                wrong.append(RowError(0, Column.ORGANIZATIONS, Problem.UNKNOWN_SCHOOL, name, tuple(offered)))
            elif all(self.reach.holds(one, school.id) for one in needed(self.options)):
                found.append(school.id)
            else:
                wrong.append(RowError(0, Column.ORGANIZATIONS, Problem.NOT_YOURS, name))
        return tuple(dict.fromkeys(found)), tuple(wrong)

    def _called(self, name: str) -> School | None:
        return self._named.get(_plain(name)) or self._named.get(name)

    def _found(self, school_id: str, named: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[RowError, ...]]:
        """Resolve the names of roles at a school."""
        found, wrong = [], []
        for name in named:
            role = self.reach.role(school_id, name)
            if role is None:
                offered = self.reach.grantable(school_id)
                wrong.append(RowError(0, Column.ROLES, Problem.UNKNOWN_ROLE, name, offered))
            else:
                found.append(role.name)
        return tuple(sorted(set(found))), tuple(wrong)


def _plain(name: str) -> str:
    return " ".join(name.strip(_AROUND).split()).casefold()

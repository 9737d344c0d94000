"""Exports members as a roster with the columns of an import, so that it imports again without changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.core.people import directory
from bot.core.people.members import Member
from bot.core.people.people_filter import PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rosters.columns import Column
from bot.core.rosters.rows import RosterRow
from bot.core.schools import districts
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.typed_lists import as_list, is_single_name
from bot.core.values import replace

_PAGE = 1000
HEADER = tuple(column.value for column in Column)


@dataclass(slots=True)
class Export:
    """The rows of an export, read as they are consumed.

    Afterwards, `left_out` counts the active members who lack the e-mail address, first or last name that a
    row needs.
    """

    uow: UnitOfWork
    wanted: PeopleFilter
    left_out: int = 0
    _names: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> Iterator[RosterRow]:
        """The active members, by school and name; a member of several schools has a row for each."""
        self.left_out = 0
        for school_id in self._schools():
            wanted = replace(self.wanted, school_id=school_id, district_id=None)
            found = self.uow.members.listed(wanted, after=None, limit=_PAGE)
            yield from self._page(found)
            while len(found) == _PAGE:
                found = self.uow.members.listed(wanted, after=found[-1].membership.id, limit=_PAGE)
                yield from self._page(found)

    def _schools(self) -> Iterator[str]:
        """Yield the schools by name, one by one: paging over a whole district would sort it for each page."""
        if self.wanted.district_id is None:
            yield self.wanted.school_id
            return
        yield from (one.id for one in districts.schools_of(self.uow, self.wanted.district_id))

    def _page(self, found: Sequence[Member]) -> Iterator[RosterRow]:
        said = self.uow.roster_people.details([one.membership.person_id for one in found])
        for one in found:
            email, first, last, areas, grades, middle, educator = said[one.membership.person_id]
            if not (email and first and last):
                self.left_out += 1
                continue
            organization = (self._name(one.membership.school_id),)
            yield RosterRow(0, email, first, last, organization, one.roles, areas, grades, middle, educator)

    def _name(self, school_id: str) -> str:
        if school_id not in self._names:
            school = stored_school(self.uow, school_id)
            self._names[school_id] = called(school)
        return self._names[school_id]


def called(school: School) -> str:
    """Return a school's name, or its id if the name would not survive in a list in a cell."""
    return school.name if is_single_name(school.name) else school.id


def export_rows(uow: UnitOfWork, actor: Actor, wanted: PeopleFilter) -> Export:
    """Export the active members that match a filter; changes nothing."""
    school = stored_school(uow, wanted.school_id)
    access.require(uow, actor, Permission.ROSTER_IMPORT, school)
    directory.require(uow, actor, school, wanted)
    if wanted.district_id is not None:
        access.require_over(uow, actor, Permission.ROSTER_IMPORT, wanted.district_id)
    return Export(uow, replace(wanted, status=Status.ACTIVE))


def cells(row: RosterRow) -> tuple[str, ...]:
    """Return a row's cells, in the order of `HEADER`."""
    return (
        row.email,
        row.first_name,
        row.last_name,
        as_list(row.organizations),
        as_list(row.roles),
        row.content_areas,
        row.grade_levels,
        row.middle_initial,
        row.educator_id,
    )

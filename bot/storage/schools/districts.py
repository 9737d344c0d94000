"""Districts, and the roles that people have in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from bot.core.ids import is_id
from bot.core.name_matching import fold_name
from bot.core.people.members import Standing
from bot.core.rights.actors import Person
from bot.core.rights.roles import Rights, ScopeKind
from bot.core.schools.districts import District, DistrictRole
from bot.core.schools.schools import School
from bot.core.values import dataclass
from bot.storage.rights.scopes import IN_SYSTEM, in_district
from bot.storage.schools.schools import school_of
from bot.storage.statements import Row, Statement, changed, contains, insert_new, like, without_key
from bot.storage.tables import assignments, districts, memberships, persons, schools

# Up to this many people of a district are listed by id in the query.
FEW = 5000
_RIGHTS = Statement(
    select(assignments.c.role).where(
        assignments.c.person_id == bindparam("person"),
        or_(IN_SYSTEM, in_district(bindparam("district"))),
    )
)


def _district(row: Row) -> District:
    return District(row.id, row.name, row.created_at, row.archived_at)


def _row(district: District) -> dict[str, Any]:
    return {
        "id": district.id,
        "name": district.name,
        "search_name": district.name.casefold(),
        "created_at": district.created_at,
        "archived_at": district.archived_at,
    }


@dataclass(frozen=True, slots=True)
class SqlDistricts:
    """Districts in the database."""

    connection: Connection

    def add(self, district: District) -> None:
        """Add a district."""
        self.connection.execute(districts.insert(), _row(district))

    def save(self, district: District) -> None:
        """Store a district's name and whether it is archived."""
        named = without_key(districts, _row(district))
        query = update(districts).where(districts.c.id == district.id).values(**named)
        self.connection.execute(query)

    def lock(self, district_id: str) -> None:
        """Make other units that lock this district wait until this one ends."""
        query = select(districts.c.id).where(districts.c.id == district_id).with_for_update()
        self.connection.execute(query)  # SQLite has one writer, and ignores FOR UPDATE

    def by_id(self, district_id: str) -> District | None:
        """Return the district with this id."""
        row = self.connection.execute(select(districts).where(districts.c.id == district_id)).one_or_none()
        return _district(row) if row else None

    def by_name(self, name: str) -> District | None:
        """Return the district of a name, without regard to case, that is not archived."""
        query = (
            select(districts)
            .where(
                districts.c.search_name == " ".join(name.split()).casefold(),
                districts.c.archived_at.is_(None),
            )
            .order_by(districts.c.id)
            .limit(1)
        )
        row = self.connection.execute(query).one_or_none()
        return _district(row) if row else None

    def of_person(
        self, person_id: str | None, *, text: str, after: str | None, limit: int, archived: bool = False
    ) -> Sequence[District]:
        """List by name the districts where a person has a role; all of them without a person."""
        query = (
            select(districts)
            .where(districts.c.archived_at.is_not(None) if archived else districts.c.archived_at.is_(None))
            .order_by(districts.c.search_name, districts.c.id)
            .limit(limit)
        )
        if person_id is not None:
            here = in_district(districts.c.id)
            query = query.where(exists().where(assignments.c.person_id == person_id, here))
        if text:
            query = query.where(like(districts.c.search_name, contains(text.casefold())))
        if after is not None:
            last = select(districts.c.search_name, districts.c.id).where(districts.c.id == after)
            query = self._beyond(query, (districts.c.search_name, districts.c.id), last)
        return [_district(row) for row in self.connection.execute(query)]

    def _beyond(self, query: Select[Any], key: tuple[Any, Any], last: Select[Any]) -> Select[Any]:
        """Restrict a query to what comes after the last row of the previous page."""
        name, last_id = self.connection.execute(last).one_or_none() or ("", "")
        return query.where(tuple_(*key) > tuple_(name, last_id))

    def schools(
        self, district_id: str, *, after: str | None, limit: int, text: str = "", archived: bool = False
    ) -> Sequence[School]:
        """List by name a district's open or `archived` schools whose name contains a text."""
        at = schools.c.archived_at
        query = (
            select(schools)
            .where(schools.c.district_id == district_id, at.is_not(None) if archived else at.is_(None))
            .order_by(schools.c.search_name, schools.c.id)
            .limit(limit)
        )
        if text:
            query = query.where(like(schools.c.search_name, contains(text.casefold())))
        if after is not None:
            last = select(schools.c.search_name, schools.c.id).where(
                schools.c.id == after, schools.c.district_id == district_id
            )
            query = self._beyond(query, (schools.c.search_name, schools.c.id), last)
        return [school_of(row) for row in self.connection.execute(query)]

    def people(self, district_id: str | None, text: str, limit: int) -> Sequence[Person]:
        """List people of a district by name: members of its schools, and people with a role in it."""
        query = (
            select(persons.c.id, persons.c.name, persons.c.zone)
            .where(persons.c.merged_into.is_(None), persons.c.erased_at.is_(None))
            .order_by(persons.c.search_name, persons.c.id)
            .limit(limit)
        )
        if district_id is not None:
            query = query.where(self._within(district_id))
        if is_id(text.lower()):
            query = query.where(persons.c.id == text.lower())
        elif text:  # one condition, without an OR, so that the index of names answers it
            query = query.where(like(persons.c.search_name, contains(fold_name(text))))
        return [Person(*row) for row in self.connection.execute(query)]

    def _within(self, district_id: str) -> ColumnElement[bool]:
        """Return the SQL condition that a person belongs to a district.

        If few people do, the condition lists their ids; otherwise it looks each person up.
        """
        belongs = (schools.c.district_id == district_id, memberships.c.standing == Standing.ACTIVE.value)
        members = select(memberships.c.person_id).join(schools, schools.c.id == memberships.c.school_id)
        holders = select(assignments.c.person_id).where(in_district(district_id))
        some = union_all(members.where(*belongs), holders).limit(FEW + 1)
        found = self.connection.execute(some).scalars().all()
        if len(found) <= FEW:
            return persons.c.id.in_(set(found))
        # The offset makes PostgreSQL check each person found, rather than collect all members first.
        at_once: ColumnElement[int] = literal_column("0")
        member = members.where(memberships.c.person_id == persons.c.id, *belongs).offset(at_once)
        holder = holders.where(assignments.c.person_id == persons.c.id).offset(at_once)
        return or_(member.exists(), holder.exists())

    def rights(self, person_id: str, district_id: str | None) -> Rights:
        """Return what a person's roles in a district and the system allow; without one, only the system's."""
        found = _RIGHTS.rows(self.connection, person=person_id, district=district_id or "-")
        return Rights.of(row.role for row in found)

    def roles(self, district_id: str | None) -> Sequence[DistrictRole]:
        """List who has which role in a district, by name; without a district, the system's."""
        query = (
            select(persons.c.id, persons.c.name, persons.c.zone, assignments.c.role)
            .join(assignments, assignments.c.person_id == persons.c.id)
            .where(in_district(district_id) if district_id else IN_SYSTEM)
            .order_by(persons.c.search_name, persons.c.id, assignments.c.role)
        )
        return [DistrictRole(Person(*row[:3]), row.role) for row in self.connection.execute(query)]

    def assign(self, person_id: str, role: str, district_id: str, *, by: str | None, at: datetime) -> bool:
        """Give a role in a district; False if the person already had it."""
        row = {
            "person_id": person_id,
            "scope_kind": ScopeKind.DISTRICT.value,
            "scope_id": district_id,
            "role": role,
            "granted_by": by,
            "granted_at": at,
        }
        return insert_new(self.connection, assignments, row)

    def unassign(self, person_id: str, role: str, district_id: str) -> bool:
        """Take a role in a district away; False if the person did not have it."""
        own = (assignments.c.person_id == person_id, assignments.c.role == role, in_district(district_id))
        return changed(self.connection, delete(assignments).where(*own))

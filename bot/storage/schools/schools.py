"""The repository of schools."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from bot.core.rights.actors import WorkspaceKey
from bot.core.rights.roles import ScopeKind
from bot.core.schools.schools import Approval, School, SchoolAccess
from bot.core.values import asdict, dataclass
from bot.storage.people.rows import ACTIVE
from bot.storage.statements import Row, Statement, changed, contains, insert_new, like, without_key
from bot.storage.tables import assignments, memberships, schools, workspace_schools, workspaces
from bot.storage.workspaces.workspaces import LINK_ACTIVE, THIS_WORKSPACE, key_values

_FOUND = select(schools).where(schools.c.id == bindparam("of"))
_BY_ID = Statement(_FOUND)
# FOR KEY SHARE, which each INSERT of a row that refers to the school takes, too: only `_CLOSE` waits for it.
HOLD: dict[str, Any] = {"key_share": True, "read": True}
_HELD = Statement(_FOUND.with_for_update(**HOLD))
_ID = select(schools.c.id).where(schools.c.id == bindparam("of"))
# FOR NO KEY UPDATE: units that only refer to the school do not wait for it, and so cannot deadlock.
_LOCK = Statement(_ID.with_for_update(key_share=True))
_CLOSE = Statement(_ID.with_for_update())
_LINKED = Statement(
    select(schools)
    .join(workspace_schools, workspace_schools.c.school_id == schools.c.id)
    .join(workspaces, workspaces.c.id == workspace_schools.c.workspace_id)
    .where(*THIS_WORKSPACE, LINK_ACTIVE, schools.c.archived_at.is_(None))
    .order_by(schools.c.search_name)
)
_OF_PERSON = Statement(
    select(schools)
    .join(memberships, memberships.c.school_id == schools.c.id)
    .where(
        memberships.c.person_id == bindparam("person"),
        ACTIVE,
        schools.c.archived_at.is_(None),
    )
    .order_by(schools.c.search_name)
)


@lru_cache(maxsize=1024)  # schools are read far more often than they change
def school_of(row: Row) -> School:
    """Return the school that a row holds, or the part of a row that has all columns of the table in order."""
    kept = dict(zip(schools.c.keys(), row, strict=True))
    del kept["search_name"]
    kept["access"], kept["approval"] = SchoolAccess(kept["access"]), Approval(kept["approval"])
    return School(**kept)


def _row(school: School) -> dict[str, Any]:
    row = asdict(school)
    row["access"], row["approval"] = school.access.value, school.approval.value
    return {**row, "search_name": school.name.casefold()}


@dataclass(frozen=True, slots=True)
class SqlSchools:
    """Schools in the database."""

    connection: Connection

    def add(self, school: School) -> bool:
        """Add a school; False if its district already has a school of that name."""
        return insert_new(self.connection, schools, _row(school))

    def save(self, school: School) -> bool:
        """Store a school's settings; False if its district has another school of that name."""
        query = update(schools).where(schools.c.id == school.id).values(**without_key(schools, _row(school)))
        try:
            with self.connection.begin_nested():  # the unit goes on if the unique index refuses
                self.connection.execute(query)
        except IntegrityError:
            return False
        return True

    def by_id(self, school_id: str) -> School | None:
        """Return the school with this id."""
        row = _BY_ID.row(self.connection, of=school_id)
        return school_of(row) if row else None

    def hold(self, school_id: str) -> School | None:
        """Return a school and keep it from being archived until this unit ends; only for units that write."""
        row = _HELD.row(self.connection, of=school_id)
        return school_of(row) if row else None

    def lock(self, school_id: str, *, closing: bool = False) -> None:
        """Make other units that lock this school wait until this one ends; do nothing in a reading unit."""
        # SQLite has one writer, and ignores FOR UPDATE. A reader must not hold up others, and needs no lock.
        if not self.connection.get_execution_options().get("postgresql_readonly"):
            (_CLOSE if closing else _LOCK).rows(self.connection, of=school_id)

    def set_primary(self, school_id: str, person_id: str, *, expected: str | None) -> bool:
        """Make a person the Primary Admin if `expected` still is; False otherwise."""
        query = (
            update(schools)
            .where(schools.c.id == school_id, schools.c.primary_admin_id.is_not_distinct_from(expected))
            .values(primary_admin_id=person_id)
        )
        return changed(self.connection, query)

    def linked_to(self, key: WorkspaceKey) -> Sequence[School]:
        """List the schools that a workspace serves, by name."""
        return [school_of(row) for row in _LINKED.rows(self.connection, **key_values(key))]

    def of_person(self, person_id: str) -> Sequence[School]:
        """List the schools where a person is an active member, by name."""
        return [school_of(row) for row in _OF_PERSON.rows(self.connection, person=person_id)]

    def find_public(
        self, text: str, limit: int, *, after: School | None = None, whole: bool = False
    ) -> Sequence[School]:
        """List by name the public schools whose name contains a text, or equals it if `whole`."""
        name, wanted = schools.c.search_name, text.casefold()
        query = (
            select(schools)
            .where(
                schools.c.access == SchoolAccess.PUBLIC.value,
                schools.c.archived_at.is_(None),
                name == wanted if whole else like(name, contains(wanted)),
            )
            .order_by(name, schools.c.id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(tuple_(name, schools.c.id) > (after.name.casefold(), after.id))
        return [school_of(row) for row in self.connection.execute(query)]

    def overseen(
        self,
        person_id: str | None,
        text: str,
        limit: int,
        *,
        whole: bool = False,
        archived: bool | None = False,
    ) -> Sequence[School]:
        """List by name the schools in whose district a person has a role; all of them without a person."""
        query = select(schools).order_by(schools.c.search_name, schools.c.id).limit(limit)
        if person_id is not None:
            above = and_(
                assignments.c.person_id == person_id,
                assignments.c.scope_kind == ScopeKind.DISTRICT.value,
            )
            query = query.where(schools.c.district_id.in_(select(assignments.c.scope_id).where(above)))
        if archived is not None:
            away = schools.c.archived_at
            query = query.where(away.is_not(None) if archived else away.is_(None))
        name = schools.c.search_name
        if whole:
            query = query.where(name == text.casefold())
        elif text:
            query = query.where(like(name, contains(text.casefold())))
        return [school_of(row) for row in self.connection.execute(query)]

"""What the OneRoster source of a district last said, and what the sync gave for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, insert, select, update

from bot.core.oneroster.model import (
    DistrictMembership,
    Grant,
    KnownUser,
    Mark,
    Org,
)
from bot.core.rights.roles import ScopeKind
from bot.core.values import dataclass
from bot.storage.oneroster.rows import membership_of
from bot.storage.people.rows import ACTIVE
from bot.storage.schools.places import schools_below
from bot.storage.statements import Row, batches, changed, encode_texts
from bot.storage.tables import (
    assignments,
    memberships,
    oneroster_grants,
    oneroster_marks,
    oneroster_orgs,
    oneroster_role_map,
    oneroster_users,
    person_emails,
)

_U, _K = oneroster_users.c, oneroster_marks.c
_M, _A = memberships.c, assignments.c


@dataclass(frozen=True, slots=True)
class SqlOneRosterKnown:
    """What OneRoster sources last said, in the database."""

    connection: Connection

    def orgs(self, district_id: str) -> Mapping[str, Org]:
        """Return the organisations that a source listed, by the source's ids."""
        rows = self._all(oneroster_orgs, district_id)
        return {one.id: Org(one.name, one.identifier, one.kind, one.school_id, one.chosen) for one in rows}

    def put_orgs(self, district_id: str, orgs: Mapping[str, Org]) -> None:
        """Store organisations, in place of the earlier rows with these ids."""
        self._put(oneroster_orgs, district_id, {key: one._asdict() for key, one in orgs.items()})

    def drop_orgs(self, district_id: str, ids: Collection[str]) -> None:
        """Delete organisations."""
        self._drop(oneroster_orgs, district_id, ids)

    def users(self, district_id: str) -> Mapping[str, KnownUser]:
        """Return the users that a source listed, by the source's ids."""
        query = (
            select(_U.id, _U.person_id, _U.active, _U.told, person_emails.c.address)
            .outerjoin(person_emails, person_emails.c.person_id == _U.person_id)
            .where(_U.district_id == district_id)
        )
        rows = self.connection.execute(query)
        return {one.id: KnownUser(one.person_id, one.active, one.told, one.address or "") for one in rows}

    def put_users(self, district_id: str, users: Mapping[str, KnownUser]) -> None:
        """Store users, in place of the earlier rows with these ids; `email` is stored with the person."""
        rows = {
            key: {"person_id": one.person_id, "active": one.active, "told": one.told}
            for key, one in users.items()
        }
        self._put(oneroster_users, district_id, rows)

    def drop_users(self, district_id: str, ids: Collection[str]) -> None:
        """Delete users."""
        self._drop(oneroster_users, district_id, ids)

    def grants(self, district_id: str) -> Mapping[str, Grant]:
        """Return the roles that a source listed, by the source's ids."""
        return {
            one.id: Grant(one.user, one.org, one.role, one.begins, one.ends)
            for one in self._all(oneroster_grants, district_id)
        }

    def put_grants(self, district_id: str, grants: Mapping[str, Grant]) -> None:
        """Store roles, in place of the earlier rows with these ids."""
        self._put(oneroster_grants, district_id, {key: one._asdict() for key, one in grants.items()})

    def drop_grants(self, district_id: str, ids: Collection[str]) -> None:
        """Delete roles."""
        self._drop(oneroster_grants, district_id, ids)

    def roles(self, district_id: str) -> Mapping[str, str]:
        """Return which of our roles a district has chosen for the roles of its source."""
        return {one.source: one.role for one in self._all(oneroster_role_map, district_id)}

    def set_role(self, district_id: str, source: str, role: str) -> None:
        """Store which of our roles stands for a role of a source."""
        own = and_(oneroster_role_map.c.district_id == district_id, oneroster_role_map.c.source == source)
        if not changed(self.connection, update(oneroster_role_map).where(own).values(role=role)):
            row = {"district_id": district_id, "source": source, "role": role}
            self.connection.execute(insert(oneroster_role_map), row)

    def memberships(self, district_id: str) -> Sequence[DistrictMembership]:
        """List all memberships in a district's unarchived schools, with what the sync gave them."""
        own = schools_below(district_id)
        given: dict[tuple[str, str], list[str]] = {}
        held = select(_A.person_id, _A.scope_id, _A.role).where(
            _A.scope_kind == ScopeKind.SCHOOL.value, _A.scope_id.in_(own)
        )
        for person, school, role in self.connection.execute(held):
            given.setdefault((person, school), []).append(role)
        query = (
            select(
                _M.id, _M.person_id, _M.school_id, _M.access, ACTIVE.label("active"),
                person_emails.c.key, _K.made, _K.roles, _K.was, _K.by_default,
            )
            .outerjoin(person_emails, person_emails.c.person_id == _M.person_id)
            .outerjoin(oneroster_marks, _K.membership_id == _M.id)
            .where(_M.school_id.in_(own))
        )  # fmt: skip
        return [
            membership_of(one, sorted(given.get((one.person_id, one.school_id), ())))
            for one in self.connection.execute(query)
        ]

    def mark(self, district_id: str, marks: Mapping[str, Mark]) -> None:
        """Store what the sync gave memberships; delete the marks of memberships that no longer exist."""
        gone = ~exists().where(_M.id == _K.membership_id)
        self.connection.execute(delete(oneroster_marks).where(_K.district_id == district_id, gone))
        for some in batches(sorted(marks)):
            self.connection.execute(delete(oneroster_marks).where(_K.membership_id.in_(some)))
        rows = [
            {
                "membership_id": key,
                "district_id": district_id,
                "made": one.made,
                "roles": encode_texts(one.roles),
                "was": one.was,
                "by_default": one.by_default,
                "leaving": False,
            }
            for key, one in marks.items()
        ]
        if rows:
            self.connection.execute(insert(oneroster_marks), rows)

    def unmark(self, membership_id: str) -> None:
        """Forget that the source deactivated a membership, because a person has changed it since."""
        own = update(oneroster_marks).where(_K.membership_id == membership_id)
        self.connection.execute(own.values(was=None))

    def set_leaving(self, district_id: str, membership_ids: Collection[str]) -> None:
        """Note which memberships the source has removed, in place of those noted before."""
        noted = update(oneroster_marks).where(_K.district_id == district_id, _K.leaving)
        self.connection.execute(noted.values(leaving=False))
        for some in batches(sorted(membership_ids)):
            own = update(oneroster_marks).where(_K.membership_id.in_(some))
            self.connection.execute(own.values(leaving=True))

    def leaving_schools(self, district_id: str) -> Sequence[str]:
        """List the schools with memberships that the source has removed."""
        query = (
            select(_M.school_id)
            .distinct()
            .join(oneroster_marks, _K.membership_id == _M.id)
            .where(_K.district_id == district_id, _K.leaving)
            .order_by(_M.school_id)
        )
        return self.connection.execute(query).scalars().all()

    def leaving(self, district_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        """List the ids of active members whom the source has removed from a school, after the id `after`."""
        query = (
            select(_M.person_id)
            .join(oneroster_marks, _K.membership_id == _M.id)
            .where(_K.district_id == district_id, _K.leaving, _M.school_id == school_id)
            .where(ACTIVE, _M.person_id > after)
            .order_by(_M.person_id)
            .limit(limit)
        )
        return self.connection.execute(query).scalars().all()

    def absorb(self, source_id: str, target_id: str) -> None:
        """Move the source's users to the target, who is the same person."""
        own = update(oneroster_users).where(_U.person_id == source_id)
        self.connection.execute(own.values(person_id=target_id))

    def about(self, person_ids: Collection[str]) -> Sequence[Mapping[str, object]]:
        """List what sources said about persons, by district, with their roles there."""
        shown = (_U.district_id, _U.id, _U.active)
        query = select(*shown).where(_U.person_id.in_(sorted(person_ids))).order_by(_U.district_id, _U.id)
        return [
            {**row._asdict(), "roles": self._roles_of(row.district_id, row.id)}
            for row in self.connection.execute(query).all()
        ]

    def _roles_of(self, district_id: str, user: str) -> list[dict[str, str]]:
        grants = oneroster_grants.c
        query = select(grants.org, grants.role).where(grants.district_id == district_id, grants.user == user)
        rows = self.connection.execute(query.order_by(grants.org, grants.role))
        return [{"organisation": row.org, "role": row.role} for row in rows]

    def forget(self, person_ids: Collection[str]) -> None:
        """Delete what sources said about persons."""
        theirs = _U.person_id.in_(sorted(person_ids))
        for row in self.connection.execute(select(_U.district_id, _U.id).where(theirs)).all():
            grants = oneroster_grants.c
            own = and_(grants.district_id == row.district_id, grants.user == row.id)
            self.connection.execute(delete(oneroster_grants).where(own))
        self.connection.execute(delete(oneroster_users).where(theirs))

    def _all(self, table: Table, district_id: str) -> Iterable[Row]:
        return self.connection.execute(select(table).where(table.c.district_id == district_id))

    def _put(self, table: Table, district_id: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._drop(table, district_id, rows)
        if rows:
            made = [{"district_id": district_id, "id": key, **row} for key, row in rows.items()]
            self.connection.execute(insert(table), made)

    def _drop(self, table: Table, district_id: str, ids: Collection[str]) -> None:
        for some in batches(sorted(ids)):
            own = and_(table.c.district_id == district_id, table.c.id.in_(some))
            self.connection.execute(delete(table).where(own))

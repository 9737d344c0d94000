"""Imports of rosters: their steps, how far each has come, and what is known of all persons at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from bot.core.holdings import ERASED
from bot.core.members import Access, Standing, Visibility
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import KIND, Kind, RosterImport, Sent, State, Step, Why
from bot.core.rosters.known import Known
from bot.storage import roster_known, roster_writing
from bot.storage.roster_rows import (
    NAMES,
    NEW,
    ORDER,
    SETTLE,
    STAGE,
    import_of,
    new_row,
    row_of,
    settled,
    step_of,
    values_of,
)
from bot.storage.statements import Statement, batches, changed, insert_new, text_of, tuple_of
from bot.storage.stuck import not_put_off
from bot.storage.tables import (
    invitation_grants,
    invitations,
    memberships,
    person_emails,
    persons,
    roster_imports,
    roster_rows,
)

_I, _R = roster_imports.c, roster_rows.c
_WORK = _I.state.in_([State.WAITING.value, State.INVITING.value])
# So many old steps are deleted in a unit.
_PURGED = 5000
_FORGOTTEN = {
    "before": None,
    **dict.fromkeys(
        (
            "email",
            "email_key",
            "search_name",
            "content_areas",
            "grade_levels",
            "middle_initial",
            "educator_id",
        ),
        "",
    ),
    **dict.fromkeys(("first_name", "last_name"), ERASED),
}
_ABOUT = (
    *(_R.import_id, _R.school_id, _R.kind, _R.why, _R.email, _R.first_name, _R.last_name, _R.content_areas),
    *(_R.grade_levels, _R.middle_initial, _R.educator_id, _R.roles, _R.roles_before, _R.before),
)
# As the index has it: a value would hide from the planner that it fits.
_TO_INVITE = and_(text("sent <> ''"), _R.sent == Sent.WANTED.value)
_ACTIVE = and_(
    memberships.c.standing == Standing.ACTIVE.value,
    memberships.c.access == Access.OK.value,
    memberships.c.visibility == Visibility.LISTED.value,
)
_MET = Statement(
    select(roster_rows, person_emails.c.person_id.label("whose"))
    .join(person_emails, person_emails.c.key == _R.email_key)
    .where(
        _R.import_id == bindparam("of"),
        _R.number > bindparam("after"),
        _R.number <= bindparam("until"),
        _R.place > 0,
    )
    .order_by(_R.number)
)
_other = roster_rows.alias()
_ABSENT = Statement(
    select(memberships.c.person_id)
    .where(
        memberships.c.school_id == bindparam("school"),
        memberships.c.person_id > bindparam("after"),
        _ACTIVE,
        ~exists().where(
            _other.c.person_id == memberships.c.person_id,
            _other.c.import_id == bindparam("of"),
            _other.c.place > 0,
        ),
    )
    .order_by(memberships.c.person_id)
    .limit(bindparam("most"))
)

_BY = (
    _R.school_id,
    _R.kind,
    _R.why,
    case((_R.place > 0, 1), else_=0).label("placed"),
    case((_R.fresh == 1, _R.roles), else_="[]").label("gets"),
)
_TALLY = Statement(
    select(*_BY, func.count().label("number")).where(_R.import_id == bindparam("of")).group_by(*_BY)
)


def _free(worker: str, now: datetime) -> ColumnElement[bool]:
    return or_(_I.claimed_until.is_(None), _I.claimed_until <= now, _I.claimed_by == worker)


@dataclass(frozen=True, slots=True)
class SqlRosters:
    """Imports of rosters in the database."""

    connection: Connection
    now: datetime

    def _all(self, query: Select[Any]) -> Sequence[Any]:
        return self.connection.execute(query).scalars().all()

    def _one(self, *which: ColumnElement[bool]) -> RosterImport | None:
        row = self.connection.execute(select(roster_imports).where(*which)).one_or_none()
        return import_of(row) if row else None

    def add(self, roster: RosterImport) -> bool:
        """Add an import; False if it undoes what another import undoes already."""
        return insert_new(self.connection, roster_imports, values_of(roster))

    def save(self, roster: RosterImport, *, expected: State) -> bool:
        """Store how far an import is, if it still is as far as expected."""
        same = (_I.id == roster.id, _I.state == expected.value)
        return changed(self.connection, update(roster_imports).where(*same).values(**values_of(roster)))

    def by_id(self, import_id: str) -> RosterImport | None:
        """Find an import."""
        return self._one(_I.id == import_id)

    def lock(self, import_id: str) -> None:
        """Let no other unit that locks this import go on before this one ends."""
        self.connection.execute(select(_I.id).where(_I.id == import_id).with_for_update())

    def undone_by(self, import_id: str) -> RosterImport | None:
        """Find the import that undoes an import."""
        return self._one(_I.undoes == import_id)

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence[RosterImport]:
        """List a school's imports that were applied, newest first."""
        query = select(roster_imports).where(_I.school_id == school_id, _I.state != State.PLANNED.value)
        if after is not None:
            query = query.where(_I.id < after)
        return [import_of(row) for row in self.connection.execute(query.order_by(_I.id.desc()).limit(limit))]

    def waiting(self, worker: str, now: datetime) -> str | None:
        """Find the oldest import with work to do that no other worker has at this moment."""
        free = (_WORK, _free(worker, now), not_put_off(KIND, _I.id))
        query = select(_I.id).where(*free).order_by(_I.id).limit(1)
        return self.connection.execute(query, {"now": now}).scalar_one_or_none()

    def claim(self, import_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Take an import with work to do, or keep it; False while another worker has it, or where none is.

        On PostgreSQL the row stays locked until the unit ends: two workers are never in one import.
        """
        taken = update(roster_imports).where(_I.id == import_id, _WORK, _free(worker, now))
        return changed(self.connection, taken.values(claimed_by=worker, claimed_until=until))

    def stage_new(self, import_id: str, steps: Iterable[Step]) -> None:
        """Store steps about people whom nobody knows."""
        STAGE.many(self.connection, NEW, (new_row(import_id, one) for one in steps))

    def stage(self, import_id: str, steps: Iterable[Step]) -> None:
        """Store steps of an import."""
        STAGE.many(self.connection, NAMES, (row_of(import_id, one) for one in steps))

    def settle(self, import_id: str, steps: Iterable[Step]) -> None:
        """Store what steps do, in place of what they were to do."""
        SETTLE.many(self.connection, ORDER, [settled(import_id, one) for one in steps])

    def unstage(self, import_id: str) -> None:
        """Delete the steps of an import."""
        self.connection.execute(delete(roster_rows).where(_R.import_id == import_id))

    def absorb(self, source_id: str, target_id: str) -> None:
        """Let steps about one person be about another, who has proved to be them."""
        mine = update(roster_rows).where(_R.person_id == source_id)
        self.connection.execute(mine.values(person_id=target_id))

    def forget(self, person_id: str) -> None:
        """Delete what steps say of a person."""
        self.connection.execute(update(roster_rows).where(_R.person_id == person_id).values(**_FORGOTTEN))

    def about(self, person_id: str, school_id: str | None) -> Sequence[Mapping[str, object]]:
        """List what imports did to a person, in one school or in all."""
        mine = select(*_ABOUT).where(_R.person_id == person_id).order_by(_R.import_id, _R.number)
        if school_id is not None:
            mine = mine.where(_R.school_id == school_id)
        return [row._asdict() for row in self.connection.execute(mine)]

    def drop(self, import_id: str) -> None:
        """Delete an import with its steps."""
        self.unstage(import_id)
        self.connection.execute(delete(roster_imports).where(_I.id == import_id))

    def drop_plan(self, before: datetime) -> bool:
        """Delete the oldest plan made before a moment that nobody has applied; False if there is none."""
        old = select(_I.id).where(_I.state == State.PLANNED.value, _I.created_at < before)
        oldest = self.connection.execute(old.order_by(_I.id).limit(1)).scalar_one_or_none()
        if oldest is not None:
            self.drop(oldest)
        return oldest is not None

    def steps(
        self, import_id: str, *, kinds: Collection[Kind] = (), after: int = 0, limit: int
    ) -> Sequence[Step]:
        """List steps in order, those after a number; of some kinds, or all."""
        query = select(roster_rows).where(_R.import_id == import_id, _R.number > after)
        if kinds:
            query = query.where(_R.kind.in_([one.value for one in kinds]))
        return [step_of(row) for row in self.connection.execute(query.order_by(_R.number).limit(limit))]

    def of_person(self, import_id: str, person_id: str) -> Sequence[Step]:
        """List the steps of one person in order."""
        query = select(roster_rows).where(_R.person_id == person_id, _R.import_id == import_id)
        return [step_of(row) for row in self.connection.execute(query.order_by(_R.number))]

    def uninvited(self, import_id: str, limit: int) -> Sequence[Step]:
        """List steps whose person has still to be invited, in order."""
        query = select(roster_rows).where(_R.import_id == import_id, _TO_INVITE)
        return [step_of(row) for row in self.connection.execute(query.order_by(_R.number).limit(limit))]

    def sent(self, import_id: str, person_id: str, sent: Sent, *, now: str, invitation: str) -> None:
        """Store what came of inviting a person: who they are now, and with what invitation."""
        own = (_R.person_id == person_id, _R.import_id == import_id, _R.sent == Sent.WANTED.value)
        values = {"sent": sent.value, "person_id": now, "invitation": invitation}
        self.connection.execute(update(roster_rows).where(*own).values(**values))

    def invited(self, import_id: str) -> Mapping[Sent, int]:
        """Count the persons to invite by what came of it."""
        query = select(_R.sent, func.count(_R.person_id.distinct())).where(
            _R.import_id == import_id, text("sent <> ''")
        )
        return {Sent(sent): number for sent, number in self.connection.execute(query.group_by(_R.sent))}

    def tally(self, import_id: str) -> Sequence[Tally]:
        """Count the steps that are alike."""
        rows = _TALLY.rows(self.connection, of=import_id)
        return [
            Tally(
                row.school_id,
                Kind(row.kind),
                Why(row.why) if row.why else None,
                bool(row.placed),
                tuple_of(row.gets),
                row.number,
            )
            for row in rows
        ]

    def spread(self, import_id: str) -> Mapping[str, Collection[str]]:
        """List the schools of those who are in several steps, by their addresses as they are compared."""
        several_ = select(_R.email_key).where(_R.import_id == import_id, _R.leads == 0, _R.place > 0)
        query = select(_R.email_key, _R.school_id).where(
            _R.import_id == import_id, _R.place > 0, _R.email_key.in_(several_)
        )
        found: defaultdict[str, set[str]] = defaultdict(set)
        for key, school_id in self.connection.execute(query):
            found[key].add(school_id)
        return found

    def met(self, import_id: str, *, after: int, until: int) -> Sequence[tuple[Step, str]]:
        """List the steps, those after a number up to another, whose address is somebody's; with their ids."""
        rows = _MET.rows(self.connection, of=import_id, after=after, until=until)
        return [(step_of(row), row.whose) for row in rows]

    def absent(self, import_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        """List by id the persons who are active in a school and in no step of an import."""
        rows = _ABSENT.rows(self.connection, of=import_id, school=school_id, after=after, most=limit)
        return [row.person_id for row in rows]

    def ids_taken(self, import_id: str, school_ids: Sequence[str], limit: int) -> Sequence[Step]:
        """List the steps with an educator's id that somebody else has in one of these schools."""
        # Put together here: a join would go through the members for each row.
        held: dict[str, str | None] = {}
        members = select(persons.c.educator_id, persons.c.id).join(
            memberships, memberships.c.person_id == persons.c.id
        )
        having = (memberships.c.school_id.in_(school_ids), persons.c.educator_id != "")
        for educator_id, person_id in self.connection.execute(members.where(*having).distinct()):
            held[educator_id] = person_id if educator_id not in held else None
        named = select(_R.number, _R.educator_id, _R.person_id).where(
            _R.import_id == import_id,
            _R.educator_id != "",
            _R.leads == 1,
            _R.kind != Kind.INVITE.value,
        )
        found = self.connection.execute(named.order_by(_R.number))
        taken = [number for number, one, person_id in found if held.get(one, person_id) != person_id][:limit]
        return [step for some in batches(taken) for step in self._numbered(import_id, some)]

    def _numbered(self, import_id: str, numbers: Sequence[int]) -> Sequence[Step]:
        query = select(roster_rows).where(_R.import_id == import_id, _R.number.in_(numbers))
        return [step_of(row) for row in self.connection.execute(query.order_by(_R.number))]

    def invited_to(self, school_ids: Sequence[str]) -> Collection[tuple[str, str]]:
        """List the addresses, as they are compared, that an invitation of one of these schools waits for."""
        waits = (
            invitations.c.email_key != "",
            invitations.c.person_id.is_not(None),
            invitations.c.uses_taken == 0,
            invitations.c.revoked_at.is_(None),
            invitations.c.cleared_at.is_(None),
            invitations.c.declined_at.is_(None),
            or_(invitations.c.expires_at.is_(None), invitations.c.expires_at > self.now),
        )
        grants = invitation_grants.c
        query = (
            select(invitations.c.email_key, grants.school_id)
            .join(invitation_grants, grants.invitation_id == invitations.c.id)
            .where(*waits, grants.school_id.in_(school_ids))
            .distinct()
        )
        return {(key, school_id) for key, school_id in self.connection.execute(query)}

    def known(self, person_ids: Sequence[str]) -> Sequence[Known]:
        """Tell what is known of persons, in the order of their ids; of those who are gone nothing."""
        return roster_known.known(self.connection, person_ids)

    def hold(self, import_id: str) -> None:
        """Let nobody whom an import is about become another, or be edited, before this unit ends."""
        about = select(_R.person_id).where(_R.import_id == import_id)
        query = select(persons.c.id).where(persons.c.id.in_(about)).order_by(persons.c.id)
        if self.connection.dialect.name == "postgresql":  # on SQLite there is one writer anyway
            self.connection.execute(query.with_for_update(key_share=True))

    def write(self, roster: RosterImport, *, by: str | None, at: datetime) -> None:
        """Do all steps of an import, but for invitations: persons, memberships, roles and details."""
        roster_writing.write(self.connection, roster, by=by, at=at)

    def first_with(self, import_id: str, school_id: str, role: str) -> str | None:
        """Find who is the first to get a role in a school."""
        query = (
            select(_R.person_id)
            .where(
                _R.import_id == import_id,
                _R.school_id == school_id,
                _R.kind.in_([Kind.ADD.value, Kind.MOVE.value, Kind.CHANGE.value]),
                _R.roles.contains(text_of((role,))[1:-1], autoescape=True),
            )
            .order_by(_R.number)
            .limit(1)
        )
        return self.connection.execute(query).scalar_one_or_none()

    def _leaving(self, import_id: str) -> tuple[ColumnElement[bool], ...]:
        return (_R.import_id == import_id, _R.kind == Kind.REMOVE.value)

    def inviters(self, import_id: str) -> Sequence[tuple[str, str]]:
        """List who leaves a school and has made invitations for it that are not revoked: school, person."""
        made = exists().where(
            invitations.c.created_by == _R.person_id,
            invitations.c.school_id == _R.school_id,
            invitations.c.revoked_at.is_(None),
        )
        query = select(_R.school_id, _R.person_id).where(*self._leaving(import_id), made)
        return [(one, other) for one, other in self.connection.execute(query.order_by(_R.number))]

    def addressed(self, import_id: str) -> Sequence[str]:
        """List the invitations to a school that wait for somebody who leaves it."""
        query = (
            select(invitations.c.id)
            .join(
                roster_rows,
                and_(
                    invitations.c.person_id == _R.person_id,
                    invitations.c.school_id == _R.school_id,
                ),
            )
            .where(
                *self._leaving(import_id),
                invitations.c.uses_taken == 0,
                invitations.c.revoked_at.is_(None),
                invitations.c.cleared_at.is_(None),
                invitations.c.declined_at.is_(None),
            )
        )
        return self._all(query.order_by(invitations.c.id))


def purge(connection: Connection, import_id: str) -> None:
    """Delete some of an old import's steps, and the import after the last of them."""
    first = connection.execute(
        select(func.min(_R.number)).where(_R.import_id == import_id)
    ).scalar_one_or_none()
    if first is None:
        connection.execute(delete(roster_imports).where(_I.id == import_id))
        return
    some = (_R.import_id == import_id, _R.number < first + _PURGED)
    connection.execute(delete(roster_rows).where(*some))

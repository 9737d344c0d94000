"""Imports of rosters: their steps, how far each has come, and what is known of all persons at once."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
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
    false,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from bot.core.holdings import ERASED
from bot.core.members import Access, Standing, Visibility
from bot.core.people import email_key
from bot.core.roles import ScopeKind, stored
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import KIND, Kind, Missing, Options, RosterImport, Said, Sent, State, Step, Why
from bot.core.rosters.known import Held, Known
from bot.storage import directory, roster_writing
from bot.storage.roles import OF_ASSIGNMENT
from bot.storage.statements import Row, Statement, changed, insert_new, numbered, several
from bot.storage.stuck import not_put_off
from bot.storage.tables import (
    accounts,
    assignments,
    custom_roles,
    invitation_grants,
    invitations,
    memberships,
    person_emails,
    persons,
    roster_imports,
    roster_rows,
    scim_users,
)

_I, _R = roster_imports.c, roster_rows.c
_WORK = _I.state.in_([State.WAITING.value, State.INVITING.value])
# So many persons are asked about in one statement.
_AT_ONCE = 1000
# So many old steps are deleted in a unit.
_PURGED = 5000
_NAMES = tuple(column.name for column in roster_rows.columns)
_SETTLED = (
    "person_id", "kind", "why", "roles", "roles_before", "before", "made", "sent", "fresh",
)  # fmt: skip
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
_STAGE = Statement(insert(roster_rows))
# Of those whom nobody knows there is nothing else to say.
_NEW = tuple(name for name in _NAMES if name not in {"why", "before", "created_at", "joined_at"})
_SETTLE = Statement(
    update(roster_rows)
    .where(_R.import_id == bindparam("of"), _R.number == bindparam("at_number"))
    .values({name: bindparam(f"{name}_now", type_=_R[name].type) for name in _SETTLED})
)
_ORDER = (*(f"{name}_now" for name in _SETTLED), "of", "at_number")
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


@cache
def _people(number: int) -> Statement:
    return Statement(
        select(
            persons.c.id,
            persons.c.name,
            person_emails.c.address,
            persons.c.first_name,
            persons.c.last_name,
            persons.c.content_areas,
            persons.c.grade_levels,
            persons.c.middle_initial,
            persons.c.educator_id,
            exists().where(accounts.c.person_id == persons.c.id).label("has_account"),
        )
        .outerjoin(person_emails, person_emails.c.person_id == persons.c.id)
        .where(persons.c.id.in_(several("id", number)), persons.c.erased_at.is_(None))
        .order_by(persons.c.id)
    )


@cache
def _memberships(number: int) -> Statement:
    return Statement(select(memberships).where(memberships.c.person_id.in_(several("id", number))))


@cache
def _held(number: int) -> Statement:
    return Statement(
        select(
            assignments.c.person_id,
            assignments.c.role,
            assignments.c.scope_kind,
            assignments.c.scope_id,
            custom_roles.c.holds,
            custom_roles.c.may_grant,
        )
        .outerjoin(custom_roles, OF_ASSIGNMENT)
        .where(assignments.c.person_id.in_(several("id", number)))
    )


@cache
def _scim(number: int) -> Statement:
    return Statement(
        select(
            scim_users.c.person_id,
            scim_users.c.district_id,
            scim_users.c.deleted_at.is_(None).label("kept"),
            case((scim_users.c.active.is_(false()), 1), else_=0).label("off"),
        ).where(scim_users.c.person_id.in_(several("id", number)))
    )


@lru_cache(maxsize=4096)
def _text(several_: tuple[str, ...]) -> str:
    return json.dumps(several_, ensure_ascii=False)


@lru_cache(maxsize=4096)
def _tuple(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


@lru_cache(maxsize=4096)
def _one_held(name: str, kind: str, scope_id: str, holds: str | None, may_grant: str | None) -> Held:
    return Held(name, ScopeKind(kind), scope_id, stored(name, holds, may_grant))


def _new_row(import_id: str, step: Step) -> tuple[Any, ...]:
    """Write the step of somebody whom nobody knows, its values in the order of `_NEW`."""
    (number, place, school_id, person_id, kind, said, wanted, roles, before, _, _, made, sent,
     invitation, leads, fresh, _, _) = step  # fmt: skip
    email, first, last, areas, grades, middle, educator = said
    return (
        import_id, number, place, school_id, person_id, kind, email, email_key(email), first, last,
        f"{first} {last}".strip().casefold(), areas, grades, middle, educator, _text(wanted), _text(roles),
        _text(before), made, sent, invitation, leads, fresh,
    )  # fmt: skip


def _row(import_id: str, step: Step) -> tuple[Any, ...]:
    """Write a step as a row, its values in the order of the table's columns."""
    (number, place, school_id, person_id, kind, said, wanted, roles, before, was, why, made, sent,
     invitation, leads, fresh, created_at, joined_at) = step  # fmt: skip
    email, first, last, areas, grades, middle, educator = said
    return (
        import_id, number, place, school_id, person_id, kind, why, email, email_key(email) if place else "",
        first, last, f"{first} {last}".strip().casefold(), areas, grades, middle, educator, _text(wanted),
        _text(roles), _text(before), None if was is None else _text(was), made, sent, invitation,
        int(leads), int(fresh), created_at, joined_at,
    )  # fmt: skip


def _settled(import_id: str, step: Step) -> tuple[Any, ...]:
    before = None if step.before is None else _text(step.before)
    return (
        step.person_id, step.kind, step.why, _text(step.roles), _text(step.roles_before), before, step.made,
        step.sent, int(step.fresh), import_id, step.number,
    )  # fmt: skip


def _step(row: Row) -> Step:
    return Step(
        row.number,
        row.place,
        row.school_id,
        row.person_id,
        Kind(row.kind),
        Said(
            row.email,
            row.first_name,
            row.last_name,
            row.content_areas,
            row.grade_levels,
            row.middle_initial,
            row.educator_id,
        ),
        _tuple(row.wanted),
        _tuple(row.roles),
        _tuple(row.roles_before),
        None if row.before is None else Said(*_tuple(row.before)),
        Why(row.why) if row.why else None,
        row.made,
        Sent(row.sent),
        row.invitation,
        bool(row.leads),
        bool(row.fresh),
        row.created_at,
        row.joined_at,
    )


def _import(row: Row) -> RosterImport:
    return RosterImport(
        row.id,
        row.school_id,
        row.district_id,
        Options(Missing(row.missing), row.move, row.invite),
        State(row.state),
        row.digest,
        row.created_at,
        row.rows,
        row.planned_by,
        row.undoes,
        row.started_by,
        row.front,
        row.started_at,
    )


def _values(roster: RosterImport) -> dict[str, Any]:
    return {
        "id": roster.id,
        "school_id": roster.school_id,
        "district_id": roster.district_id,
        "missing": roster.options.missing.value,
        "move": roster.options.move,
        "invite": roster.options.invite,
        "state": roster.state.value,
        "digest": roster.digest,
        "rows": roster.rows,
        "created_at": roster.created_at,
        "planned_by": roster.planned_by,
        "undoes": roster.undoes,
        "started_by": roster.started_by,
        "front": roster.front,
        "started_at": roster.started_at,
    }


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
        return _import(row) if row else None

    def add(self, roster: RosterImport) -> bool:
        """Add an import; False if it undoes what another import undoes already."""
        return insert_new(self.connection, roster_imports, _values(roster))

    def save(self, roster: RosterImport, *, expected: State) -> bool:
        """Store how far an import is, if it still is as far as expected."""
        same = (_I.id == roster.id, _I.state == expected.value)
        return changed(self.connection, update(roster_imports).where(*same).values(**_values(roster)))

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
        return [_import(row) for row in self.connection.execute(query.order_by(_I.id.desc()).limit(limit))]

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
        _STAGE.many(self.connection, _NEW, (_new_row(import_id, one) for one in steps))

    def stage(self, import_id: str, steps: Iterable[Step]) -> None:
        """Store steps of an import."""
        _STAGE.many(self.connection, _NAMES, (_row(import_id, one) for one in steps))

    def settle(self, import_id: str, steps: Iterable[Step]) -> None:
        """Store what steps do, in place of what they were to do."""
        _SETTLE.many(self.connection, _ORDER, [_settled(import_id, one) for one in steps])

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

    def drop_plans(self, before: datetime) -> None:
        """Delete the plans made before a moment that nobody has applied."""
        for old in self._all(select(_I.id).where(_I.state == State.PLANNED.value, _I.created_at < before)):
            self.drop(old)

    def steps(
        self, import_id: str, *, kinds: Collection[Kind] = (), after: int = 0, limit: int
    ) -> Sequence[Step]:
        """List steps in order, those after a number; of some kinds, or all."""
        query = select(roster_rows).where(_R.import_id == import_id, _R.number > after)
        if kinds:
            query = query.where(_R.kind.in_([one.value for one in kinds]))
        return [_step(row) for row in self.connection.execute(query.order_by(_R.number).limit(limit))]

    def of_person(self, import_id: str, person_id: str) -> Sequence[Step]:
        """List the steps of one person in order."""
        query = select(roster_rows).where(_R.person_id == person_id, _R.import_id == import_id)
        return [_step(row) for row in self.connection.execute(query.order_by(_R.number))]

    def uninvited(self, import_id: str, limit: int) -> Sequence[Step]:
        """List steps whose person has still to be invited, in order."""
        query = select(roster_rows).where(_R.import_id == import_id, _TO_INVITE)
        return [_step(row) for row in self.connection.execute(query.order_by(_R.number).limit(limit))]

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
                _tuple(row.gets),
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
        return [(_step(row), row.whose) for row in rows]

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
        parts = (taken[first : first + _AT_ONCE] for first in range(0, len(taken), _AT_ONCE))
        return [step for part in parts for step in self._numbered(import_id, part)]

    def _numbered(self, import_id: str, numbers: Sequence[int]) -> Sequence[Step]:
        query = select(roster_rows).where(_R.import_id == import_id, _R.number.in_(numbers))
        return [_step(row) for row in self.connection.execute(query.order_by(_R.number))]

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
        found: list[Known] = []
        for start in range(0, len(person_ids), _AT_ONCE):
            some = list(person_ids[start : start + _AT_ONCE])
            found += self._known(numbered("id", some + some[-1:] * (_AT_ONCE - len(some))))
        return found

    def _known(self, ids: dict[str, str]) -> Iterator[Known]:
        ask = self.connection
        memberships_: defaultdict[str, list[Any]] = defaultdict(list)
        for row in _memberships(_AT_ONCE).rows(ask, **ids):
            memberships_[row.person_id].append(directory.membership(row))
        held: defaultdict[str, list[Held]] = defaultdict(list)
        for row in _held(_AT_ONCE).rows(ask, **ids):
            held[row[0]].append(_one_held(*row[1:]))
        scim: defaultdict[str, set[str]] = defaultdict(set)
        off: defaultdict[str, set[str]] = defaultdict(set)
        for person_id, district_id, kept, is_off in _scim(_AT_ONCE).rows(ask, **ids):
            if kept:
                scim[person_id].add(district_id)
            if is_off:
                off[person_id].add(district_id)
        for person_id, name, *said, has_account in _people(_AT_ONCE).rows(ask, **ids):
            yield Known(
                person_id,
                name,
                Said(*(one or "" for one in said)),
                tuple(sorted(memberships_[person_id], key=lambda one: one.id)),
                tuple(sorted(held[person_id], key=lambda one: one[:3])),
                bool(has_account),
                frozenset(scim[person_id]),
                frozenset(off[person_id]),
            )

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
                _R.roles.contains(_text((role,))[1:-1], autoescape=True),
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

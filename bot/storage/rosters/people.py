"""Matches the people of a roster import with the persons who are known."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, or_, select

from bot.core.rosters.imports import RosterDetails, Step, StepKind
from bot.core.rosters.known import KnownPerson
from bot.core.values import dataclass
from bot.storage.invitations.states import UNANSWERED
from bot.storage.people.rows import ACTIVE
from bot.storage.rosters import known as roster_known
from bot.storage.rosters.rows import step_of
from bot.storage.statements import Statement, batches
from bot.storage.tables import (
    invitation_grants,
    invitations,
    memberships,
    person_emails,
    persons,
    roster_rows,
)

_R = roster_rows.c
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
        ACTIVE,
        ~exists().where(
            _other.c.person_id == memberships.c.person_id,
            _other.c.import_id == bindparam("of"),
            _other.c.school_id == memberships.c.school_id,
            _other.c.place > 0,
        ),
    )
    .order_by(memberships.c.person_id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class SqlRosterPeople:
    """The persons whom the steps of imports are about, in the database."""

    connection: Connection
    now: datetime

    def matching(self, import_id: str, *, after: int, until: int) -> Sequence[tuple[Step, str]]:
        """List the steps in a range of numbers whose address is a known person's, with the person's id."""
        rows = _MET.rows(self.connection, of=import_id, after=after, until=until)
        return [(step_of(row), row.whose) for row in rows]

    def absent(self, import_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        """List the active members of a school whom no row names there, by their ids, after the id `after`."""
        rows = _ABSENT.rows(self.connection, of=import_id, school=school_id, after=after, most=limit)
        return [row.person_id for row in rows]

    def ids_taken(self, import_id: str, school_ids: Sequence[str], limit: int) -> Sequence[Step]:
        """List the steps with an educator id that another person in one of these schools has."""
        # Matched here, because a join would go through the members for each row.
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
            _R.kind != StepKind.INVITE.value,
        )
        found = self.connection.execute(named.order_by(_R.number))
        taken = [number for number, one, person_id in found if held.get(one, person_id) != person_id][:limit]
        return [step for some in batches(taken) for step in self._numbered(import_id, some)]

    def _numbered(self, import_id: str, numbers: Sequence[int]) -> Sequence[Step]:
        query = select(roster_rows).where(_R.import_id == import_id, _R.number.in_(numbers))
        return [step_of(row) for row in self.connection.execute(query.order_by(_R.number))]

    def invited_to(self, school_ids: Sequence[str]) -> Collection[tuple[str, str]]:
        """Return, as (address, school), the normalised addresses with an open invitation to these schools."""
        waits = (
            invitations.c.email_key != "",
            UNANSWERED,
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

    def details(self, person_ids: Sequence[str]) -> Mapping[str, RosterDetails]:
        """Return the details of persons that a roster can contain, by id, without erased persons."""
        return roster_known.details(self.connection, person_ids)

    def known(self, person_ids: Sequence[str]) -> Sequence[KnownPerson]:
        """Return what an import needs to know about persons, without erased ones."""
        return roster_known.known(self.connection, person_ids)

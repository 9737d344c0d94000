"""The steps of roster imports, and what an import does with them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    text,
    update,
)

from bot.core.people.holdings import ERASED
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import RosterImport, Sent, Step, StepKind, StepReason
from bot.core.values import dataclass
from bot.storage.invitations.states import UNANSWERED
from bot.storage.rosters import writing as roster_writing
from bot.storage.rosters.rows import (
    NAMES,
    NEW_NAMES,
    SETTLE,
    SETTLE_NAMES,
    STAGE,
    new_row,
    row_of,
    settle_values,
    step_of,
)
from bot.storage.statements import Statement, decode_texts, encode_texts, unindexed
from bot.storage.tables import invitation_grants, invitations, persons, roster_rows

_R = roster_rows.c
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
# In the words of the partial index: with a bound parameter the planner would not use it.
_TO_INVITE = and_(text("sent <> ''"), _R.sent == Sent.WANTED.value)

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


@dataclass(frozen=True, slots=True)
class SqlRosterSteps:
    """The steps of imports in the database."""

    connection: Connection

    def stage_new(self, import_id: str, steps: Iterable[Step]) -> None:
        """Store steps about unknown people."""
        STAGE.many(self.connection, NEW_NAMES, (new_row(import_id, one) for one in steps))

    def stage(self, import_id: str, steps: Iterable[Step]) -> None:
        """Store steps of an import."""
        STAGE.many(self.connection, NAMES, (row_of(import_id, one) for one in steps))

    def settle(self, import_id: str, steps: Iterable[Step]) -> None:
        """Update what stored steps do."""
        SETTLE.many(self.connection, SETTLE_NAMES, [settle_values(import_id, one) for one in steps])

    def unstage(self, import_id: str) -> None:
        """Delete the steps of an import."""
        self.connection.execute(delete(roster_rows).where(_R.import_id == import_id))

    def absorb(self, source_id: str, target_id: str) -> None:
        """Move the source's steps to the target, who is the same person."""
        mine = update(roster_rows).where(_R.person_id == source_id)
        self.connection.execute(mine.values(person_id=target_id))

    def forget(self, person_id: str) -> None:
        """Delete the details that steps hold about a person."""
        self.connection.execute(update(roster_rows).where(_R.person_id == person_id).values(**_FORGOTTEN))

    def about(self, person_id: str, school_id: str | None) -> Sequence[Mapping[str, object]]:
        """List what imports did to a person, in one school or in all."""
        mine = select(*_ABOUT).where(_R.person_id == person_id).order_by(_R.import_id, _R.number)
        if school_id is not None:
            mine = mine.where(_R.school_id == school_id)
        return [row._asdict() for row in self.connection.execute(mine)]

    def steps(
        self, import_id: str, *, kinds: Collection[StepKind] = (), after: int = 0, limit: int
    ) -> Sequence[Step]:
        """List an import's steps in order, after the number `after`; of some kinds, or all."""
        query = select(roster_rows).where(_R.import_id == import_id, _R.number > after)
        if kinds:
            query = query.where(_R.kind.in_([one.value for one in kinds]))
        return [step_of(row) for row in self.connection.execute(query.order_by(_R.number).limit(limit))]

    def of_person(self, import_id: str, person_id: str) -> Sequence[Step]:
        """List an import's steps about one person in order."""
        query = select(roster_rows).where(_R.person_id == person_id, _R.import_id == import_id)
        return [step_of(row) for row in self.connection.execute(query.order_by(_R.number))]

    def uninvited(self, import_id: str, limit: int) -> Sequence[Step]:
        """List the steps whose person is still to be invited, in order."""
        query = select(roster_rows).where(_R.import_id == import_id, _TO_INVITE)
        return [step_of(row) for row in self.connection.execute(query.order_by(_R.number).limit(limit))]

    def record_invited(
        self, import_id: str, person_id: str, sent: Sent, *, now: str, invitation: str
    ) -> None:
        """Store the outcome of inviting a person: their present id, and the invitation."""
        own = (_R.person_id == person_id, _R.import_id == import_id, _R.sent == Sent.WANTED.value)
        values = {"sent": sent.value, "person_id": now, "invitation": invitation}
        self.connection.execute(update(roster_rows).where(*own).values(**values))

    def invited(self, import_id: str) -> Mapping[Sent, int]:
        """Count the persons to invite by the outcome."""
        query = select(_R.sent, func.count(_R.person_id.distinct())).where(
            _R.import_id == import_id, text("sent <> ''")
        )
        return {Sent(sent): number for sent, number in self.connection.execute(query.group_by(_R.sent))}

    def tally(self, import_id: str) -> Sequence[Tally]:
        """Count an import's steps by school, kind, reason and roles."""
        rows = _TALLY.rows(self.connection, of=import_id)
        return [
            Tally(
                row.school_id,
                StepKind(row.kind),
                StepReason(row.why) if row.why else None,
                bool(row.placed),
                decode_texts(row.gets),
                row.number,
            )
            for row in rows
        ]

    def schools_by_address(self, import_id: str) -> Mapping[str, Collection[str]]:
        """Return the schools of people who have several steps, by their normalised addresses."""
        several_ = select(_R.email_key).where(_R.import_id == import_id, _R.leads == 0, _R.place > 0)
        query = select(_R.email_key, _R.school_id).where(
            _R.import_id == import_id, _R.place > 0, _R.email_key.in_(several_)
        )
        found: defaultdict[str, set[str]] = defaultdict(set)
        for key, school_id in self.connection.execute(query):
            found[key].add(school_id)
        return found

    def hold(self, import_id: str) -> None:
        """Keep the persons of an import from being merged or edited until this unit ends."""
        about = select(_R.person_id).where(_R.import_id == import_id)
        query = select(persons.c.id).where(persons.c.id.in_(about)).order_by(persons.c.id)
        if self.connection.dialect.name == "postgresql":  # SQLite has one writer
            self.connection.execute(query.with_for_update(key_share=True))

    def apply(self, roster: RosterImport, *, by: str | None, at: datetime) -> None:
        """Apply all steps of an import except invitations: persons, memberships, roles and details."""
        roster_writing.write(self.connection, roster, by=by, at=at)

    def first_to_get(self, import_id: str, school_id: str, role: str) -> str | None:
        """Return the id of the first person to whom an import gives a role in a school."""
        query = (
            select(_R.person_id)
            .where(
                _R.import_id == import_id,
                _R.school_id == school_id,
                _R.kind.in_([StepKind.ADD.value, StepKind.MOVE.value, StepKind.CHANGE.value]),
                _R.roles.contains(encode_texts((role,))[1:-1], autoescape=True),
            )
            .order_by(_R.number)
            .limit(1)
        )
        return self.connection.execute(query).scalar_one_or_none()

    def _leaving(self, import_id: str) -> tuple[ColumnElement[bool], ...]:
        return (_R.import_id == import_id, _R.kind == StepKind.REMOVE.value)

    def inviters(self, import_id: str) -> Sequence[tuple[str, str]]:
        """List, as (school, person), who leaves a school and has unrevoked invitations to it."""
        made = exists().where(
            invitations.c.created_by == _R.person_id,
            unindexed(invitations.c.school_id) == _R.school_id,
            invitations.c.revoked_at.is_(None),
        )
        query = select(_R.school_id, _R.person_id).where(*self._leaving(import_id), made)
        return [(one, other) for one, other in self.connection.execute(query.order_by(_R.number))]

    def invitees(self, import_id: str) -> Sequence[tuple[str, str]]:
        """List, as (school, person), who leaves a school to which an unanswered invitation invites them."""
        offered = exists().where(
            invitations.c.person_id == _R.person_id,
            UNANSWERED,
            invitation_grants.c.invitation_id == invitations.c.id,
            unindexed(invitation_grants.c.school_id) == _R.school_id,
        )
        query = select(_R.school_id, _R.person_id).where(*self._leaving(import_id), offered)
        return [(one, other) for one, other in self.connection.execute(query.order_by(_R.number))]

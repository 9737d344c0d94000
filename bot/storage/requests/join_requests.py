"""Join requests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Integer, and_, bindparam, select, text, update

from bot.core.name_matching import fold_name
from bot.core.people.people_filter import PeopleFilter
from bot.core.requests.join_requests import KIND, JoinRequest, RequestState
from bot.core.requests.questions import Answer
from bot.core.rights.actors import AccountKey, WorkspaceKey
from bot.core.values import dataclass
from bot.storage.people.searching import Search
from bot.storage.statements import Row, Statement, changed, contains, like, unindexed
from bot.storage.stuck import not_put_off
from bot.storage.tables import join_requests as table
from bot.storage.tables import memberships, persons

_ADD = Statement(table.insert())
_BY_ID = Statement(select(table).where(table.c.id == bindparam("of")))
_OF = select(table).where(table.c.school_id == bindparam("school"), table.c.person_id == bindparam("person"))
_PENDING_OF = Statement(_OF.where(table.c.state == RequestState.PENDING.value))
_LAST_OF = Statement(_OF.order_by(table.c.id.desc()).limit(1))
_REJECTED_OF = _OF.where(table.c.state == RequestState.REJECTED.value)
_WAS_REJECTED = Statement(_REJECTED_OF.limit(1))
# Compare and set: only the first decision finds the request still pending.
_DECIDE = Statement(
    update(table)
    .where(table.c.id == bindparam("of"), table.c.state == RequestState.PENDING.value)
    .values(
        state=bindparam("decided_state"),
        role=bindparam("granted"),
        further=bindparam("besides"),
        decided_by=bindparam("by"),
        decided_at=bindparam("at"),
        reason=bindparam("why"),
    )
)

# In the words of the partial indexes: with a bound parameter the planner would not use them.
_PENDING = text("state = 'pending'")
_PROGRESS = ("claimed_by", "claimed_at", "reminded_at", "escalation", "escalated_at", "due_at")
_TIME = Statement(
    update(table)
    .where(table.c.id == bindparam("of"), _PENDING)
    .values(due_at=bindparam("at", type_=table.c.due_at.type))
)
DUE = (
    select(table)
    .where(_PENDING, table.c.due_at <= bindparam("now"), not_put_off(KIND, table.c.id))
    .order_by(table.c.due_at)
    .limit(bindparam("most", type_=Integer))
)


def _further(names: Sequence[str]) -> str:
    """Join the names of roles with commas around each, so that SQL can find and rename one of them."""
    return "".join(f",{name}" for name in names) + "," if names else ""


def read_request(row: Row) -> JoinRequest:
    """Return the join request that a row holds."""
    return JoinRequest(
        id=row.id,
        school_id=row.school_id,
        person_id=row.person_id,
        account=AccountKey(row.issuer, row.subject),
        role=row.role,
        submitted_at=row.submitted_at,
        invitation_id=row.invitation_id,
        state=RequestState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
        answers=tuple(Answer(*pair) for pair in row.answers),
        late=row.late,
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
        reminded_at=row.reminded_at,
        escalation=row.escalation,
        escalated_at=row.escalated_at,
        gone_at=row.gone_at,
        due_at=row.due_at,
        asked_in=row.asked_in,
        further=tuple(row.further.strip(",").split(",")) if row.further else (),
    )


@dataclass(frozen=True, slots=True)
class SqlJoinRequests:
    """Join requests in the database."""

    connection: Connection

    def add(self, request: JoinRequest) -> None:
        """Add a join request."""
        row = {
            "id": request.id,
            "school_id": request.school_id,
            "person_id": request.person_id,
            "issuer": request.account.issuer,
            "subject": request.account.subject,
            "invitation_id": request.invitation_id,
            "role": request.role,
            "state": request.state.value,
            "submitted_at": request.submitted_at,
            "decided_by": request.decided_by,
            "decided_at": request.decided_at,
            "reason": request.reason,
            "answers": [[one.question, one.text] for one in request.answers],
            "late": request.late,
            "claimed_by": request.claimed_by,
            "claimed_at": request.claimed_at,
            "reminded_at": request.reminded_at,
            "escalation": request.escalation,
            "escalated_at": request.escalated_at,
            "gone_at": request.gone_at,
            "due_at": request.due_at,
            "asked_in": request.asked_in,
            "further": _further(request.further),
        }
        _ADD.defer(self.connection, **row)

    def _one(self, query: Statement, **values: str) -> JoinRequest | None:
        row = query.row(self.connection, **values)
        return read_request(row) if row else None

    def by_id(self, request_id: str) -> JoinRequest | None:
        """Return the join request with this id."""
        return self._one(_BY_ID, of=request_id)

    def pending_of(self, school_id: str, person_id: str) -> JoinRequest | None:
        """Return a person's pending request at a school."""
        return self._one(_PENDING_OF, school=school_id, person=person_id)

    def last_of(self, school_id: str, person_id: str) -> JoinRequest | None:
        """Return a person's newest request at a school."""
        return self._one(_LAST_OF, school=school_id, person=person_id)

    def was_rejected(self, school_id: str, person_id: str) -> bool:
        """Return whether a school has ever rejected a person."""
        row = _WAS_REJECTED.row(self.connection, school=school_id, person=person_id)
        return row is not None

    def decide(self, request: JoinRequest) -> bool:
        """Store a decision if the request is still pending; False if another decision came first."""
        values = {
            "of": request.id,
            "decided_state": request.state.value,
            "granted": request.role,
            "besides": _further(request.further),
            "by": request.decided_by,
            "at": request.decided_at,
            "why": request.reason,
        }
        return _DECIDE.run(self.connection, **values) > 0

    def save_progress(self, request: JoinRequest, *, expected: JoinRequest) -> bool:
        """Store the claim, the reminders and the escalation of a pending request, if they are as expected."""
        same = [table.c[name].is_not_distinct_from(getattr(expected, name)) for name in _PROGRESS]
        values = {name: getattr(request, name) for name in _PROGRESS}
        query = update(table).where(table.c.id == request.id, _PENDING, *same).values(**values)
        return changed(self.connection, query)

    def record_departure(self, request_id: str, at: datetime) -> bool:
        """Note that the applicant of a pending request has left the workspace; False if that was known."""
        query = update(table).where(table.c.id == request_id, _PENDING, table.c.gone_at.is_(None))
        return changed(self.connection, query.values(gone_at=at))

    def record_return(self, request_id: str) -> bool:
        """Note that the applicant of a pending request is back; False if they were not noted as gone."""
        query = update(table).where(table.c.id == request_id, _PENDING, table.c.gone_at.is_not(None))
        return changed(self.connection, query.values(gone_at=None))

    def move_to_account(self, request_id: str, account: AccountKey) -> None:
        """Set the account of a pending request to another of the applicant's, who is present with it."""
        by = {"issuer": account.issuer, "subject": account.subject, "asked_in": None, "gone_at": None}
        self.connection.execute(update(table).where(table.c.id == request_id, _PENDING).values(**by))

    def due(self, now: datetime, limit: int) -> Sequence[JoinRequest]:
        """List pending requests whose next step is due, the longest due first."""
        rows = self.connection.execute(DUE, {"now": now, "most": limit})
        return [read_request(row) for row in rows]

    def pending_in_workspace(self, workspace: WorkspaceKey) -> Sequence[JoinRequest]:
        """List the pending requests that were submitted from a workspace, oldest first."""
        asked = (table.c.asked_in == workspace.external_id, table.c.issuer == workspace.platform.value)
        # In the words of the partial index.
        query = select(table).where(_PENDING, table.c.asked_in.is_not(None), *asked).order_by(table.c.id)
        return [read_request(row) for row in self.connection.execute(query)]

    def save_due_times(self, requests: Sequence[JoinRequest]) -> None:
        """Store when the next step of each request is due, if it is still pending."""
        _TIME.many(self.connection, ("at", "of"), [(one.due_at, one.id) for one in requests])

    def listed(
        self, school_id: str, state: RequestState | None, *, after: str | None, limit: int
    ) -> Sequence[JoinRequest]:
        """List a school's requests, oldest first."""
        query = select(table).where(table.c.school_id == school_id).order_by(table.c.id).limit(limit)
        if state is not None:
            query = query.where(table.c.state == state.value)
        if after is not None:
            query = query.where(table.c.id > after)
        return [read_request(row) for row in self.connection.execute(query)]

    def pending_by_name(
        self, school_id: str, name: str, *, whole: bool, limit: int
    ) -> Sequence[tuple[JoinRequest, str]]:
        """List pending requests, oldest first, with the names of their applicants.

        These are the ones whose applicant's name contains a text, or equals it if `whole`.
        """
        wanted = fold_name(name)
        fits = persons.c.search_name == wanted if whole else like(persons.c.search_name, contains(wanted))
        here = table.c.school_id == school_id
        search = Search(self.connection, PeopleFilter(school_id, text=name), ())
        found = search.with_name() if whole else search.by_index()
        if found is not None:
            of = select(memberships.c.person_id).where(memberships.c.id.in_(found))
            here = and_(unindexed(table.c.school_id) == school_id, table.c.person_id.in_(of))
        query = (
            select(table, persons.c.name)
            .join(persons, persons.c.id == table.c.person_id)
            .where(here, _PENDING, fits)
            .order_by(table.c.id)
            .limit(limit)
        )
        return [(read_request(row), row.name) for row in self.connection.execute(query)]

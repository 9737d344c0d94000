"""Everything that is stored under a person's id; `PLACES` says where, and a test finds columns it lacks."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)

from bot.core.messages.broadcasts import BroadcastState, Failure, RecipientState
from bot.core.people.holdings import ERASED, OF_OTHERS, GivenRole, RecordKind
from bot.core.people.members import Membership
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.actors import AccountKey
from bot.core.values import dataclass
from bot.storage.requests.join_requests import read_request
from bot.storage.statements import Statement, unindexed
from bot.storage.tables import (
    assignments,
    broadcast_recipients,
    broadcasts,
    card_copies,
    claims,
    invitation_batches,
    invitations,
    join_requests,
    mail_tokens,
    memberships,
    message_templates,
    outbox,
    persons,
    redemptions,
)

_Id = str | BindParameter[Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """A table with its column of persons; `school` restricts it to a school, `shown` is what exports show."""

    table: Table
    person: Column[Any]
    school: Column[Any] | None
    shown: tuple[Column[Any], ...] = ()

    def of(self, person_id: _Id, school_id: _Id | None) -> ColumnElement[bool]:
        mine = self.person == person_id
        if school_id is None:
            return mine
        if self.school is None:
            return and_(mine, false())  # rows of this table belong to no school
        if self.school.table is self.table:
            return and_(mine, unindexed(self.school) == school_id)
        parent = self.school.table
        (to_parent,) = (one for one in self.table.columns if one.references(parent.c.id))
        return and_(mine, exists().where(parent.c.id == to_parent, unindexed(self.school) == school_id))


_I, _R = invitations.c, join_requests.c
_INVITATION = (
    *(_I.id, _I.school_id, _I.role, _I.uses_allowed, _I.uses_taken, _I.expires_at),
    *(_I.note, _I.label, _I.created_at, _I.revoked_at),
)
_ADDRESSED = (
    *(_I.id, _I.school_id, _I.addressee, _I.email, _I.way, _I.note),
    *(_I.created_at, _I.sent_at, _I.opened_at, _I.expires_at, _I.declined_at, _I.cleared_at, _I.revoked_at),
)
_B, _T = broadcasts.c, message_templates.c
_MESSAGE = (_B.id, _B.school_id, _B.title, _B.text, _B.state, _B.created_at, _B.send_at)
_TEMPLATE = (_T.id, _T.school_id, _T.name, _T.title, _T.text, _T.created_at)
_RECEIVED = tuple(broadcast_recipients.c[name] for name in ("broadcast_id", "person_id", "state", "by", "at"))
_OWN_REQUEST = (
    *(_R.id, _R.school_id, _R.issuer, _R.role, _R.state, _R.submitted_at, _R.decided_at),
    *(_R.reason, _R.answers),
)
_CLAIMED = (_R.id, _R.school_id, _R.state, _R.claimed_at)
_DECIDED = (_R.id, _R.school_id, _R.role, _R.state, _R.decided_at, _R.reason)
PLACES = {
    RecordKind.INVITATIONS: _Place(invitations, _I.created_by, _I.school_id, _INVITATION),
    RecordKind.REVOCATIONS: _Place(
        invitations, _I.revoked_by, _I.school_id, (_I.id, _I.school_id, _I.revoked_at)
    ),
    RecordKind.REDEMPTIONS: _Place(
        redemptions,
        redemptions.c.person_id,
        _I.school_id,
        (redemptions.c.id, redemptions.c.invitation_id, redemptions.c.redeemed_at),
    ),
    RecordKind.REQUESTS: _Place(join_requests, _R.person_id, _R.school_id, _OWN_REQUEST),
    RecordKind.DECISIONS: _Place(join_requests, _R.decided_by, _R.school_id, _DECIDED),
    RecordKind.CLAIMED: _Place(join_requests, _R.claimed_by, _R.school_id, _CLAIMED),
    RecordKind.GRANTS: _Place(
        assignments,
        assignments.c.granted_by,
        assignments.c.scope_id,
        (assignments.c.scope_kind, assignments.c.scope_id, assignments.c.role, assignments.c.granted_at),
    ),
    RecordKind.CLAIMS: _Place(
        claims, claims.c.used_by, None, (claims.c.id, claims.c.purpose, claims.c.used_at)
    ),
    RecordKind.ADDRESSED: _Place(invitations, _I.person_id, _I.school_id, _ADDRESSED),
    RecordKind.MESSAGES: _Place(broadcasts, _B.created_by, _B.school_id, _MESSAGE),
    RecordKind.TEMPLATES: _Place(message_templates, _T.created_by, _T.school_id, _TEMPLATE),
    RecordKind.RECEIVED: _Place(
        broadcast_recipients, _RECEIVED[1], _B.school_id, (_RECEIVED[0], *_RECEIVED[2:])
    ),
}


@cache
def _count(kind: RecordKind, given: frozenset[str]) -> Statement:
    """Return the query that counts a kind; it is cached, because a plan counts all kinds."""
    place = PLACES[kind]
    school: BindParameter[Any] | None = bindparam("school") if "school" in given else None
    number = func.count().label("number")
    query = select(number).select_from(place.table).where(place.of(bindparam("person"), school))
    if "excluding" in given:
        query = query.where(_R.person_id != bindparam("excluding"))
    return Statement(query)


@dataclass(frozen=True, slots=True)
class SqlHoldings:
    """Everything that is stored under a person's id, in the database."""

    connection: Connection

    def _all(self, query: Select[Any]) -> Sequence[Any]:
        return self.connection.execute(query).scalars().all()

    def count(
        self, kind: RecordKind, person_id: str, school_id: str | None = None, *, excluding: str | None = None
    ) -> int:
        """Count what a person has of a kind, in one school or in all, without the requests of `excluding`."""
        if school_id is not None and PLACES[kind].school is None:
            return 0
        wanted = {"person": person_id}
        if school_id is not None:
            wanted["school"] = school_id
        if kind in OF_OTHERS and excluding is not None:
            wanted["excluding"] = excluding
        row = _count(kind, frozenset(wanted)).row(self.connection, **wanted)
        return int(row[0]) if row else 0

    def records(
        self, kind: RecordKind, person_id: str, school_id: str | None = None
    ) -> Sequence[Mapping[str, object]]:
        """Return what a person has of a kind, oldest first, without secrets."""
        place = PLACES[kind]
        query = select(*place.shown).where(place.of(person_id, school_id)).order_by(place.shown[0])
        return [row._asdict() for row in self.connection.execute(query)]

    def move(self, kind: RecordKind, source_id: str, target_id: str, school_id: str | None = None) -> int:
        """Move what the source has of a kind to the target, except decisions on the target's own requests.

        Return how many rows were moved.
        """
        place = PLACES[kind]
        if kind is RecordKind.RECEIVED:
            self._drop_duplicate_recipients(source_id, target_id)
        query = update(place.table).where(place.of(source_id, school_id))
        if kind in OF_OTHERS:
            query = query.where(_R.person_id != target_id)
        return self.connection.execute(query.values({place.person: target_id})).rowcount

    def _drop_duplicate_recipients(self, source_id: str, target_id: str) -> None:
        """Of two recipients of the same broadcast, delete the target if only it waits, else the source."""
        mine, other = broadcast_recipients, broadcast_recipients.alias("other")
        waits = RecipientState.WAITING.value
        for one, two, also in (
            (target_id, source_id, (mine.c.state == waits, other.c.state != waits)),
            (source_id, target_id, ()),
        ):
            both = exists().where(
                other.c.broadcast_id == mine.c.broadcast_id, other.c.person_id == two, *also
            )
            self.connection.execute(delete(mine).where(mine.c.person_id == one, both))

    def roles(self, person_id: str) -> Sequence[GivenRole]:
        """List all roles of a person, in all scopes."""
        columns = (assignments.c.role, assignments.c.scope_kind, assignments.c.scope_id)
        query = select(*columns).where(assignments.c.person_id == person_id)
        rows = self.connection.execute(query.order_by(*reversed(columns)))
        return [GivenRole(*row) for row in rows]

    def move_roles(self, source_id: str, target_id: str) -> None:
        """Move all roles of the source to the target, who is the same person."""
        scope = (assignments.c.scope_kind, assignments.c.scope_id, assignments.c.role)
        has = select(*scope).where(assignments.c.person_id == target_id)
        both = and_(assignments.c.person_id == source_id, tuple_(*scope).in_(has))
        self.connection.execute(delete(assignments).where(both))
        mine = assignments.c.person_id == source_id
        self.connection.execute(update(assignments).where(mine).values(person_id=target_id))

    def move_membership(self, membership_id: str, target_id: str) -> None:
        """Move a membership to another person, who has none in its school."""
        query = update(memberships).where(memberships.c.id == membership_id)
        self.connection.execute(query.values(person_id=target_id))

    def store_membership(self, membership: Membership) -> None:
        """Store all of a membership's state and dates."""
        self.connection.execute(
            update(memberships)
            .where(memberships.c.id == membership.id)
            .values(
                standing=membership.standing.value,
                access=membership.access.value,
                visibility=membership.visibility.value,
                created_at=membership.created_at,
                joined_at=membership.joined_at,
            )
        )

    def pending_requests(self, person_id: str) -> Sequence[JoinRequest]:
        """List a person's pending requests, oldest first."""
        waiting = join_requests.c.state == RequestState.PENDING.value
        query = select(join_requests).where(join_requests.c.person_id == person_id, waiting)
        rows = self.connection.execute(query.order_by(join_requests.c.id))
        return [read_request(row) for row in rows]

    def request_ids(self, person_id: str) -> Sequence[str]:
        """List the ids of all requests that a person ever submitted."""
        query = select(join_requests.c.id).where(join_requests.c.person_id == person_id)
        return self._all(query.order_by(join_requests.c.id))

    def end_memberships(self, person_id: str) -> int:
        """Delete all memberships and roles of a person; return how many memberships there were."""
        self.connection.execute(delete(assignments).where(assignments.c.person_id == person_id))
        ended = delete(memberships).where(memberships.c.person_id == person_id)
        return self.connection.execute(ended).rowcount

    def erase_texts(self, person_id: str, accounts: Collection[AccountKey]) -> None:
        """Delete the texts by and about a person, and the messages to their accounts."""
        run = self.connection.execute
        asked = join_requests.c.person_id == person_id
        blank = {"issuer": ERASED, "subject": "", "reason": "", "answers": []}
        run(update(join_requests).where(asked).values(blank))
        run(update(join_requests).where(join_requests.c.decided_by == person_id).values(reason=""))
        run(update(join_requests).where(_R.claimed_by == person_id).values(claimed_by=None, claimed_at=None))
        redeemed = select(redemptions.c.invitation_id).where(redemptions.c.person_id == person_id)
        theirs = and_(invitations.c.uses_allowed == 1, invitations.c.id.in_(redeemed))
        written = or_(invitations.c.created_by == person_id, theirs)
        run(update(invitations).where(written).values(note="", label=""))
        made = select(invitations.c.batch_id).where(invitations.c.created_by == person_id)
        run(update(invitation_batches).where(invitation_batches.c.id.in_(made)).values(label=""))
        addressed = invitations.c.person_id == person_id
        nothing: dict[str, str | None] = {"addressee": ERASED, "note": "", "label": ""}
        nothing |= {"email": "", "email_key": "", "account_issuer": None, "account_subject": None}
        run(update(invitations).where(addressed).values(**nothing))
        mailed = select(invitations.c.id).where(addressed)
        run(delete(mail_tokens).where(mail_tokens.c.invitation_id.in_(mailed)))
        self._blank_messages(person_id)
        for key in accounts:
            for table in (outbox, card_copies):
                to = (table.c.platform == key.issuer, table.c.account == key.subject)
                run(delete(table).where(*to))

    def _blank_messages(self, person_id: str) -> None:
        """Empty a person's broadcasts and cancel the unsent ones; deliver no broadcast to the person.

        Whoever waited for one that is over was never sent it, and that stays so.
        """
        run = self.connection.execute
        written = _B.created_by == person_id
        run(update(broadcasts).where(written).values(title="", text="", wanted=""))
        is_open = _B.state.in_([one.value for one in BroadcastState if one.open])
        run(update(broadcasts).where(written, is_open).values(state=BroadcastState.CANCELLED.value))
        of = broadcast_recipients.c
        pending = [RecipientState.WAITING.value, RecipientState.QUEUED.value]
        failed = {"state": RecipientState.FAILED.value, "why": Failure.ERASED.value, "notice_id": None}
        run(
            update(broadcast_recipients)
            .where(of.person_id == person_id, of.state.in_(pending))
            .where(of.broadcast_id.in_(select(_B.id).where(is_open)))
            .values(**failed)
        )


def persons_columns() -> set[Column[Any]]:
    """Return all columns with a foreign key to persons."""
    found = (column for table in persons.metadata.tables.values() for column in table.columns)
    return {one for one in found if any(key.column is persons.c.id for key in one.foreign_keys)}

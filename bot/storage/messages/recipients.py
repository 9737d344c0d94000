"""The recipients of broadcasts, and the delivery to each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    update,
)

from bot.core.messages.broadcasts import (
    UNWRITTEN,
    AudienceCounts,
    Broadcast,
    BroadcastState,
    Counts,
    DeliveryMethod,
    Failure,
    Recipient,
    RecipientState,
)
from bot.core.messages.texts import TAGS
from bot.core.notices.destinations import CHATS
from bot.core.people.people_filter import PeopleFilter
from bot.core.values import asdict, dataclass
from bot.storage.people import directory
from bot.storage.statements import Row, batches, changed, insert_of
from bot.storage.tables import accounts, broadcast_recipients, broadcasts, person_emails, persons

_B, _R = broadcasts.c, broadcast_recipients.c
_GATHERING = and_(_B.state == BroadcastState.SENDING.value, _B.gathered_to.is_not(None))
# The states in which a recipient counts as written to.
_GOES = (RecipientState.QUEUED.value, RecipientState.SENT.value, RecipientState.FAILED.value)


def _recipient(row: Row) -> Recipient:
    return Recipient(
        row.broadcast_id,
        row.person_id,
        RecipientState(row.state),
        DeliveryMethod(row.by) if row.by else None,
        Failure(row.why) if row.why else None,
        row.notice_id,
        row.at,
    )


def _missed(broadcast_id: str) -> ColumnElement[bool]:
    states = (RecipientState.FAILED.value, RecipientState.NOWHERE.value)
    erased = func.coalesce(_R.why, "") == Failure.ERASED.value
    return and_(_R.broadcast_id == broadcast_id, _R.state.in_(states), ~erased)


def row_of(of: Broadcast | Recipient) -> dict[str, Any]:
    """Return the row of a broadcast or recipient, with enums as their values."""
    return {name: str(value) if isinstance(value, str) else value for name, value in asdict(of).items()}


# An unknown detail is stored as NULL or as an empty text.
def _unknown(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.coalesce(column, "") == ""


_LACKS: Mapping[str, ColumnElement[bool]] = {
    "first_name": _unknown(persons.c.first_name),
    "last_name": _unknown(persons.c.last_name),
    "email": person_emails.c.address.is_(None),
}


def reach_of(who: ColumnElement[bool], by: DeliveryMethod) -> Subquery:
    """Return the subquery for some persons, with the way in which a broadcast would reach each."""
    chats = exists().where(accounts.c.person_id == persons.c.id, accounts.c.issuer.in_(sorted(CHATS)))
    proved = exists().where(accounts.c.person_id == persons.c.id, accounts.c.address.is_not(None))
    mailed = (or_(person_emails.c.address.is_not(None), proved), DeliveryMethod.MAIL.value)
    ways = [(chats, DeliveryMethod.CHAT.value), mailed] if by is DeliveryMethod.CHAT else [mailed]
    way = case(*ways, else_=None)
    wants = func.coalesce(persons.c.message_notifications, true())
    state = case(
        (~wants, RecipientState.OPTED_OUT.value),
        (way.is_(None), RecipientState.NOWHERE.value),
        else_=RecipientState.WAITING.value,
    )
    lacks = (what.label(f"no_{tag}") for tag, what in _LACKS.items())
    source = persons.outerjoin(person_emails, person_emails.c.person_id == persons.c.id)
    return (
        select(
            persons.c.id.label("person_id"),
            state.label("state"),
            case((wants, way), else_=None).label("by"),
            *lacks,
        )
        .select_from(source)
        .where(who)
        .subquery()
    )


@dataclass(frozen=True, slots=True)
class SqlRecipients:
    """Recipients in the database."""

    connection: Connection
    now: datetime
    # Called when the worker will have something to do once this unit is committed.
    note_queued: Callable[[], None] = lambda: None

    def count_audience(
        self, wanted: PeopleFilter, by: DeliveryMethod, tags: Collection[str]
    ) -> AudienceCounts:
        """Count whom a broadcast would reach, and by which way, each person once."""
        reached = reach_of(self._selects(wanted), by).c
        lacks = {tag: reached[f"no_{tag}"] for tag in TAGS if tag in tags and tag in _LACKS}
        missing = (func.sum(case((what, 1), else_=0)).label(tag) for tag, what in lacks.items())
        query = select(reached.state, reached.by, func.count().label("number"), *missing)
        rows = self.connection.execute(query.group_by(reached.state, reached.by)).all()
        number = {(row.state, row.by): row.number for row in rows}
        waiting = [row for row in rows if row.state == RecipientState.WAITING.value]
        return AudienceCounts(
            chat=number.get((RecipientState.WAITING.value, DeliveryMethod.CHAT.value), 0),
            mail=number.get((RecipientState.WAITING.value, DeliveryMethod.MAIL.value), 0),
            opted_out=number.get((RecipientState.OPTED_OUT.value, None), 0),
            nowhere=number.get((RecipientState.NOWHERE.value, None), 0),
            lacking={tag: few for tag in lacks if (few := sum(int(getattr(row, tag)) for row in waiting))},
        )

    def samples(
        self, wanted: PeopleFilter, by: DeliveryMethod, tags: Collection[str], limit: int
    ) -> Sequence[str]:
        """List some persons whom a broadcast would reach, first those who lack details that its text uses."""
        reached = reach_of(self._selects(wanted), by).c
        lacks = [case((reached[f"no_{tag}"], 1), else_=0) for tag in sorted(_LACKS) if tag in tags]
        known = sum(lacks, start=literal(0))
        query = select(reached.person_id).where(reached.state == RecipientState.WAITING.value)
        query = query.order_by(known.desc(), reached.person_id).limit(limit)
        return self.connection.execute(query).scalars().all()

    def selected(self, wanted: PeopleFilter, *, after: str, limit: int | None) -> Sequence[str]:
        """List the ids of the persons whom a filter selects, in order and each once, after the id `after`."""
        query = select(persons.c.id).where(self._selects(wanted), persons.c.id > after)
        return self.connection.execute(query.order_by(persons.c.id).limit(limit)).scalars().all()

    def add(self, broadcast_id: str, people: Sequence[str], by: DeliveryMethod) -> None:
        """Store the recipients of a broadcast, each once; for a merged person, the remaining one."""
        there = insert_of(self.connection.dialect.name)(broadcast_recipients)
        for some in batches(people):
            now = select(func.coalesce(persons.c.merged_into, persons.c.id)).where(persons.c.id.in_(some))
            reached = reach_of(persons.c.id.in_(now), by).c
            rows = select(literal(broadcast_id), reached.person_id, reached.state, reached.by).where(true())
            names = ["broadcast_id", "person_id", "state", "by"]
            self.connection.execute(there.from_select(names, rows).on_conflict_do_nothing())

    def _selects(self, wanted: PeopleFilter) -> ColumnElement[bool]:
        return persons.c.id.in_(directory.person_ids(directory.Look(self.connection, self.now), wanted))

    def counts(self, broadcast_id: str) -> Counts:
        """Count the recipients of a broadcast by state, way and failure."""
        by = (_R.state, _R.by, _R.why)
        query = select(*by, func.count()).where(_R.broadcast_id == broadcast_id).group_by(*by)
        return {
            (
                RecipientState(state),
                DeliveryMethod(way) if way else None,
                Failure(why) if why else None,
            ): number
            for state, way, why, number in self.connection.execute(query)
        }

    def count_queued(self, broadcast_id: str, by: DeliveryMethod | None = None) -> int:
        """Count the recipients whose message is queued for delivery, by one way or by any."""
        queued = (_R.broadcast_id == broadcast_id, _R.state == RecipientState.QUEUED.value)
        query = select(func.count()).select_from(broadcast_recipients).where(*queued)
        if by is not None:
            query = query.where(_R.by == by.value)
        return self.connection.execute(query).scalar_one()

    def listed(
        self, broadcast_id: str, states: Collection[RecipientState], *, after: str, limit: int
    ) -> Sequence[Recipient]:
        """List the recipients of a broadcast by id, after the id `after`; in some states, or in all."""
        query = select(broadcast_recipients).where(_R.broadcast_id == broadcast_id, _R.person_id > after)
        if states:
            query = query.where(_R.state.in_([one.value for one in states]))
        rows = self.connection.execute(query.order_by(_R.person_id).limit(limit))
        return [_recipient(row) for row in rows]

    def with_names(self, broadcast_id: str) -> Sequence[tuple[Recipient, str, str]]:
        """List all recipients of a broadcast by name, each with their name and e-mail address."""
        source = broadcast_recipients.join(persons, persons.c.id == _R.person_id).outerjoin(
            person_emails, person_emails.c.person_id == persons.c.id
        )
        query = (
            select(broadcast_recipients, persons.c.name, person_emails.c.address)
            .select_from(source)
            .where(_R.broadcast_id == broadcast_id)
            .order_by(persons.c.search_name, _R.person_id)
        )
        return [(_recipient(row), row.name, row.address or "") for row in self.connection.execute(query)]

    def of(self, broadcast_id: str, person_id: str) -> Recipient | None:
        """Return a person as a recipient of a broadcast."""
        mine = (_R.broadcast_id == broadcast_id, _R.person_id == person_id)
        row = self.connection.execute(select(broadcast_recipients).where(*mine)).one_or_none()
        return _recipient(row) if row else None

    def settle(self, recipient: Recipient, *, expected: Recipient) -> bool:
        """Store the delivery to a recipient; False if the stored state or notice is not the expected one."""
        same = and_(
            _R.broadcast_id == expected.broadcast_id,
            _R.person_id == expected.person_id,
            _R.state == expected.state.value,
            _R.notice_id.is_not_distinct_from(expected.notice_id),
        )
        return changed(self.connection, update(broadcast_recipients).where(same).values(**row_of(recipient)))

    def not_reached(
        self, broadcast_id: str, wanted: PeopleFilter, *, after: str, limit: int | None
    ) -> Sequence[str]:
        """List the ids of recipients who were not reached and whom a filter still selects, after `after`."""
        known = broadcast_recipients.join(persons, persons.c.id == _R.person_id)
        query = select(_R.person_id).select_from(known).where(_missed(broadcast_id), _R.person_id > after)
        query = query.where(self._selects(wanted)).order_by(_R.person_id).limit(limit)
        return self.connection.execute(query).scalars().all()

    def requeue(self, broadcast_id: str, people: Sequence[str]) -> int:
        """Let those of some recipients who were not reached wait again; return how many these are."""
        self.note_queued()
        fresh = {"state": RecipientState.WAITING.value, "by": null(), "why": null(), "notice_id": null()}
        waits = update(broadcast_recipients).where(_missed(broadcast_id)).values(**fresh)
        each = (self.connection.execute(waits.where(_R.person_id.in_(some))) for some in batches(people))
        return sum(one.rowcount for one in each)

    def count_written_since(self, school_id: str, at: datetime) -> int:
        """Count the recipients to whom a school's broadcasts were sent since a moment, or are being sent."""
        waits = and_(
            _R.state == RecipientState.WAITING.value,
            _B.state == BroadcastState.SENDING.value,
            _B.gathered_to.is_(None),
        )
        unwritten = func.coalesce(_R.why, "").in_([one.value for one in UNWRITTEN])
        # A recipient whom the broadcast failed to reach and who gets it again counts once, as expected.
        over = or_(_R.state != RecipientState.FAILED.value, ~_GATHERING)
        gone = and_(_R.state.in_(_GOES), _R.at > at, ~unwritten, over)
        query = (
            select(func.count())
            .select_from(broadcasts.join(broadcast_recipients, _R.broadcast_id == _B.id))
            .where(_B.school_id == school_id, or_(_B.ended_at.is_(None), _B.ended_at > at), or_(waits, gone))
        )
        expected = self._expected(_B.expected, _B.school_id == school_id)
        return int(self.connection.execute(query).scalar_one()) + expected

    def _expected(self, number: ColumnElement[int], *which: ColumnElement[bool]) -> int:
        """Add up a number of the broadcasts whose recipients are still being stored."""
        query = select(func.coalesce(func.sum(number), 0)).where(_GATHERING, *which)
        return int(self.connection.execute(query).scalar_one())

    def count_mails_ahead(self) -> int:
        """Count the e-mails of broadcasts under way that are not queued yet."""
        query = (
            select(func.count())
            .select_from(broadcasts.join(broadcast_recipients, _R.broadcast_id == _B.id))
            .where(
                _B.state == BroadcastState.SENDING.value,
                _B.gathered_to.is_(None),
                _R.state == RecipientState.WAITING.value,
                _R.by == DeliveryMethod.MAIL.value,
            )
        )
        return int(self.connection.execute(query).scalar_one()) + self._expected(_B.expected_mails)

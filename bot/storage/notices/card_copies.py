"""Copies of cards: where each card is shown, so that every copy can be redrawn."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from bot.core.invitations import invitations, unreached
from bot.core.messages import broadcasts
from bot.core.messages.broadcasts import RecipientState
from bot.core.notices.notices import Audience, CardCopy, Destination
from bot.core.requests import join_requests
from bot.core.rights.actors import WorkspaceKey
from bot.core.values import dataclass
from bot.storage import tables
from bot.storage.notices.outbox_rows import destination_of, place_of
from bot.storage.statements import Row, Statement
from bot.storage.tables import card_copies

_I, _R, _B = tables.invitations.c, tables.join_requests.c, tables.broadcast_recipients.c

_OF = Statement(
    select(card_copies).where(card_copies.c.subject == bindparam("subject")).order_by(card_copies.c.id)
)
_MISSED = (RecipientState.FAILED.value, RecipientState.NOWHERE.value)


def _subjects(kind: str, of: ColumnElement[str], *which: ColumnElement[bool]) -> Select[Any]:
    return select(literal(f"{kind}:") + of).where(*which)


def _copy(row: Row) -> CardCopy:
    return CardCopy(
        id=row.id,
        subject=row.subject,
        audience=Audience(row.audience),
        to=destination_of(row),
        channel=row.message_channel,
        message=row.message,
        drawn=row.drawn,
    )


@dataclass(frozen=True, slots=True)
class SqlCardCopies:
    """Card copies in the database."""

    connection: Connection

    def _one_at_a_time(self, subject: str) -> None:
        """Let only one unit at a time add or list the copies of a subject.

        Otherwise, on PostgreSQL, a card could be sent while its request is decided, and never be redrawn.
        SQLite has one writer.
        """
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(subject))))

    def add(self, copy: CardCopy, at: datetime) -> None:
        """Add a copy of a card, shown since a moment."""
        self._one_at_a_time(copy.subject)
        row = {
            "id": copy.id,
            "subject": copy.subject,
            "audience": copy.audience.value,
            **place_of(copy.to),
            "message_channel": copy.channel,
            "message": copy.message,
            "drawn": copy.drawn,
            "drawn_at": at,
        }
        self.connection.execute(insert(card_copies), row)

    def of(self, subject: str) -> Sequence[CardCopy]:
        """List the copies of a subject's cards."""
        self._one_at_a_time(subject)
        return [_copy(row) for row in _OF.rows(self.connection, subject=subject)]

    def naming(self, person_id: str) -> Sequence[str]:
        """List the subjects of copies that name a person as decider, inviter, addressee or as not reached."""
        invited = _R.invitation_id.in_(select(_I.id).where(_I.created_by == person_id))
        named = union_all(
            _subjects(join_requests.KIND, _R.id, _R.decided_by == person_id),
            _subjects(join_requests.KIND, _R.id, invited),
            _subjects(invitations.KIND, _I.id, _I.created_by == person_id),
            _subjects(invitations.KIND, _I.id, _I.person_id == person_id),
            _subjects(unreached.KIND, _I.school_id + "/" + _I.created_by, _I.person_id == person_id),
            _subjects(broadcasts.KIND, _B.broadcast_id, _B.person_id == person_id, _B.state.in_(_MISSED)),
        )
        shown = card_copies.c.subject
        query = select(shown).where(shown.in_(named)).distinct().order_by(shown)
        return self.connection.execute(query).scalars().all()

    def in_workspace(self, workspace: WorkspaceKey) -> Sequence[CardCopy]:
        """List the copies of cards that are shown in a workspace."""
        where = (
            card_copies.c.platform == workspace.platform.value,
            card_copies.c.workspace == workspace.external_id,
        )
        query = select(card_copies).where(*where).order_by(card_copies.c.id)
        return [_copy(row) for row in self.connection.execute(query)]

    def by_id(self, copy_id: str) -> CardCopy | None:
        """Return the copy with this id."""
        row = self.connection.execute(select(card_copies).where(card_copies.c.id == copy_id)).one_or_none()
        return _copy(row) if row else None

    def forget(self, to: Destination) -> None:
        """Forget the copies at a place, so that none there is redrawn any more."""
        here = (card_copies.c[name] == value for name, value in place_of(to).items() if value is not None)
        self.connection.execute(delete(card_copies).where(*here))

    def mark_redrawn(self, copy_id: str, drawn: str, at: datetime, message: str | None = None) -> None:
        """Store what a copy shows since a moment, and the id of its message if that has changed."""
        shows = update(card_copies).where(card_copies.c.id == copy_id).values(drawn=drawn, drawn_at=at)
        self.connection.execute(shows if message is None else shows.values(message=message))

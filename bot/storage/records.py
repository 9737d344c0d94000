"""The outbox with the card copies, and one-time claims."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, or_, select, update

from bot.core.actors import Platform
from bot.core.claims import Claim, Purpose
from bot.core.notices import Audience, CardCopy, Destination, Notice
from bot.storage.statements import Row, Statement, insert_new
from bot.storage.tables import card_copies, claims, outbox

_COPIES = Statement(
    select(card_copies).where(card_copies.c.subject == bindparam("subject")).order_by(card_copies.c.id)
)
_TAKE_CLAIM = Statement(
    update(claims)
    .where(
        claims.c.code_hash == bindparam("hashed"),
        claims.c.purpose == bindparam("to"),
        claims.c.used_at.is_(None),
        claims.c.expires_at > bindparam("now"),
    )
    .values(used_at=bindparam("now"), used_by=bindparam("by"))
)
_WAITING = (outbox.c.delivered_at.is_(None), outbox.c.failed_at.is_(None))


def _unsent(subject: str, audience: Audience) -> tuple[ColumnElement[bool], ...]:
    about = (outbox.c.subject == subject, outbox.c.audience == audience.value, outbox.c.copy_id.is_(None))
    return (*about, *_WAITING)


def _place(to: Destination) -> dict[str, str | None]:
    return {
        "platform": to.platform.value,
        "workspace": to.workspace,
        "channel": to.channel,
        "account": to.account,
    }


def _destination(row: Row) -> Destination:
    return Destination(Platform(row.platform), row.workspace, row.channel, row.account)


def _copy(row: Row) -> CardCopy:
    return CardCopy(
        id=row.id,
        subject=row.subject,
        audience=Audience(row.audience),
        to=_destination(row),
        channel=row.message_channel,
        message=row.message,
        drawn=row.drawn,
    )


def _notice(row: Row) -> Notice:
    return Notice(
        id=row.id,
        key=row.key,
        subject=row.subject,
        audience=Audience(row.audience),
        to=_destination(row),
        due_at=row.due_at,
        copy_id=row.copy_id,
        attempts=row.attempts,
    )


@dataclass(frozen=True, slots=True)
class SqlOutbox:
    """Notices and card copies in the database."""

    connection: Connection

    def add(self, notice: Notice) -> None:
        """Queue a notice; one with the same key is queued once."""
        row = {
            "id": notice.id,
            "key": notice.key,
            "subject": notice.subject,
            "audience": notice.audience.value,
            **_place(notice.to),
            "copy_id": notice.copy_id,
            "due_at": notice.due_at,
            "attempts": notice.attempts,
        }
        insert_new(self.connection, outbox, row)

    def claim(
        self, platforms: Collection[Platform], now: datetime, *, until: datetime, limit: int
    ) -> Sequence[Notice]:
        """Take notices for these platforms that are due; no other replica gets them before `until`."""
        due = (
            select(outbox.c.id)
            .where(
                *_WAITING,
                outbox.c.platform.in_([platform.value for platform in platforms]),
                outbox.c.due_at <= now,
                or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= now),
            )
            .order_by(outbox.c.due_at, outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)  # PostgreSQL only; on SQLite there is one writer
        )
        ids = self.connection.execute(due).scalars().all()
        if not ids:
            return []
        mine = outbox.c.id.in_(ids)
        self.connection.execute(update(outbox).where(mine).values(claimed_until=until))
        rows = self.connection.execute(select(outbox).where(mine).order_by(outbox.c.due_at, outbox.c.id))
        return [_notice(row) for row in rows]

    def _mark(self, notice_id: str, *, attempts: int = 1, **values: object) -> None:
        self.connection.execute(
            update(outbox)
            .where(outbox.c.id == notice_id)
            .values(claimed_until=None, attempts=outbox.c.attempts + attempts, **values)
        )

    def delivered(self, notice_id: str, at: datetime) -> None:
        """Mark as delivered."""
        self._mark(notice_id, delivered_at=at)

    def postponed(self, notice_id: str, *, due_at: datetime, error: str, counts: bool = True) -> None:
        """Try again later; `counts` says that it was an attempt."""
        self._mark(notice_id, attempts=int(counts), due_at=due_at, error=error)

    def failed(self, notice_id: str, at: datetime, *, error: str) -> None:
        """Give up on a notice and keep it."""
        self._mark(notice_id, failed_at=at, error=error)

    def drop(self, subject: str, audience: Audience, to: Destination | None = None) -> None:
        """Take back what waits for an audience about a subject, at one place or at all."""
        at = [outbox.c[name].is_not_distinct_from(value) for name, value in _place(to).items()] if to else []
        self.connection.execute(delete(outbox).where(*_unsent(subject, audience), *at))

    def places(self, subject: str, audience: Audience) -> Sequence[Destination]:
        """List where something waits for an audience about a subject."""
        query = select(outbox).where(*_unsent(subject, audience)).order_by(outbox.c.id)
        return [_destination(row) for row in self.connection.execute(query)]

    def _one_at_a_time(self, subject: str) -> None:
        """Let whoever adds a copy and whoever looks for copies see each other's changes.

        On PostgreSQL a card could else be sent while its request is decided, and never be redrawn;
        on SQLite there is one writer.
        """
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(subject))))

    def add_copy(self, copy: CardCopy) -> None:
        """Remember where a card is shown."""
        self._one_at_a_time(copy.subject)
        row = {
            "id": copy.id,
            "subject": copy.subject,
            "audience": copy.audience.value,
            **_place(copy.to),
            "message_channel": copy.channel,
            "message": copy.message,
            "drawn": copy.drawn,
        }
        self.connection.execute(insert(card_copies), row)

    def copies(self, subject: str) -> Sequence[CardCopy]:
        """List where a subject's cards are shown."""
        self._one_at_a_time(subject)
        return [_copy(row) for row in _COPIES.rows(self.connection, subject=subject)]

    def copy(self, copy_id: str) -> CardCopy | None:
        """Find one place where a card is shown."""
        row = self.connection.execute(select(card_copies).where(card_copies.c.id == copy_id)).one_or_none()
        return _copy(row) if row else None

    def redrawn(self, copy_id: str, drawn: str) -> None:
        """Remember what a copy shows now."""
        self.connection.execute(update(card_copies).where(card_copies.c.id == copy_id).values(drawn=drawn))

    def mails_since(self, at: datetime) -> int:
        """Count the e-mails that were due after a moment, or are due later."""
        mails = (outbox.c.platform == Platform.EMAIL.value, outbox.c.due_at > at)
        return self.connection.execute(select(func.count()).select_from(outbox).where(*mails)).scalar_one()

    def waiting(self) -> int:
        """Count the notices that are neither delivered nor failed."""
        return self.connection.execute(select(func.count()).select_from(outbox).where(*_WAITING)).scalar_one()


@dataclass(frozen=True, slots=True)
class SqlClaims:
    """One-time claims in the database."""

    connection: Connection

    def add(self, claim: Claim) -> None:
        """Add a claim; an older one for the same purpose and subject is dropped."""
        self.drop(claim.purpose, claim.subject)
        row = {
            "id": claim.id,
            "code_hash": claim.code_hash,
            "purpose": claim.purpose.value,
            "subject": claim.subject,
            "created_at": claim.created_at,
            "expires_at": claim.expires_at,
        }
        self.connection.execute(insert(claims), row)

    def take(self, code_hash: str, purpose: str, *, by: str | None, now: datetime) -> Claim | None:
        """Use a claim up; None if it is unknown, used or expired."""
        if not _TAKE_CLAIM.run(self.connection, hashed=code_hash, to=str(purpose), now=now, by=by):
            return None
        row = self.connection.execute(select(claims).where(claims.c.code_hash == code_hash)).one()
        return _claim(row)

    def find(self, code_hash: str, purpose: str, now: datetime) -> Claim | None:
        """Look at a claim that can be used, and leave it."""
        query = select(claims).where(
            claims.c.code_hash == code_hash,
            claims.c.purpose == str(purpose),
            claims.c.used_at.is_(None),
            claims.c.expires_at > now,
        )
        row = self.connection.execute(query).one_or_none()
        return _claim(row) if row else None

    def drop(self, purpose: str, subject: str) -> None:
        """Delete the claims for a purpose and subject that nobody has used."""
        same = (claims.c.purpose == str(purpose), claims.c.subject == subject)
        self.connection.execute(delete(claims).where(*same, claims.c.used_at.is_(None)))


def _claim(row: Row) -> Claim:
    return Claim(row.id, row.code_hash, Purpose(row.purpose), row.subject, row.created_at, row.expires_at)

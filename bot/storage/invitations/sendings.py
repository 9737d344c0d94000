"""The sending of addressed invitations, and the links in their e-mails."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from bot.core.invitations.invitations import KIND, InvitationState
from bot.core.invitations.sending import SendError
from bot.core.invitations.sending_ports import DueInvitation
from bot.core.values import dataclass
from bot.storage.invitations.states import in_state
from bot.storage.statements import changed, unindexed
from bot.storage.stuck import not_put_off
from bot.storage.tables import invitations, mail_tokens

_I = invitations.c
DUE = (
    select(invitations.c.id, invitations.c.school_id, invitations.c.due_at)
    .where(
        invitations.c.due_at.is_not(None),
        invitations.c.due_at <= bindparam("now"),
        not_put_off(KIND, invitations.c.id),
    )
    .order_by(invitations.c.due_at)
    .limit(bindparam("most", type_=Integer))
)


def _unreached(school_id: str, inviter_id: str, since: datetime, now: datetime) -> Select[str]:
    late = and_(in_state(InvitationState.EXPIRED, now), _I.send_error == SendError.LATE.value)
    return select(_I.id).where(
        text("send_error <> ''"),  # in the words of the partial index
        _I.created_by == inviter_id,
        unindexed(_I.school_id) == school_id,
        _I.send_at >= since,
        or_(in_state(InvitationState.NOT_DELIVERED, now), late),
    )


@dataclass(frozen=True, slots=True)
class SqlSendings:
    """The sending of addressed invitations, in the database."""

    connection: Connection

    def save_status(
        self, invitation_id: str, *, send_at: datetime | None, sent_at: datetime | None, error: str
    ) -> None:
        """Store when an invitation is to be sent, when it was, or why it could not be."""
        query = update(invitations).where(invitations.c.id == invitation_id)
        self.connection.execute(query.values(send_at=send_at, sent_at=sent_at, send_error=error))

    def unreached(
        self, school_id: str, inviter_id: str, since: datetime, now: datetime, *, limit: int
    ) -> Sequence[str]:
        """List a person's invitations to a school that could not be sent since a moment, latest first."""
        query = _unreached(school_id, inviter_id, since, now).order_by(_I.send_at.desc(), _I.id.desc())
        return self.connection.execute(query.limit(limit)).scalars().all()

    def count_unreached(
        self, school_id: str, inviter_id: str, since: datetime, now: datetime, *, most: int
    ) -> int:
        """Count a person's invitations to a school that could not be sent since a moment, up to `most`."""
        some = _unreached(school_id, inviter_id, since, now).limit(most).subquery()
        return self.connection.execute(select(func.count()).select_from(some)).scalar_one()

    def due(self, now: datetime, limit: int) -> Sequence[DueInvitation]:
        """List invitations on which a sweep has to act now, the longest due first."""
        rows = self.connection.execute(DUE, {"now": now, "most": limit})
        return [DueInvitation(*row) for row in rows]

    def advance_step(self, invitation_id: str, at: datetime | None, *, expected: datetime) -> bool:
        """Store when the next step is due, if the expected one still was; False if another unit took it."""
        query = update(invitations).where(invitations.c.id == invitation_id, invitations.c.due_at == expected)
        return changed(self.connection, query.values(due_at=at))

    def schedule_step(self, invitation_id: str, at: datetime | None) -> None:
        """Store when the next step is due, whenever it was due before."""
        query = update(invitations).where(invitations.c.id == invitation_id)
        self.connection.execute(query.values(due_at=at))

    def add_link(self, token_hash: str, invitation_id: str, at: datetime) -> None:
        """Store the hash of an e-mail's link that leads to an invitation."""
        row = {"token_hash": token_hash, "invitation_id": invitation_id, "made_at": at}
        self.connection.execute(insert(mail_tokens), row)

    def invitation_of_link(self, token_hash: str) -> str | None:
        """Return the id of the invitation to which an e-mail's link leads; None if the link is unknown."""
        query = select(mail_tokens.c.invitation_id).where(mail_tokens.c.token_hash == token_hash)
        return self.connection.execute(query).scalar_one_or_none()

    def drop_links(self, invitation_id: str) -> None:
        """Delete the links of all e-mails about an invitation."""
        self.connection.execute(delete(mail_tokens).where(mail_tokens.c.invitation_id == invitation_id))

"""Invitations and their redemptions."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update

from bot.core.ids import hash_of
from bot.core.invitations import (
    Invitation,
    InvitationFilter,
    InvitationState,
    Redemption,
)
from bot.core.values import dataclass
from bot.storage.invitation_rows import invitation_of, row_of
from bot.storage.invitation_states import USES_LEFT, in_state
from bot.storage.statements import Statement
from bot.storage.tables import invitations, mail_tokens, persons, redemptions
from bot.storage.vault import Vault

_BY_ID = Statement(select(invitations).where(invitations.c.id == bindparam("of")))
_BY_CODE = Statement(select(invitations).where(invitations.c.code_index == bindparam("index")))
# By an invitation's own link or by one in a mail: one statement, so that it takes the same time for both.
_MAILED = select(mail_tokens.c.invitation_id).where(mail_tokens.c.token_hash == bindparam("hash"))
_BY_TOKEN = Statement(
    select(invitations).where(
        or_(
            invitations.c.token_index == bindparam("index"),
            invitations.c.id == _MAILED.scalar_subquery(),
        )
    )
)
_ADD = Statement(invitations.insert())
_ADD_REDEMPTION = Statement(redemptions.insert())

# One conditional update: whatever else happens at the same time, no use is taken twice.
_TAKE_USE = Statement(
    update(invitations)
    .where(
        invitations.c.id == bindparam("of"),
        invitations.c.revoked_at.is_(None),
        invitations.c.cleared_at.is_(None),
        invitations.c.declined_at.is_(None),
        invitations.c.locked_at.is_(None),
        or_(invitations.c.expires_at.is_(None), invitations.c.expires_at > bindparam("now")),
        USES_LEFT,
    )
    .values(uses_taken=invitations.c.uses_taken + 1)
)
# What one person alone can answer has ended once it was accepted, declined or cleared.
_REVOCABLE = and_(
    invitations.c.revoked_at.is_(None),
    invitations.c.declined_at.is_(None),
    invitations.c.cleared_at.is_(None),
    or_(invitations.c.person_id.is_(None), invitations.c.uses_taken == 0),
)
_REVOKE = Statement(
    update(invitations)
    .where(invitations.c.id == bindparam("of"), _REVOCABLE)
    .values(revoked_at=bindparam("at"), revoked_by=bindparam("by"))
)


@dataclass(frozen=True, slots=True)
class SqlInvitations:
    """Invitations in the database."""

    connection: Connection
    vault: Vault

    def add(self, invitation: Invitation) -> None:
        """Add an invitation."""
        _ADD.run(self.connection, **row_of(invitation, self.vault))

    def _one(self, query: Statement, **values: str) -> Invitation | None:
        row = query.row(self.connection, **values)
        return invitation_of(row, self.vault) if row else None

    def by_code(self, code: str) -> Invitation | None:
        """Find by the normalised code."""
        return self._one(_BY_CODE, index=self.vault.index(code))

    def by_token(self, token: str) -> Invitation | None:
        """Find by the token of its link, or of one in a mail."""
        return self._one(_BY_TOKEN, index=self.vault.index(token), hash=hash_of(token))

    def by_id(self, invitation_id: str) -> Invitation | None:
        """Find by id."""
        return self._one(_BY_ID, of=invitation_id)

    def take_use(self, invitation_id: str, now: datetime) -> bool:
        """Take one use, if the invitation is alive and has one left: one conditional update."""
        return _TAKE_USE.run(self.connection, of=invitation_id, now=now) > 0

    def revoke(self, invitation_id: str, *, by: str, at: datetime) -> bool:
        """Mark as revoked; False if it was."""
        return _REVOKE.run(self.connection, of=invitation_id, by=by, at=at) > 0

    def revoke_open_of(self, school_id: str, person_id: str, *, by: str | None, at: datetime) -> int:
        """Revoke all that a person has made for a school and that is not revoked yet; count them."""
        query = (
            update(invitations)
            .where(
                invitations.c.school_id == school_id,
                invitations.c.created_by == person_id,
                _REVOCABLE,
            )
            .values(revoked_at=at, revoked_by=by)
        )
        return self.connection.execute(query).rowcount

    def alive(self, school_id: str, now: datetime) -> int:
        """Count a school's invitations that can still be used."""
        usable = or_(*(in_state(state, now) for state in InvitationState if state.alive))
        return self._count(invitations.c.school_id == school_id, usable)

    def made_since(self, school_id: str, at: datetime) -> int:
        """Count the invitations that were made for a school after a moment."""
        return self._count(invitations.c.school_id == school_id, invitations.c.created_at > at)

    def _count(self, *which: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(invitations).where(*which)
        return self.connection.execute(query).scalar_one()

    def add_redemption(self, redemption: Redemption) -> None:
        """Record who came in through an invitation."""
        _ADD_REDEMPTION.later(
            self.connection,
            id=redemption.id,
            invitation_id=redemption.invitation_id,
            person_id=redemption.person_id,
            redeemed_at=redemption.redeemed_at,
        )

    def listed(self, school_id: str, wanted: InvitationFilter, *, limit: int) -> Sequence[Invitation]:
        """List a school's invitations, newest first."""
        found = []
        # A text is looked for in what was opened, so how many rows that takes is not known.
        most = None if wanted.text else limit
        for invitation, creator in self._matching(school_id, wanted, most):
            if _says(wanted, invitation, creator):
                found.append(invitation)
            if len(found) == limit:
                break
        return found

    def _matching(
        self, school_id: str, wanted: InvitationFilter, most: int | None
    ) -> Iterator[tuple[Invitation, str]]:
        query = (
            select(invitations, persons.c.name)
            .join(persons, persons.c.id == invitations.c.created_by)
            .where(invitations.c.school_id == school_id)
            .order_by(invitations.c.id.desc())
            .limit(most)
        )
        if not wanted.searched:
            query = query.where(invitations.c.batch_id.is_(None))
        if wanted.state is not None and wanted.now is not None:
            query = query.where(in_state(wanted.state, wanted.now))
        if wanted.code is not None:
            query = query.where(invitations.c.code_index == self.vault.index(wanted.code))
        if wanted.token is not None:
            query = query.where(invitations.c.token_index == self.vault.index(wanted.token))
        if wanted.after is not None:
            query = query.where(invitations.c.id < wanted.after)
        for row in self.connection.execute(query):
            yield invitation_of(row, self.vault), row.name


def _says(searched: InvitationFilter, invitation: Invitation, creator: str) -> bool:
    """Look for a text in what people know of an invitation.

    The secrets are sealed, so a part of a code or link can only be looked for in what was opened.
    """
    if not searched.text:
        return True
    wanted = searched.text.casefold()
    to = (invitation.to.name, invitation.to.email) if invitation.to else ()
    known = (creator, invitation.label, invitation.note, invitation.role or "", *to)
    if any(wanted in one.casefold() for one in known):
        return True
    part = wanted.replace("-", "").upper()
    in_code = part != "" and part in invitation.code
    return searched.secrets and (in_code or searched.text in invitation.token)

"""Addressed invitations: what they grant, how they end, and for whom they are."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    false,
    insert,
    or_,
    select,
    update,
)

from bot.core.email_addresses import email_key
from bot.core.invitations.addressees import Grant, Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.rights.actors import AccountKey
from bot.core.values import dataclass
from bot.storage.invitations.rows import invitation_of, sealed_secrets
from bot.storage.invitations.states import UNANSWERED, in_state
from bot.storage.statements import changed, unindexed
from bot.storage.tables import invitation_grants, invitations, memberships
from bot.storage.vault import Vault

_I, _G = invitations.c, invitation_grants.c


@dataclass(frozen=True, slots=True)
class SqlAddressed:
    """Addressed invitations in the database."""

    connection: Connection
    vault: Vault

    def grant(self, invitation_id: str, grants: Collection[Grant]) -> None:
        """Store what an invitation grants."""
        rows = [
            {"invitation_id": invitation_id, "school_id": one.school_id, "role": one.role} for one in grants
        ]
        self.connection.execute(insert(invitation_grants), rows)

    def grants(self, invitation_id: str) -> Sequence[Grant]:
        """List what an invitation grants, by school and role."""
        query = select(_G.school_id, _G.role).where(_G.invitation_id == invitation_id)
        return [Grant(*row) for row in self.connection.execute(query.order_by(_G.school_id, _G.role))]

    def _end(self, invitation_id: str, **how: datetime) -> bool:
        query = update(invitations).where(_I.id == invitation_id, UNANSWERED).values(**how)
        return changed(self.connection, query)

    def decline(self, invitation_id: str, at: datetime) -> bool:
        """Mark an invitation as declined; False if it had ended before."""
        return self._end(invitation_id, declined_at=at)

    def clear(self, invitation_id: str, at: datetime) -> bool:
        """Mark an invitation as cleared; False if it had ended before."""
        return self._end(invitation_id, cleared_at=at)

    def withdraw_school(self, school_id: str, person_id: str, at: datetime) -> Sequence[str]:
        """Take a school out of a person's unanswered invitations; return the ids of those that offered it.

        An invitation that offered nothing else is cleared.
        """
        here = exists().where(_G.invitation_id == _I.id, _G.school_id == school_id)
        query = select(_I.id).where(_I.person_id == person_id, UNANSWERED, here).order_by(_I.id)
        # Locked: if two schools do this at once, the second one sees that only its own grants are left.
        found = self.connection.execute(query.with_for_update()).scalars().all()
        for one in found:
            if any(grant.school_id != school_id for grant in self.grants(one)):
                of_school = (_G.invitation_id == one, _G.school_id == school_id)
                self.connection.execute(delete(invitation_grants).where(*of_school))
            else:
                self.clear(one, at)
        return found

    def renew(self, invitation: Invitation) -> bool:
        """Store a new link, code and expiry; the old ones stop working. False if it had ended before."""
        query = update(invitations).where(_I.id == invitation.id, UNANSWERED)
        expires_at, renewed_at = invitation.expires_at, invitation.renewed_at
        lasting = {"expires_at": expires_at, "due_at": expires_at, "renewed_at": renewed_at}
        return changed(self.connection, query.values(**sealed_secrets(invitation, self.vault), **lasting))

    def mailed_to(self, person_id: str, email: str) -> Sequence[Invitation]:
        """List a person's unended invitations by e-mail, to an address or to any, oldest first."""
        query = select(invitations).where(_I.person_id == person_id, _I.way == Way.EMAIL.value, UNANSWERED)
        if email:
            query = query.where(unindexed(_I.email_key) == email_key(email))
        return [invitation_of(row, self.vault) for row in self.connection.execute(query.order_by(_I.id))]

    def readdress(self, invitation_id: str, email: str) -> bool:
        """Replace the address of an invitation by e-mail; False if it had ended before."""
        query = update(invitations).where(_I.id == invitation_id, UNANSWERED)
        return changed(self.connection, query.values(email=email, email_key=email_key(email)))

    def forget_address(self, invitation_id: str) -> None:
        """Delete the address of an invitation that has ended."""
        gone = update(invitations).where(_I.id == invitation_id, ~UNANSWERED).values(email="", email_key="")
        self.connection.execute(gone)

    def _first(self, query: Select[*tuple[object, ...]]) -> Invitation | None:
        row = self.connection.execute(query.limit(1)).one_or_none()
        return invitation_of(row, self.vault) if row else None

    def newest_of(self, school_id: str, person_id: str) -> Invitation | None:
        """Return the newest invitation for a person that grants something in a school."""
        here = exists().where(_G.invitation_id == _I.id, _G.school_id == school_id)
        query = select(invitations).where(_I.person_id == person_id, here)
        return self._first(query.order_by(_I.id.desc()))

    def person_invited(
        self, school_ids: Collection[str], account: AccountKey | None, email: str
    ) -> str | None:
        """Return the id of the member of these schools whom this account or address was last invited as."""
        member = exists().where(
            memberships.c.person_id == _I.person_id, memberships.c.school_id.in_(school_ids)
        )
        query = select(_I.person_id).where(_by(account, email), member)
        return self.connection.execute(query.order_by(_I.id.desc()).limit(1)).scalar_one_or_none()

    def awaiting_answer(
        self, person_id: str | None, account: AccountKey, email: str, *, now: datetime, limit: int
    ) -> Sequence[Invitation]:
        """List unanswered invitations that were sent to a person, an account or an address, newest first."""
        mine = or_(_by(account, email), _I.person_id == person_id if person_id else false())
        told = or_(*(in_state(state, now) for state in InvitationState if state.awaits_answer))
        query = select(invitations).where(mine, told).order_by(_I.id.desc()).limit(limit)
        return [invitation_of(row, self.vault) for row in self.connection.execute(query)]

    def unended_of(self, school_id: str, inviter_id: str) -> Sequence[str]:
        """List the ids of the addressed invitations to a school by this inviter that have not ended."""
        made = (unindexed(_I.school_id) == school_id, _I.created_by == inviter_id)
        query = select(_I.id).where(*made, UNANSWERED).order_by(_I.id)
        return self.connection.execute(query).scalars().all()


def _by(account: AccountKey | None, email: str) -> ColumnElement[bool]:
    """Return the SQL condition that an invitation is for this account or this address."""
    ways: list[ColumnElement[bool]] = [false()]
    if account is not None:
        ways.append(and_(_I.account_subject == account.subject, _I.account_issuer == account.issuer))
    if email:
        # The index is partial: the planner uses it only if the query says that the address is not empty.
        ways.append(and_(_I.email_key == email_key(email), _I.email_key != ""))
    return or_(*ways)

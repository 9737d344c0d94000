"""Leaked codes: who redeemed an invitation and how fast, and which invitations are locked."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from bot.core.ids import earliest_id
from bot.core.invitations.invitations import Redeemer
from bot.core.rights.actors import Person
from bot.core.values import dataclass
from bot.storage.invitations.states import NOT_ENDED
from bot.storage.statements import changed, unindexed
from bot.storage.tables import invitations, persons, redemptions


def _alive(invitation_id: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for an invitation that was not revoked, cleared or declined."""
    return invitations.c.id == invitation_id, NOT_ENDED


@dataclass(frozen=True, slots=True)
class SqlLeaks:
    """The watch for leaked codes in the database; redemptions are found by id, which begins with the time."""

    connection: Connection

    def lock(self, invitation_id: str, at: datetime) -> bool:
        """Lock an invitation; False if it is locked already, or was revoked, cleared or declined."""
        open_one = (*_alive(invitation_id), invitations.c.locked_at.is_(None))
        return changed(self.connection, update(invitations).where(*open_one).values(locked_at=at))

    def unlock(self, invitation_id: str) -> bool:
        """Unlock an invitation and watch it again; False if it was not locked, or has been ended."""
        locked = (*_alive(invitation_id), invitations.c.locked_at.is_not(None))
        unlocked = update(invitations).where(*locked).values(locked_at=None, alarmed_at=None)
        return changed(self.connection, unlocked)

    def alarm(self, invitation_id: str, at: datetime) -> bool:
        """Note that the admins were alarmed about an invitation; False if they had been before."""
        silent = (invitations.c.id == invitation_id, invitations.c.alarmed_at.is_(None))
        return changed(self.connection, update(invitations).where(*silent).values(alarmed_at=at))

    def alarmed_at(self, invitation_id: str) -> datetime | None:
        """Return when the admins were alarmed about an invitation; None if they were not."""
        query = select(invitations.c.alarmed_at).where(invitations.c.id == invitation_id)
        return self.connection.execute(query).scalar_one_or_none()

    def rushed(self, since: datetime, fewest: int) -> Sequence[tuple[str, int]]:
        """List the invitations with at least `fewest` redemptions since a moment, with their numbers.

        Revoked and locked invitations, and those about which the admins were alarmed, are left out.
        """
        through = unindexed(redemptions.c.invitation_id)  # the look-up begins with the time of redemptions
        query = (
            select(through, func.count())
            .join(invitations, invitations.c.id == through)
            .where(
                redemptions.c.id >= earliest_id(since),
                invitations.c.alarmed_at.is_(None),
                invitations.c.locked_at.is_(None),
                invitations.c.revoked_at.is_(None),
            )
            .group_by(through)
            .having(func.count() >= fewest)
            .order_by(through)
        )
        return [(row[0], row[1]) for row in self.connection.execute(query)]

    def count_redemptions(self, invitation_id: str, since: datetime, until: datetime) -> int:
        """Count the redemptions of an invitation in a period."""
        query = select(func.count()).where(
            redemptions.c.invitation_id == invitation_id,
            redemptions.c.id >= earliest_id(since),
            redemptions.c.redeemed_at <= until,
        )
        return self.connection.execute(query).scalar_one()

    def mark_posted(self, invitation_id: str, at: datetime) -> None:
        """Note that cards in channels show an invitation; when it ends, its next step is due at once."""
        query = update(invitations).where(invitations.c.id == invitation_id)
        self.connection.execute(query.values(posted_at=at))

    def has(self, invitation_id: str, redemption_id: str) -> bool:
        """Return whether a redemption belongs to an invitation."""
        query = select(redemptions.c.invitation_id).where(redemptions.c.id == redemption_id)
        return self.connection.execute(query).scalar_one_or_none() == invitation_id

    def redeemers(self, invitation_id: str, *, after: str | None, limit: int) -> Sequence[Redeemer]:
        """List who redeemed an invitation, newest first, beginning after the redemption `after`."""
        query = (
            select(redemptions.c.id, persons.c.id, persons.c.name, persons.c.zone, redemptions.c.redeemed_at)
            .join(persons, persons.c.id == redemptions.c.person_id)
            .where(redemptions.c.invitation_id == invitation_id)
            .order_by(redemptions.c.id.desc())
            .limit(limit)
        )
        if after is not None:
            query = query.where(redemptions.c.id < after)
        return [Redeemer(row[0], Person(*row[1:4]), row[4]) for row in self.connection.execute(query)]

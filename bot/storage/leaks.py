"""Who came in through which invitation, how fast, and which ones are locked."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from bot.core.actors import Person
from bot.core.ids import earliest_id
from bot.core.invitations import Redeemer
from bot.core.values import dataclass
from bot.storage.invitation_states import NOBODY_ENDED
from bot.storage.statements import changed, unled
from bot.storage.tables import invitations, persons, redemptions


def _alive(invitation_id: str) -> tuple[ColumnElement[bool], ...]:
    """Mean an invitation that nobody has ended."""
    return invitations.c.id == invitation_id, NOBODY_ENDED


@dataclass(frozen=True, slots=True)
class SqlLeaks:
    """The watch over codes in the database. Redemptions are found by their ids, which tell their time."""

    connection: Connection

    def lock(self, invitation_id: str, at: datetime) -> bool:
        """Lock an invitation that nobody has ended; False if that is so already."""
        open_one = (*_alive(invitation_id), invitations.c.locked_at.is_(None))
        return changed(self.connection, update(invitations).where(*open_one).values(locked_at=at))

    def unlock(self, invitation_id: str) -> bool:
        """Unlock an invitation, and watch it anew; False if it was not locked, or somebody has ended it."""
        locked = (*_alive(invitation_id), invitations.c.locked_at.is_not(None))
        anew = update(invitations).where(*locked).values(locked_at=None, alarmed_at=None)
        return changed(self.connection, anew)

    def alarm(self, invitation_id: str, at: datetime) -> bool:
        """Note that the admins were told of an invitation's speed; False if they were before."""
        silent = (invitations.c.id == invitation_id, invitations.c.alarmed_at.is_(None))
        return changed(self.connection, update(invitations).where(*silent).values(alarmed_at=at))

    def alarmed_at(self, invitation_id: str) -> datetime | None:
        """Tell when the admins were told of an invitation's speed."""
        query = select(invitations.c.alarmed_at).where(invitations.c.id == invitation_id)
        return self.connection.execute(query).scalar_one_or_none()

    def rushed(self, since: datetime, fewest: int) -> Sequence[tuple[str, int]]:
        """List the open invitations that so many people came in through since a moment, with how many.

        Those whose admins were told, and locked ones, are left out.
        """
        through = unled(redemptions.c.invitation_id)  # the time is to lead
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

    def number(self, invitation_id: str, since: datetime, until: datetime) -> int:
        """Count those who came in through an invitation in a time."""
        query = select(func.count()).where(
            redemptions.c.invitation_id == invitation_id,
            redemptions.c.id >= earliest_id(since),
            redemptions.c.redeemed_at <= until,
        )
        return self.connection.execute(query).scalar_one()

    def has(self, invitation_id: str, redemption_id: str) -> bool:
        """Tell whether a redemption is one of an invitation's."""
        query = select(redemptions.c.invitation_id).where(redemptions.c.id == redemption_id)
        return self.connection.execute(query).scalar_one_or_none() == invitation_id

    def came_in(self, invitation_id: str, *, after: str | None, limit: int) -> Sequence[Redeemer]:
        """List who came in through an invitation, newest first, those after the redemption `after`."""
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

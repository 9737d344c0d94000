"""What replicas agree on through the database: handled events and leases."""

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from bot.core.values import dataclass
from bot.storage.statements import changed, insert_new
from bot.storage.tables import arrivals, leases


@dataclass(frozen=True, slots=True)
class SqlArrivals:
    """Events that were handled; a unit that notes the same event at the same time waits for the first."""

    connection: Connection

    def record(self, key_hash: str, at: datetime) -> bool:
        """Note that an event has arrived; False if it had arrived before."""
        return insert_new(self.connection, arrivals, {"key_hash": key_hash, "at": at})


@dataclass(frozen=True, slots=True)
class SqlLeases:
    """Leases in the database."""

    connection: Connection

    def hold(self, name: str, holder: str, now: datetime, *, until: datetime) -> bool:
        """Take a free lease or extend one's own until a moment; False while another holder has it."""
        if insert_new(self.connection, leases, {"name": name, "holder": holder, "until": until}):
            return True
        mine_or_free = or_(leases.c.holder == holder, leases.c.until <= now)
        query = update(leases).where(leases.c.name == name, mine_or_free)
        return changed(self.connection, query.values(holder=holder, until=until))

    def holder(self, name: str) -> str | None:
        """Return the last holder of a lease, even an expired one; None if it was released."""
        found: str | None = self.connection.scalar(select(leases.c.holder).where(leases.c.name == name))
        return found

    def release(self, name: str, holder: str) -> None:
        """Release a lease that `holder` has."""
        self.connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

"""What replicas agree on, in the database."""

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from bot.core.values import dataclass
from bot.storage.statements import changed, insert_new
from bot.storage.tables import arrivals, leases


@dataclass(frozen=True, slots=True)
class SqlArrivals:
    """What has arrived; whoever tells it at the same instant waits for the first to end."""

    connection: Connection

    def first(self, key_hash: str, at: datetime) -> bool:
        """Note that something has arrived; False if it has before."""
        return insert_new(self.connection, arrivals, {"key_hash": key_hash, "at": at})


@dataclass(frozen=True, slots=True)
class SqlLeases:
    """Who has what."""

    connection: Connection

    def hold(self, name: str, holder: str, now: datetime, *, until: datetime) -> bool:
        """Take what is free, or keep what is one's own, until then; False while another has it."""
        if insert_new(self.connection, leases, {"name": name, "holder": holder, "until": until}):
            return True
        mine_or_free = or_(leases.c.holder == holder, leases.c.until <= now)
        query = update(leases).where(leases.c.name == name, mine_or_free)
        return changed(self.connection, query.values(holder=holder, until=until))

    def holder(self, name: str) -> str | None:
        """Tell who had it last; None if nobody has since it was given back."""
        found: str | None = self.connection.scalar(select(leases.c.holder).where(leases.c.name == name))
        return found

    def release(self, name: str, holder: str) -> None:
        """Give back what is one's own."""
        self.connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

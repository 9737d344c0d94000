"""The settings of the whole system."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select, update

from bot.core.schools.system import SignIn, SystemSettings, WhoMayInvite
from bot.core.values import dataclass
from bot.storage.statements import Statement, insert_new
from bot.storage.tables import system_settings

WHO_MAY_INVITE = "who_may_invite"
_SETTINGS = Statement(select(system_settings))
# An advisory lock, because settings that were never saved have no rows to lock.
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended("the settings of the whole system", 0)))
_READ: Mapping[str, Callable[[str], Any]] = {
    WHO_MAY_INVITE: WhoMayInvite,
    "sign_in": lambda value: tuple(SignIn(one) for one in value.split()),
    "invitations_a_day": int,
    "members_a_school": int,
    "mails_a_day": int,
    "messages_a_day": int,
}


@dataclass(frozen=True, slots=True)
class SqlSystem:
    """The system's settings in the database."""

    connection: Connection

    def settings(self) -> SystemSettings:
        """Return the settings; one that was never saved has its default."""
        kept = {row.name: row.value for row in _SETTINGS.rows(self.connection)}
        read = {name: _READ[name](value) for name, value in kept.items() if name in _READ}
        return SystemSettings(**read)

    def save(self, settings: SystemSettings) -> None:
        """Store the settings."""
        for name in _READ:
            value = getattr(settings, name)
            row = {"name": name, "value": " ".join(value) if isinstance(value, tuple) else str(value)}
            if not insert_new(self.connection, system_settings, row):
                same = system_settings.c.name == name
                self.connection.execute(update(system_settings).where(same).values(value=row["value"]))

    def lock(self) -> None:
        """Make other units that lock the settings wait until this one ends."""
        if self.connection.dialect.name == "postgresql":  # SQLite has one writer at a time
            self.connection.execute(_LOCK)

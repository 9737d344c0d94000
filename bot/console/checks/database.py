"""Checks of the database: reachable, writable, with free space, the right tables and the right secret key."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from bot.console.checks.findings import WHOSE, Area, Finding
from bot.console.keys import next_steps
from bot.core.ports import Clock
from bot.settings import Settings
from bot.storage.addresses import FORMS, lost, reason
from bot.storage.database import PG_CONNECTIONS
from bot.storage.migrate import BROKEN_OFF, Schema, head
from bot.storage.probe import Probe, probe
from bot.storage.vault import Vault

_AREA, _TABLES, _KEY = Area("database"), Area("migrations"), Area("secret key")
_MEGABYTE = 1024 * 1024
# With less free space than this, or than a tenth of the database, a backup or a busy day may fill the disk.
_ROOM = 200 * _MEGABYTE
_MOST_USED = 0.8
# PostgreSQL's code for a right that is missing.
_NO_RIGHT = "42501"
# What SQLite says about a file that is damaged, or none of its own.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_OWNER = "let the role in HOMEROOM_DATABASE_URL own the database (ALTER DATABASE … OWNER TO …) and its tables"


async def check(settings: Settings, vault: Vault | None, clock: Clock) -> tuple[Probe | None, list[Finding]]:
    """Check the database; also return what was found in it, or None if it cannot be reached."""
    try:
        found = await probe(settings.database_url, vault, clock)
    except (OSError, ValueError, DBAPIError) as broken:
        return None, [_unreachable(broken)]
    in_file = vault is not None and not settings.secret_key.get_secret_value()
    if in_file and (gone := lost(settings.database_url, settings.secret_key_file)) is not None:
        told, mend = gone
        return found, [_AREA.wrong(f"{told[0].upper()}{told[1:]}.", mend)]
    return found, [*_state(found), _tables(settings, found), *_keys(settings, found, vault)]


def _unreachable(broken: Exception) -> Finding:
    told = f"The database cannot be used: {reason(broken).rstrip('.')}."
    if isinstance(broken, PermissionError):
        return _AREA.wrong(told, WHOSE)
    if isinstance(broken, DBAPIError) and getattr(broken.orig, "sqlstate", None) == _NO_RIGHT:
        return _AREA.wrong(told, f"{_OWNER}.")
    if isinstance(broken, DBAPIError) and getattr(broken.orig, "sqlite_errorcode", None) in _DAMAGED:
        return _AREA.wrong(
            told,
            "If HOMEROOM_DATABASE_URL names the right file, it is damaged: stop Homeroom, copy the file "
            "elsewhere, and restore a backup: homeroom restore --force FILE. If not, correct the setting.",
        )
    return _AREA.wrong(
        told,
        f"Correct HOMEROOM_DATABASE_URL ({FORMS}), "
        "and check that the server runs and accepts connections from this machine.",
    )


def _state(found: Probe) -> list[Finding]:
    states = [_AREA.fine(f"{found.version} answers; it holds {found.size / _MEGABYTE:,.1f} MB.")]
    if found.not_writable:
        states.append(
            _AREA.wrong(
                f"The database cannot be written to: {found.not_writable}.",
                "SQLite: create the folder, and give it and the file to Homeroom's user (chown). "
                f"PostgreSQL: {_OWNER}; use no read-only replica. Stop whatever holds a lock.",
            )
        )
    if found.free is not None:
        room = f"{found.free / _MEGABYTE:,.0f} MB are free on the disk."
        if found.free < max(_ROOM, found.size / 10):
            states.append(_AREA.wrong(f"Only {room}", "Free some space, or move the file to a larger disk."))
        else:
            states.append(_AREA.fine(room))
    if found.connections is not None:
        used, most = found.connections
        told = f"{used} of {most} connections are in use; each replica uses up to {PG_CONNECTIONS}."
        if used > most * _MOST_USED:
            states.append(_AREA.note(told, "Raise PostgreSQL's max_connections, or run fewer replicas."))
        else:
            states.append(_AREA.fine(told))
    return states


def _tables(settings: Settings, found: Probe) -> Finding:
    if found.broken_off:
        return _TABLES.wrong(
            f"{BROKEN_OFF}.",
            "Run the same command again: homeroom restore FILE. It first puts the previous content back.",
        )
    match found.schema:
        case Schema.CURRENT:
            return _TABLES.fine(f"The tables match this version (revision {found.revision}).")
        case Schema.NEWER:
            return _TABLES.wrong(
                f"The tables belong to a later version of Homeroom (revision {found.revision}; this version "
                f"needs {head()}).",
                "Run that version again, or restore a backup that this version made.",
            )
        case Schema.NONE | Schema.OLDER:
            has = f"have revision {found.revision}" if found.revision else "do not exist yet"
            told = f"The tables {has}; this version needs {head()}."
            if settings.upgrade_at_start:
                if found.revision:
                    return _TABLES.note(f"{told} The next start upgrades them.", "Make a backup first.")
                return _TABLES.note(f"{told} The next start creates them.")
            return _TABLES.wrong(told, "Make a backup, stop all replicas, and run: homeroom db upgrade")


def _keys(settings: Settings, found: Probe, vault: Vault | None) -> list[Finding]:
    if found.key_fits is False:
        why = "The secret key does not fit this database" if vault else "There is no secret key"
        return [
            _KEY.wrong(
                f"{why}, or an older key is missing: without all its keys, codes and links do not work.",
                "Restore the right key (secret_key_file or HOMEROOM_SECRET_KEY) from your backup; of several "
                "keys, put the newest first.",
            )
        ]
    if found.keys is None or len(found.keys.keys) == 1:
        return []
    return [_KEY.note(f"There are several keys: {one}") for one in next_steps(settings, found.keys)]

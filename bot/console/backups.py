"""`homeroom backup` and `homeroom restore`."""

from pathlib import Path

from rich.console import Console

from bot.console.database import say
from bot.settings import Settings
from bot.storage import backups
from bot.storage.addresses import described
from bot.storage.backups import BadBackup
from bot.storage.vault import Vault

_REFUSED = 2
_MEGABYTE = 1024 * 1024


async def backup(settings: Settings, file: Path, console: Console) -> int:
    """Copy the database into a file; return the exit status."""
    try:
        size = await backups.backup(settings.database_url, file)
    except BadBackup as bad:
        return _told(console, str(bad))
    say(console, f"The backup is in {file} ({size / _MEGABYTE:,.1f} MB).")
    say(
        console,
        "It contains people's names and addresses: store it where nobody else can read it. "
        f"{_key_is(settings)} is not in it, and without that key its codes and links do not work: keep a "
        "copy of the key, in another place.",
    )
    return 0


async def restore(settings: Settings, file: Path, console: Console, *, force: bool) -> int:
    """Replace the database with a backup; return the exit status."""
    try:
        is_partial = backups.lacks_wal(file)
        restored = await backups.restore(settings.database_url, file, _vault(settings), force=force)
    except BadBackup as bad:
        return _told(console, str(bad))
    chains, entries = len(restored.verdicts), sum(one.last for one in restored.verdicts)
    place = described(settings.database_url)
    say(console, f"{place} was restored from {file}; its tables have revision {restored.revision}.")
    say(console, f"The audit log is intact: {entries} entries in {chains} chains.")
    if is_partial:
        say(
            console,
            f"{file} is a copy of a database file, and not made by `homeroom backup`. If Homeroom was "
            "running when it was copied, the latest changes before that are missing.",
        )
    if not settings.has_key:
        say(
            console,
            f"There is no secret key in {settings.secret_key_file}. Restore it from your copy before you "
            "start Homeroom.",
        )
    elif not restored.key_fits:
        say(
            console,
            f"{_key_is(settings)} does not fit this database. Restore the right key before you start "
            "Homeroom; if the key has been replaced since the backup, put it after the newer one.",
        )
    return 0


def _vault(settings: Settings) -> Vault | None:
    """Return the vault of the secret key; None if there is no key, because restoring never makes one."""
    return Vault(*settings.keys()) if settings.has_key else None


def _key_is(settings: Settings) -> str:
    if settings.secret_key.get_secret_value():
        return "The secret key (HOMEROOM_SECRET_KEY)"
    return f"The secret key ({settings.secret_key_file})"


def _told(console: Console, why: str) -> int:
    say(console, why)
    return _REFUSED

"""`homeroom key`: replaces the secret key step by step; a running Homeroom seals everything again."""

from rich.console import Console

from bot.console.database import moment, opened_database, say
from bot.console.grids import grid
from bot.core.keys import rotation as key_rotation
from bot.core.keys.ring import KeyRing
from bot.core.keys.rotation import KeyState, KeyStates
from bot.settings import Settings, key_file

_REFUSED = 2


async def keys(settings: Settings, what: str, console: Console) -> int:
    """Show the state of the secret keys, add a new one, or drop unneeded ones; return the exit status."""
    async with opened_database(settings) as database:
        found = await database.read(key_rotation.key_states)
    match what:
        case "new":
            return _new(settings, found, console)
        case "drop":
            return _drop(settings, found, console)
        case _:
            return _status(settings, found, console)


def _status(settings: Settings, found: KeyStates, console: Console) -> int:
    """Print the keys and the next steps; return 0 if no replacement is under way, else 1."""
    table = grid("Key", "", "Seals", unbroken="Key", title="Secret keys, in the order of the settings")
    for one in found.keys:
        table.add_row(one.name, _stands(one), f"{one.sealed:,}")
    console.print(table)
    for line in next_steps(settings, found):
        say(console, line)
    return int(found.changing or bool(found.leaving))


def _stands(one: KeyState) -> str:
    if one.known is None:
        return "not in use"
    if one.known.replaced_at is None:
        return f"in use since {moment(one.known.since)}"
    return f"replaced at {moment(one.known.replaced_at)}"


def next_steps(settings: Settings, found: KeyStates) -> list[str]:
    """Return what Homeroom does next in replacing the key, and what its operator must do."""
    first = found.keys[0].name
    if found.changing and not found.agreed:
        told = f"{first} comes into use once it is the first key of every replica ({found.replicas} now). "
        return [f"{told}Put it first in the settings of each replica, and restart them one by one."]
    if found.changing and not found.replicas:
        return [f"{first} comes into use when Homeroom starts."]
    if found.changing:
        return [f"{first} comes into use within seconds."]
    steps = [_leaving(one) for one in found.leaving]
    if found.droppable:
        names = ", ".join(found.droppable)
        steps.append(
            f"Nothing needs {names} any longer: {_how_to_drop(settings)}, and restart Homeroom, one replica "
            "after the other. Backups from before the change still need it: keep a copy as long as them."
        )
    return steps or ["Everything is sealed with this one key."]


def _leaving(one: KeyState) -> str:
    if one.sealed:
        return f"Still to be sealed again, while Homeroom runs: {one.sealed:,}. Keep {one.name} until then."
    until = one.known.replaced_at + key_rotation.KEPT if one.known and one.known.replaced_at else None
    at = f" until {moment(until)}" if until else ""
    return f"Everything is sealed again. Keep {one.name}{at}, so that people stay signed in on the web."


def _how_to_drop(settings: Settings) -> str:
    if settings.secret_key.get_secret_value():
        return "remove it from HOMEROOM_SECRET_KEY"
    return "run homeroom key drop"


def _new(settings: Settings, found: KeyStates, console: Console) -> int:
    """Put a new key first in the key file; refuse while an earlier replacement is under way."""
    if settings.secret_key.get_secret_value():
        say(
            console,
            "The key is in HOMEROOM_SECRET_KEY. Put a new one before it there, separated by a comma: "
            "`openssl rand -hex 32` makes one.",
        )
        return _REFUSED
    if len(found.keys) > 1:
        say(console, "There are several keys already: finish that change first.")
        return _status(settings, found, console) or _REFUSED
    path = settings.secret_key_file
    key_file.write(path, [key_file.fresh(), *settings.keys()])
    say(
        console,
        f"{path} now has a new key, before the older one. Copy the file to your password store and to every "
        "replica; then restart Homeroom, one replica after the other. `homeroom key status` tells when the "
        "older one can be removed.",
    )
    return 0


def _drop(settings: Settings, found: KeyStates, console: Console) -> int:
    """Remove the keys that nothing needs any more from the key file."""
    if not found.droppable or settings.secret_key.get_secret_value():
        for line in next_steps(settings, found):
            say(console, line)
        return _REFUSED
    path = settings.secret_key_file
    kept = [key for name, key in KeyRing(*settings.keys()).items() if name not in found.droppable]
    key_file.write(path, kept)
    say(
        console,
        f"{path} now has one key. Copy it to your password store and to every replica, and restart Homeroom, "
        "one replica after the other. Keep the older key as long as you keep backups from before the change.",
    )
    return 0

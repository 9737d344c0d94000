"""The platform's own roles and groups that a call names: looked up before the transaction."""

from collections.abc import Mapping
from typing import Any

from bot.chat.native_sync import NativeSync
from bot.chat.options import Option, OptionKind
from bot.core.errors import BadValue, Declared
from bot.core.following.ports import Native
from bot.core.rights.actors import Caller


def names_of(options: tuple[Option, ...], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of roles or groups among the values, by option."""
    names = [option.name for option in options if option.kind is OptionKind.NATIVE]
    return {name: str(values[name]).strip() for name in names if values.get(name)}


async def look_up(sync: NativeSync | None, caller: Caller, wanted: Mapping[str, str]) -> dict[str, Native]:
    """Look up roles or groups by name; raises a refusal for one that is not found or cannot be used."""
    if sync is None or caller.workspace is None:
        name = Declared(next(iter(wanted)))
        raise BadValue(name, "can only be looked up in a server, a workspace or the playground")
    return {name: await sync.find(caller, typed) for name, typed in wanted.items()}

"""Fetches what a call names that is still elsewhere: files, and roles or groups of a platform.

It fetches before the transaction, which cannot wait for a network, and only if the caller may make the call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, TypeAlias

from bot.chat import files, natives, when
from bot.chat.commands import APP, Command
from bot.chat.native_sync import NativeSync
from bot.chat.options import OptionKind, is_left_out
from bot.core.joining_errors import NotAPerson
from bot.core.rights.actors import Caller, Platform
from bot.core.values import dataclass, field
from bot.sheets.bounds import Bounds

# Raises a refusal if the caller may not make the call, checked without the values of the named options.
May: TypeAlias = Callable[[Command, Caller, Mapping[str, Any], Collection[str]], Awaitable[None]]
_FILES_AT_ONCE = 2  # each may take some hundred megabytes of memory while it is read


@dataclass(frozen=True)
class Preparation:
    """Replaces the names among the values of a call by what is fetched for them."""

    bounds: Bounds
    native_syncs: Mapping[Platform, NativeSync]
    may: May
    _room_for_files: asyncio.Semaphore = field(
        init=False, repr=False, default_factory=lambda: asyncio.Semaphore(_FILES_AT_ONCE)
    )

    async def prepared(
        self, command: Command, caller: Caller, values: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Fetch and prepare what the values name; raises a refusal, or whatever error a file causes."""
        if values.get(APP):
            raise NotAPerson
        times = [(one, values.get(one.name)) for one in command.options if one.kind is OptionKind.WHEN]
        if not all(is_left_out(one, typed) or when.is_ready(str(typed)) for one, typed in times):
            await asyncio.to_thread(when.load)  # inside a unit, every writer would wait for it
        if attached := files.attachments(command.options, values):
            await self.may(command, caller, values, attached)
            async with self._room_for_files:
                values = {**values, **await files.fetch_all(attached, command.prepares, self.bounds)}
        if named := natives.names_of(command.options, values):
            await self.may(command, caller, values, named)
            native_sync = self.native_syncs.get(caller.platform)
            values = {**values, **await natives.look_up(native_sync, caller, named)}
        return values

"""Registers the slash commands at Discord: compares them first, and sends them only if they differ."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import app_commands
from discord.http import Route

from bot.chat.text import Translate
from bot.platforms.discord import limits

_log = logging.getLogger(__name__)
Locales = Mapping[str, Translate]
_Payload = Mapping[str, Any]
_KEYS = (
    "type", "name", "description", "options", "choices", "required", "autocomplete", "value",
    "min_value", "max_value", "min_length", "max_length", "channel_types",
    "nsfw", "contexts", "integration_types",
)  # fmt: skip
_LOCALIZED = ("name_localizations", "description_localizations")
_PERMISSIONS = "default_member_permissions"
_SLASH = discord.AppCommandType.chat_input.value


async def register(tree: app_commands.CommandTree[Any], application_id: int, locales: Locales) -> bool:
    """Register our commands; return False where Discord refuses, and keeps those that it has."""
    try:
        if await _register_if_changed(tree, application_id, locales):
            _log.info("The slash commands were registered with Discord")
    except discord.HTTPException as refused:
        numbers = {"status": refused.status, "code": refused.code}
        _log.error("Discord rejected the slash commands, and may show older ones", extra=numbers)
        return False
    except discord.RateLimited as limited:
        wait = {"retry_after": limited.retry_after}
        _log.error("Discord rejected the slash commands for now, and may show older ones", extra=wait)
        return False
    return True


async def _register_if_changed(
    tree: app_commands.CommandTree[Any], application_id: int, locales: Locales
) -> bool:
    """Register our commands if Discord has different ones; return whether they were registered."""
    registered = await _registered(tree.client, application_id)
    ours = payloads(tree, locales)
    if same_commands(registered, ours):
        return False
    await tree.client.http.bulk_upsert_global_commands(application_id, payload=ours)
    return True


async def _registered(client: discord.Client, application_id: int) -> Sequence[_Payload]:
    """Return the registered commands; Discord leaves out localizations unless it is asked for them."""
    route = Route("GET", "/applications/{application_id}/commands", application_id=application_id)
    found: Sequence[_Payload] = await client.http.request(route, params={"with_localizations": "true"})
    return found


def payloads(tree: app_commands.CommandTree[Any], locales: Locales) -> list[dict[str, Any]]:
    """Return our commands as Discord's API expects them, with all languages that we have."""
    made = [command.to_dict(tree) for command in tree.get_commands()]
    return [_localized(one, locales, typed=one["type"] == _SLASH) for one in made]


def _localized(thing: dict[str, Any], locales: Locales, *, typed: bool) -> dict[str, Any]:
    """Return a command, option or choice with its localizations, and with those of everything inside it.

    A translation that Discord would not accept is left out, and English is shown. A name that people type
    must be one word in lower case (`typed`).
    """
    made = dict(thing)
    for key, most in (("name", limits.COMMAND_NAME), ("description", limits.COMMAND_DESCRIPTION)):
        words = str(thing.get(key, ""))
        found = {locale: translate(words) for locale, translate in locales.items() if words}
        fitting = {one: text for one, text in found.items() if text != words and 0 < len(text) <= most}
        if key == "name" and typed:
            fitting = {one: text for one, text in fitting.items() if text == text.lower() and " " not in text}
        if fitting:
            made[f"{key}_localizations"] = fitting
    for inside, named in (("options", True), ("choices", False)):
        if inside in thing:
            made[inside] = [_localized(one, locales, typed=named) for one in thing[inside]]
    return made


def same_commands(registered: Sequence[_Payload], ours: Sequence[_Payload]) -> bool:
    """Tell whether two lists of commands mean the same, regardless of order."""
    return _comparable(registered) == _comparable(ours)


def _comparable(commands: Sequence[_Payload]) -> dict[tuple[int, str], Any]:
    return {(command.get("type", _SLASH), command["name"]): _essence(command) for command in commands}


def _essence(thing: Any) -> Any:
    """Return the parts of a command that matter, without the defaults that Discord adds or leaves out."""
    if isinstance(thing, Mapping):
        kept = {key: _essence(thing[key]) for key in _KEYS if key in thing}
        kept |= {key: dict(thing[key]) for key in _LOCALIZED if thing.get(key)}
        if thing.get(_PERMISSIONS) is not None:
            kept[_PERMISSIONS] = str(thing[_PERMISSIONS])  # sent as a number, returned as text
        return {key: value for key, value in kept.items() if value not in (None, False, [])}
    if isinstance(thing, list | tuple):
        items = [_essence(item) for item in thing]
        return sorted(items) if all(isinstance(item, int) for item in items) else items
    return thing

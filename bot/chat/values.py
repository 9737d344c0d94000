"""The values that people enter for a command, read into the types that its handler takes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.chat.commands import SCHOOL, Command
from bot.chat.context import Context
from bot.chat.options import Option, OptionKind, cleaned, is_left_out, read
from bot.core.errors import BadValue, Declared, Refusal
from bot.core.files import BadFile

T = TypeVar("T")
_UTC = ZoneInfo("UTC")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Strip what no database can store: NUL, and lone surrogates, left when a browser cuts text."""
    return {
        name: _UNSTORABLE.sub("", one) if isinstance(one, str) and not one.isprintable() else one
        for name, one in values.items()
    }


def as_typed(value: object) -> str:
    """Return a value as people type it."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def without_secrets(options: Iterable[Option], typed: Mapping[str, T]) -> dict[str, T]:
    """Return the typed values without secrets, which must not stay readable in a message."""
    return {one.name: typed[one.name] for one in options if one.name in typed and not one.secret}


def missing(command: Command, values: Mapping[str, Any]) -> bool:
    """Tell whether a required option has no value."""
    return any(option.required and not values.get(option.name) for option in command.options)


def opens_form(command: Command, values: Mapping[str, Any]) -> bool:
    """Tell whether a command that was typed with these values opens its form (see `Command.asks`)."""
    place = {SCHOOL} if command.at_school else set()
    return command.asks is not None and not set(values) - place


def wrong_option(ctx: Context, refusal: Refusal) -> str | None:
    """Return the name of the option that a refusal is about, or None."""
    if isinstance(refusal, BadFile) and ctx.command is not None:
        return next((one.name for one in ctx.command.options if one.kind is OptionKind.FILE), None)
    return refusal.option if isinstance(refusal, BadValue) else None


def read_all(ctx: Context, command: Command) -> dict[str, Any]:
    """Read the value of each option; raise `BadValue` for the first one that is wrong."""
    for name in ctx.values:
        if command.option(name) is None:
            raise BadValue(Declared(str(name)[:40]), f"is not an option of {ctx.typed(command.path)}")
    values = {}
    for option in command.options:
        raw = cleaned(ctx.values.get(option.name), lines=option.lines)
        if is_left_out(option, raw):
            if option.required:
                raise option.wrong("is missing")
            if raw == "" and ctx.values[option.name]:  # spaces only, not a field left empty
                raise option.wrong("is empty")
            continue
        zone = ctx.zone if option.kind is OptionKind.WHEN else _UTC  # `ctx.zone` may take a query
        read_value = read(option, raw, now=ctx.uow.now, zone=zone)
        if not command.asks_school(option):  # handlers use `ctx.school`
            values[option.name] = read_value
    return values

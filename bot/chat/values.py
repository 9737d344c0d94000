"""What people entered for a command, as its handler takes it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.chat.commands import Command
from bot.chat.context import Context
from bot.chat.options import Kind, Option, entered, left_out, read
from bot.core.errors import BadValue, Declared, Refusal
from bot.core.files import BadFile

T = TypeVar("T")
_UTC = ZoneInfo("UTC")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Take out of what came in what no database holds, and halves of a sign that a browser has cut."""
    return {
        name: _UNSTORABLE.sub("", one) if isinstance(one, str) and not one.isprintable() else one
        for name, one in values.items()
    }


def without_secrets(options: Iterable[Option], typed: Mapping[str, T]) -> dict[str, T]:
    """Choose of what was typed what may be kept in a message: whoever has a secret has what it opens."""
    return {one.name: typed[one.name] for one in options if one.name in typed and not one.secret}


def missing(command: Command, values: Mapping[str, Any]) -> bool:
    """Tell whether something is missing without which a command cannot be run."""
    return any(option.required and not values.get(option.name) for option in command.options)


def asks(command: Command, values: Mapping[str, Any]) -> bool:
    """Tell whether a command typed like this asks what to do."""
    place = {"school"} if command.at_school else set()
    return command.asks is not None and not set(values) - place


def wrong_option(ctx: Context, refusal: Refusal) -> str | None:
    """Name the option that a refusal is about, if it is about one."""
    if isinstance(refusal, BadFile) and ctx.command is not None:
        return next((one.name for one in ctx.command.options if one.kind is Kind.FILE), None)
    return refusal.option if isinstance(refusal, BadValue) else None


def read_all(ctx: Context, command: Command) -> dict[str, Any]:
    """Read what people entered for each option; `BadValue` says what is wrong with the first that is."""
    for name in ctx.values:
        if command.option(name) is None:
            raise BadValue(Declared(str(name)[:40]), f"is not an option of {ctx.typed(command.path)}")
    values = {}
    for option in command.options:
        raw = entered(ctx.values.get(option.name), lines=option.lines)
        if left_out(option, raw):
            if option.required:
                raise option.wrong("is missing")
            if raw == "" and ctx.values[option.name]:  # spaces are more than a field that was left empty
                raise option.wrong("is empty")
            continue
        zone = ctx.zone if option.kind is Kind.WHEN else _UTC  # finding it may take a query
        read_value = read(option, raw, now=ctx.uow.now, zone=zone)
        if not (command.at_school and option.name == "school"):  # `ctx.school` has it
            values[option.name] = read_value
    return values

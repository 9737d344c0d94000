"""Menus under a refusal: what was typed may mean several schools or people, and one click chooses."""

from collections.abc import Sequence
from contextlib import suppress

from bot.chat import forms
from bot.chat.actions import Action
from bot.chat.context import Context, school_item
from bot.chat.options import Option
from bot.chat.replies import Item, Select
from bot.chat.text import Line, say, verbatim
from bot.chat.values import as_typed, missing, opens_form, without_secrets
from bot.core import errors
from bot.core.errors import Refusal
from bot.core.ids import is_id
from bot.core.schools import which_school
from bot.core.typed_lists import beginnings, single_spaced


def of(ctx: Context, refusal: Refusal) -> tuple[Select, ...]:
    """Return a menu to choose what was meant, if a button can carry the other values that were typed."""
    match refusal:
        case errors.SchoolUnclear() if is_about_place(ctx, refusal):
            action = _again(ctx, "school")
            items = [_school(ctx, name, action) for name in refusal.names] if action else []
            return _menu(say("Choose the school"), action, "school", items)
        case errors.NameUnclear():
            return _people(ctx, refusal.name)
        case errors.NoMemberNamed():
            return _people(ctx, refusal.typed)
        case errors.NotFound(what="request") | errors.BadValue(option="request") if ctx.value("request"):
            return _people(ctx, ctx.value("request"))
        case _:
            return ()


def is_about_place(ctx: Context, unclear: errors.SchoolUnclear) -> bool:
    """Tell whether it is the option `school` that is unclear, rather than another one that names a school."""
    return single_spaced(ctx.value("school")) == single_spaced(unclear.typed)


def _people(ctx: Context, typed: str) -> tuple[Select, ...]:
    """Return a menu of the people whom the option suggests in which the unclear name was typed."""
    for option in ctx.command.options if ctx.command else ():
        if option.suggest and single_spaced(ctx.value(option.name)).removeprefix("@") == single_spaced(typed):
            with suppress(Refusal):  # no school may be meant whose people could be suggested
                items, rest = _like(ctx, option, typed)
                return _menu(say("Choose the person"), _again(ctx, option.name, rest), option.name, items)
    return ()


def _like(ctx: Context, option: Option, typed: str) -> tuple[Sequence[Item], str]:
    """Return whom an option suggests for the name that a text begins with, and the words behind the name."""
    for name, rest in beginnings(typed):
        if items := forms.suggestions(ctx, option, name):
            return items, rest
    return (), ""


def _menu(label: Line, action: Action | None, fills: str, items: Sequence[Item]) -> tuple[Select, ...]:
    if action is None or not items or not all(action.filled(**{fills: one.value}).fits for one in items):
        return ()
    return (Select(label, action, fills=fills, items=tuple(items)),)


def _again(ctx: Context, name: str, rest: str = "") -> Action | None:
    """Return the same call, or its form, as an action that takes one option; None if a button has no room.

    The `rest` of what was typed is for the next option that is required; without one, the form asks for it.
    """
    command = ctx.command
    if command is None or command.option(name) is None:
        return None
    needed = next(
        (one.name for one in command.options if one.required and not ctx.values.get(one.name)), None
    )
    values = {**ctx.values, needed: rest} if needed and rest else ctx.values
    typed = {one: value for one, value in values.items() if one != name}
    kept = without_secrets(command.options, typed)
    lost = bool(rest) and needed is None and command.more_to_ask
    asks = not ctx.clicked and (lost or missing(command, values) or opens_form(command, values))
    action = Action(command.path, {one: _typed(value) for one, value in kept.items()}, ask=asks)
    return action if len(kept) == len(typed) and all(action.values.values()) else None


def _typed(value: object) -> str:
    """Return a value as people type it; empty for a file and other values that cannot be typed."""
    return as_typed(value) if isinstance(value, str | int) else ""


def _school(ctx: Context, name: str, action: Action) -> Item:
    """Return an item for a school; its value is the id if the action has no room for the name."""
    school = ctx.uow.schools.by_id(name) if is_id(name) else None
    if school is not None:
        return school_item(ctx, school, name)
    fits = action.filled(school=name).fits
    return Item(name if fits else which_school.meant(ctx.uow, ctx.actor, name).id, verbatim(name))

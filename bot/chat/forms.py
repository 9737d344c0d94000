"""The form of a command, derived from its options."""

from collections.abc import Sequence

from bot.chat import limits
from bot.chat.actions import Action
from bot.chat.commands import Command
from bot.chat.context import Context
from bot.chat.options import Kind, Option
from bot.chat.replies import Field, Form, Item
from bot.chat.text import plain, say, verbatim
from bot.core.errors import Refusal

_YES_NO = (("yes", say("Yes")), ("no", say("No")))


def form_for(ctx: Context, command: Command, action: Action, *, fixed: bool) -> Form:
    """Make the form that completes an action; with `fixed`, its values are kept and not shown."""
    kept = {name: value for name, value in action.values.items() if fixed or name == "school"}
    filled = {**(command.asks(ctx) if command.asks else {}), **action.values}
    fields = tuple(
        Field(option, tuple(_items(ctx, option)), filled.get(option.name))
        for option in command.options
        if option.name not in kept and not _known(ctx, command, option)
    )
    return Form(
        title=verbatim(command.description),
        action=Action(command.path, kept),
        fields=fields,
        submit=say("Send"),
        note=command.tells(ctx) if command.tells else None,
    )


def _known(ctx: Context, command: Command, option: Option) -> bool:
    """Tell whether the place answers the question of the school already."""
    if not (command.at_school and option.name == "school"):
        return False
    try:
        return bool(ctx.school)
    except Refusal:
        return False


def _items(ctx: Context, option: Option) -> Sequence[Item]:
    if option.kind is Kind.YES_NO:
        return [Item(value, label) for value, label in _YES_NO]
    if option.choices:
        return [Item(stored, verbatim(shown)) for stored, shown in option.choices]
    found = suggestions(ctx, option, "")
    # A full page of suggestions is a sample, not a choice: what is not on it must be typed.
    return found if len(found) < limits.SUGGESTIONS else []


def suggestions(ctx: Context, option: Option, typed: str) -> Sequence[Item]:
    """Offer what fits what was typed: fixed choices, or what the option's own function finds."""
    if option.suggest is not None:
        return list(option.suggest(ctx, typed))[: limits.SUGGESTIONS]
    items = _items(ctx, option) if option.choices or option.kind is Kind.YES_NO else []
    wanted = typed.casefold()
    return [item for item in items if wanted in plain(item.label).casefold()][: limits.SUGGESTIONS]

"""The form of a command, derived from its options."""

from collections.abc import Mapping, Sequence

from bot.chat import limits, rights
from bot.chat.actions import Action
from bot.chat.commands import Command
from bot.chat.context import Context
from bot.chat.options import NOTHING, Kind, Option, entered
from bot.chat.replies import Field, Form, Item
from bot.chat.text import plain, say, verbatim
from bot.core.errors import Refusal
from bot.core.values import replace

_YES_NO = (("yes", say("Yes")), ("no", say("No")))
_EMPTY: Mapping[str, str] = {}
_NOTHING = Item(NOTHING, say("None"))
# What a command's last word becomes on a button, where it is no word for what the button does.
_SUBMIT = {"edit": "Save", "list": "Show", "person": "Invite", "leaked": "Show", "billing": "Show"}


def form_for(
    ctx: Context, command: Command, action: Action, *, fixed: bool, filled: Mapping[str, str] = _EMPTY
) -> Form:
    """Make the form that completes an action; with `fixed`, its values are kept and not shown.

    `filled` is what somebody typed before.
    """
    kept = {name: value for name, value in action.values.items() if fixed or name == "school"}
    there = command.asks(ctx) if command.asks else {}
    known = {**there, **action.values, **filled}
    fields = tuple(
        Field(_marked(option, there), _offered(ctx, option, there), known.get(option.name))
        for option in (command.shapes(ctx) if command.shapes else command.options)
        if option.name not in kept and not _known(ctx, command, option)
    )
    return Form(
        title=verbatim(command.description),
        action=Action(command.path, kept),
        fields=fields,
        submit=say(submit(command)),
        note=command.tells(ctx) if command.tells else None,
    )


def submit(command: Command) -> str:
    """Name the button that sends a form."""
    word = command.path.split(" ")[-1]
    return command.submit or _SUBMIT.get(word) or word.replace("_", " ").capitalize()


def _marked(option: Option, there: Mapping[str, str]) -> Option:
    """Mark as needed what stands there already and cannot be taken away: emptied, it would silently stay."""
    return replace(option, required=option.required or bool(there.get(option.name) and not option.clears))


def _known(ctx: Context, command: Command, option: Option) -> bool:
    """Tell whether the place answers the question of the school already."""
    if not (command.at_school and option.name == "school"):
        return False
    try:
        return bool(ctx.school)
    except Refusal:
        return False


def _offered(ctx: Context, option: Option, there: Mapping[str, str]) -> tuple[Item, ...]:
    """List what can be chosen, with what stands there: where only others are listed it could not be left."""
    items, now = tuple(_items(ctx, option)), there.get(option.name)
    if not (items and now) or any(item.value == now for item in items):
        return items
    return (Item(now, verbatim(now)), *items)


def _items(ctx: Context, option: Option) -> Sequence[Item]:
    if option.kind is Kind.YES_NO:
        return [Item(value, label) for value, label in _YES_NO]
    if option.choices:
        return [Item(stored, verbatim(shown)) for stored, shown in option.choices]
    found = suggestions(ctx, option, "")
    # A full page of suggestions is a sample, not a choice: what is not on it must be typed.
    return found if len(found) < limits.SUGGESTIONS else []


def suggested(ctx: Context, command: Command, option: Option, typed: str) -> Sequence[Item]:
    """Offer values for an option while a person types; nothing to those who may not."""
    try:
        rights.require(ctx, command)
        # Where somebody begins as with a mention, it is a name all the same.
        wanted = str(entered(typed[: limits.SHORT_TEXT])).removeprefix("@")
        return tuple(suggestions(ctx, option, wanted))
    except Refusal:
        return ()


def suggestions(ctx: Context, option: Option, typed: str) -> Sequence[Item]:
    """Offer what fits what was typed: fixed choices, or what the option's own function finds."""
    if option.suggest is not None:
        found = list(option.suggest(ctx, typed))
        # What was chosen from a list cannot be emptied everywhere, so nothing is on the list too.
        nothing = [_NOTHING] if option.clears and typed.casefold() in NOTHING else []
        return [*found[: limits.SUGGESTIONS - len(nothing)], *nothing]
    items = _items(ctx, option) if option.choices or option.kind is Kind.YES_NO else []
    wanted = typed.casefold()
    return [item for item in items if wanted in plain(item.label).casefold()][: limits.SUGGESTIONS]

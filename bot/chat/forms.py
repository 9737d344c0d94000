"""The form of a command, derived from its options, and the values that are suggested for them."""

from collections.abc import Mapping, Sequence

from bot.chat import limits, meanwhile, rights
from bot.chat.actions import Action
from bot.chat.commands import SCHOOL, Command
from bot.chat.context import Context
from bot.chat.options import NOTHING, Option, OptionKind, cleaned
from bot.chat.replies import Correction, Field, Form, Item
from bot.chat.text import plain, say, verbatim
from bot.core.errors import Refusal
from bot.core.values import replace

_YES_NO = (("yes", say("Yes")), ("no", say("No")))
_EMPTY: Mapping[str, str] = {}
_NOTHING = Item(NOTHING, say("None"))
# The button's label, for commands whose last word does not say what the button does.
_SUBMIT = {"edit": "Save", "list": "Show"}


def form_for(
    ctx: Context, command: Command, action: Action, *, fixed: bool, filled: Mapping[str, str] = _EMPTY
) -> Form:
    """Make the form that completes an action; with `fixed`, the action's own values are kept and not shown.

    `filled` has what the person entered before.
    """
    kept = {**action.values} if fixed else _place(ctx, command, action)
    current = command.asks(ctx) if command.asks else {}
    known = {**current, **action.values, **filled}
    fields = tuple(
        Field(_keep_required(option, current), _offered(ctx, option, current), known.get(option.name))
        for option in (command.shapes(ctx) if command.shapes else command.options)
        if option.name not in kept and not _known(ctx, command, option)
    )
    return Form(
        title=verbatim(command.description),
        action=meanwhile.marked(Action(command.path, kept), command, current),
        fields=fields,
        submit=say(submit(command)),
        note=command.tells(ctx) if command.tells else None,
    )


def correction(form: Form, typed: Mapping[str, str], wrong: str) -> Correction | None:
    """Return the form for a typed command with a wrong value; None if it asks for less than was typed."""
    asked = {field.option.name for field in form.fields}
    whole = typed.keys() <= asked | form.action.values.keys()
    return Correction(form, typed) if whole and wrong in asked else None


def _place(ctx: Context, command: Command, action: Action) -> Mapping[str, str]:
    """Return the school that an action names, if that is its place: by its id, which fits every form."""
    if not (command.at_school and action.values.get(SCHOOL)):
        return {}
    try:
        return {SCHOOL: ctx.school.id}
    except Refusal:
        return {}


def submit(command: Command) -> str:
    """Return the label of the button that submits a command's form."""
    word = command.path.split(" ")[-1]
    return command.submit or _SUBMIT.get(word) or word.replace("_", " ").capitalize()


def _keep_required(option: Option, current: Mapping[str, str]) -> Option:
    """Make an option required if it has a value that cannot be cleared: emptied, it would silently stay."""
    return replace(option, required=option.required or bool(current.get(option.name) and not option.clears))


def _known(ctx: Context, command: Command, option: Option) -> bool:
    """Tell whether the option is the school, and the place of the call determines it already."""
    if not command.asks_school(option):
        return False
    try:
        return bool(ctx.school)
    except Refusal:
        return False


def _offered(ctx: Context, option: Option, current: Mapping[str, str]) -> tuple[Item, ...]:
    """List the choices of an option; the current value is always among them, so that it can be kept."""
    items, now = tuple(_items(ctx, option)), current.get(option.name)
    if not (items and now) or any(item.value == now for item in items):
        return items
    return (Item(now, verbatim(now)), *items)


def _items(ctx: Context, option: Option) -> Sequence[Item]:
    if option.kind is OptionKind.YES_NO:
        return [Item(value, label) for value, label in _YES_NO]
    if option.choices:
        return [Item(stored, verbatim(shown)) for stored, shown in option.choices]
    found = suggestions(ctx, option, "")
    # A full page of suggestions may not be all of them, so it is no menu: the value must be typed.
    return found if len(found) < limits.SUGGESTIONS else []


def suggested(ctx: Context, command: Command, option: Option, typed: str) -> Sequence[Item]:
    """Suggest values for an option while a person types; nothing to people who may not use the command."""
    try:
        if command.asks_school(option):  # only schools where they may are suggested, and none is chosen yet
            rights.require_place(ctx, command)
        else:
            rights.require(ctx, command)
        # People often put an @ before a plain name, as in a mention.
        wanted = str(cleaned(typed[: limits.SHORT_TEXT])).removeprefix("@")
        return tuple(suggestions(ctx, option, wanted))
    except Refusal:
        return ()


def suggestions(ctx: Context, option: Option, typed: str) -> Sequence[Item]:
    """Suggest what matches the typed text: what the option's `suggest` finds, or its fixed choices."""
    if option.suggest is not None:
        found = list(option.suggest(ctx, typed))
        # Not every platform lets people unset a menu, so the menu offers "None".
        nothing = [_NOTHING] if option.clears and typed.casefold() in NOTHING else []
        return [*found[: limits.SUGGESTIONS - len(nothing)], *nothing]
    items = _items(ctx, option) if option.choices or option.kind is OptionKind.YES_NO else []
    wanted = typed.casefold()
    return [item for item in items if wanted in plain(item.label).casefold()][: limits.SUGGESTIONS]

"""Renders a form as a Slack modal, and reads the answers of a submitted one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, assert_never

from bot.cards.slack import (
    CANCEL,
    CHOOSE_COMMAND,
    CLOSE,
    COMMAND,
    NAME,
    NATIVE_EXAMPLES,
    NEXT,
    SOMEBODY_HERE,
    WHEN_EXAMPLES,
    too_long,
    use_typed,
)
from bot.chat import limits as chat_limits
from bot.chat.actions import Action, UnreadableAction, unpack
from bot.chat.commands import Command, Registry
from bot.chat.options import Option, OptionKind
from bot.chat.replies import Card, Field, Form, Item, Reply
from bot.chat.text import plain, spans, verbatim
from bot.core.values import replace
from bot.platforms.slack import ids, limits
from bot.platforms.slack.place import Place, metadata, packed
from bot.platforms.slack.rendering.emoji import with_emoji
from bot.platforms.slack.rendering.render import option_object, words
from bot.platforms.slack.rendering.spans import Element, plain_text, rich, short, unescape

_ERROR_LENGTH = 500


def modal(form: Form, place: Place) -> Element:
    """Return a form as a modal; it stores the action and the place, so that it survives a restart."""
    title = plain(form.title)
    blocks = [*_head(form, title), *(block for field in form.fields for block in _inputs(field))]
    return {
        "type": "modal",
        "callback_id": ids.FORM,
        "title": plain_text(title if len(title) <= limits.VIEW_TITLE else NAME, limits.VIEW_TITLE),
        "submit": plain_text(plain(form.submit), limits.VIEW_BUTTON),
        "close": plain_text(plain(CANCEL), limits.VIEW_BUTTON),
        "private_metadata": _metadata(place, action=form.action.pack()),
        "blocks": blocks or [paragraph(title)],
    }


def _metadata(place: Place, **more: str) -> str:
    whole = packed({**more, "place": place.pack()})
    if len(whole) <= limits.PRIVATE_METADATA:
        return whole
    bare = Place(place.user, place.team, place.channel)
    return packed({**more, "place": bare.pack()})


def _head(form: Form, title: str) -> Iterator[Element]:
    if len(title) > limits.VIEW_TITLE:
        yield {"type": "header", "text": plain_text(title, limits.HEADER)}
    if form.note:
        yield {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": rich(spans(form.note))}],
        }
    for field in form.fields:
        if len(field.value or "") > _max_length(field.option):
            yield paragraph(plain(too_long(field.option.label)))


def paragraph(text: str) -> Element:
    """Return a text as a plain block."""
    return {"type": "section", "text": plain_text(text, limits.TEXT)}


def _max_length(option: Option) -> int:
    """Return how long the value that a field starts with may be."""
    if option.suggest is not None:
        return limits.OPTION_VALUE
    if option.kind is not OptionKind.TEXT:
        return limits.INPUT
    return min(limits.INPUT, option.maximum or _text_limit(option))


def _text_limit(option: Option) -> int:
    return chat_limits.LONG_TEXT if option.lines else chat_limits.SHORT_TEXT


def _inputs(field: Field) -> Iterator[Element]:
    """Return the inputs for an option; if it may name anyone, with a menu of the workspace's people."""
    if not field.option.anyone:
        yield _input(field)
        return
    mention = ids.MENTION.fullmatch(field.value or "")
    yield _input(replace(field, value=None) if mention else field)
    drawn: Element = {
        "type": "input",
        "block_id": f"{field.option.name}{ids.PERSON_SUFFIX}",
        "label": plain_text(plain(SOMEBODY_HERE), limits.LABEL),
        "optional": True,
        "element": {"type": "users_select", **({"initial_user": mention[1]} if mention else {})},
    }
    yield {**drawn, "element": {**drawn["element"], "action_id": ids.field_id(drawn)}}


def _input(field: Field) -> Element:
    option, element = field.option, _element(field)
    drawn = {
        "type": "input",
        "block_id": option.name,
        "label": plain_text(option.label, limits.LABEL),
        "hint": plain_text(option.description, limits.HINT),
        "optional": not option.required or len(field.value or "") > _max_length(option),
        "element": element,
    }
    return {**drawn, "element": {**element, "action_id": ids.field_id(drawn)}}


def _element(field: Field) -> Element:  # noqa: PLR0911 - one return a kind
    option = field.option
    value = field.value if len(field.value or "") <= _max_length(option) else None
    match option.kind:
        case OptionKind.TEXT if option.suggest is not None:
            return _external(value)
        case OptionKind.CHOICE | OptionKind.YES_NO:
            return _static(field)
        case OptionKind.TEXT:
            return _text(value, multiline=option.lines, max_length=_max_length(option))
        case OptionKind.WHOLE if value is None or value.isdecimal():
            return _number(option, value)
        case OptionKind.WHOLE:
            return _text(value)
        case OptionKind.WHEN:
            return {**_text(value), "placeholder": plain_text(plain(WHEN_EXAMPLES), limits.PLACEHOLDER)}
        case OptionKind.CHANNEL:
            return _channel(value)
        case OptionKind.NATIVE:
            return {**_text(value), "placeholder": plain_text(plain(NATIVE_EXAMPLES), limits.PLACEHOLDER)}
        case OptionKind.FILE:
            return {"type": "file_input", "filetypes": [*option.formats], "max_files": 1}
        case _:
            assert_never(option.kind)


def _text(value: str | None, **more: Any) -> Element:
    drawn: Element = {"type": "plain_text_input", **more}
    return {**drawn, "initial_value": value} if value else drawn


def _number(option: Option, value: str | None) -> Element:
    drawn: Element = {"type": "number_input", "is_decimal_allowed": False}
    if option.minimum is not None:
        drawn["min_value"] = str(option.minimum)
    if option.maximum is not None:
        drawn["max_value"] = str(option.maximum)
    return {**drawn, "initial_value": value} if value else drawn


def _static(field: Field) -> Element:
    wanted = (field.value or "").casefold()
    drawn: Element = {"type": "static_select", "options": [option_object(item) for item in field.items]}
    for item in field.items:
        if wanted and wanted in {item.value.casefold(), plain(item.label).casefold()}:
            return {**drawn, "initial_option": option_object(item)}
    return drawn


def _external(value: str | None) -> Element:
    """Return a select whose options Slack asks for; they include what was typed, see `suggested`."""
    drawn: Element = {"type": "external_select", "min_query_length": 0}
    return {**drawn, "initial_option": option_object(Item(value, verbatim(value)))} if value else drawn


def _channel(value: str | None) -> Element:
    drawn: Element = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    known = value is not None and value[:1] in {"C", "G"} and value.isalnum()
    return {**drawn, "initial_conversation": value} if known else drawn


def suggested(items: Sequence[Item], typed: str) -> list[Element]:
    """Return suggestions as options, with what was typed as one more, so that it can be kept."""
    options = [option_object(item) for item in items if 0 < len(item.value) <= limits.OPTION_VALUE]
    known = {text.casefold() for item in items for text in (item.value, plain(item.label))}
    if 0 < len(typed) <= limits.OPTION_VALUE and typed.casefold() not in known:
        options.append(option_object(Item(typed, use_typed(typed))))
    return options[: limits.SELECT_OPTIONS]


def menu(registry: Registry, offered: Iterable[Command], place: Place) -> Element:
    """Return a modal that offers commands to choose from, by group."""
    paths = {command.path for command in offered}
    groups = [
        {"label": plain_text(group.description, limits.GROUP_LABEL), "options": options}
        for group in registry.groups
        if (options := [_command(one.path, one.description) for one in group.commands if one.path in paths])
    ]
    select = {"type": "static_select", "action_id": ids.FIELD, "option_groups": groups}
    return {
        "type": "modal",
        "callback_id": ids.MENU,
        "title": plain_text(NAME, limits.VIEW_TITLE),
        "submit": plain_text(plain(NEXT), limits.VIEW_BUTTON),
        "close": plain_text(plain(CANCEL), limits.VIEW_BUTTON),
        "private_metadata": _metadata(place),
        "blocks": [
            {
                "type": "input",
                "block_id": "command",
                "label": plain_text(plain(COMMAND), limits.LABEL),
                "element": {**select, "placeholder": plain_text(plain(CHOOSE_COMMAND), limits.PLACEHOLDER)},
            }
        ],
    }


def notice(words: str, place: Place) -> Element:
    """Return a modal that shows words in place of a form."""
    return {
        "type": "modal",
        "callback_id": ids.NOTICE,
        "title": plain_text(NAME, limits.VIEW_TITLE),
        "close": plain_text(plain(CLOSE), limits.VIEW_BUTTON),
        "private_metadata": _metadata(place),
        "blocks": [paragraph(words)],
    }


def _command(path: str, description: str) -> Element:
    words = f"{path} · {description}"
    return {"text": plain_text(short(words, limits.OPTION_TEXT), limits.OPTION_TEXT), "value": path}


def action_of(view: Mapping[str, Any]) -> Action:
    """Return the action that a form completes; raises `UnreadableAction` if it is not one of ours."""
    action = metadata(view).get("action")
    if not isinstance(action, str):
        raise UnreadableAction(str(view.get("callback_id")))
    return unpack(action)


def answers(view: Mapping[str, Any]) -> dict[str, str]:
    """Return the answers of a submitted form, by option, with empty ones, which can clear a field."""
    values: Mapping[str, Any] = (view.get("state") or {}).get("values") or {}
    found = {name: _answer(elements.values()) for name, elements in values.items()}
    for name in [one for one in found if one.endswith(ids.PERSON_SUFFIX)]:
        user, option = found.pop(name), name.removesuffix(ids.PERSON_SUFFIX)
        if user and not found.get(option):
            found[option] = f"<@{user}>"
    return found


def chosen_files(view: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids of a submitted form's files, by option."""
    values: Mapping[str, Any] = (view.get("state") or {}).get("values") or {}
    return {
        name: str(element["files"][0]["id"])
        for name, elements in values.items()
        for element in elements.values()
        if element.get("type") == "file_input" and element.get("files")
    }


def _answer(elements: Iterable[Mapping[str, Any]]) -> str:
    for element in elements:
        chosen = element.get("selected_option") or {}
        others = element.get("selected_conversation") or element.get("selected_user")
        picked = chosen.get("value") or others or ""
        return with_emoji(str(element.get("value") or "")) or unescape(str(picked))
    return ""


def under_field(reply: Reply, view: Mapping[str, Any]) -> dict[str, str]:
    """Return a refusal as an error under the field that it is about; empty where it belongs elsewhere."""
    shown = (view.get("state") or {}).get("values") or {}
    if (
        reply.option is not None
        and reply.option in shown
        and isinstance(reply.answer, Card)
        and reply.redraw is None
    ):
        return {reply.option: short(words(reply.answer), _ERROR_LENGTH)}
    return {}

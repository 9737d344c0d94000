"""Restores what a person typed from the text of a command as Slack delivers it."""

import re
from collections.abc import Callable

from bot.chat.commands import Command, Registry
from bot.chat.grammar import QUOTES, Typed
from bot.chat.options import PEOPLE, Option, OptionKind
from bot.core.errors import Refusal
from bot.platforms.slack import ids
from bot.platforms.slack.rendering.emoji import with_emoji
from bot.platforms.slack.rendering.spans import unescape

# Slack wraps people, channels, groups and links in angle brackets; a < that somebody typed arrives as &lt;.
_MARK = re.compile(
    r"(?:(?<!\S)(?P<key>[A-Za-z]\w*)(?P<colon>\s*[:=]\s*))?"
    r"<(?P<kind>[@#!]?)(?P<target>[^<>|\s]*)(?:\|(?P<label>[^<>]*))?>"
)
_GROUP = "subteam^"
_KEYED = re.compile(r"\s(\w+)\s*[:=]")
_MENTION = re.compile(r"<@[^<>|\s]+")
_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def text_as_typed(text: str, registry: Registry) -> str:
    """Return a command's text as it was typed; where it names a channel, group or person, with their id."""
    text = with_emoji(text)
    if "<" not in text:
        return unescape(text)
    command = _command(text, registry)
    wants_id, names_person = _channel_options(command), _names_person(command)

    def replace(mark: re.Match[str]) -> str:
        key, colon = mark["key"] or "", mark["colon"] or ""
        if wants_id(mark["key"]) and (named := _id(mark)):
            return f"{key}{colon}{named}"
        if mark["kind"] == "@" and mark["target"]:
            before = names_person(mark["key"], text[: mark.start()])
            if before is not None:
                return f"{key}{colon}{before}<@{mark['target']}>"
        return f"{key}{colon}{_plain(mark['kind'], mark['target'], mark['label'] or '')}"

    return unescape(_MARK.sub(replace, text))


def with_known_channels(read: Typed | Refusal) -> Typed | Refusal:
    """Return what was read, or a refusal if a channel is a name: only one from Slack's list brings its id."""
    if isinstance(read, Refusal):
        return read
    for option in read.command.options:
        typed = read.values.get(option.name)
        if option.kind is OptionKind.CHANNEL and typed and not ids.CHANNEL.fullmatch(typed):
            return option.wrong(
                f"cannot be found by its name: “{typed[:40]}”. Type # and choose it from the list that "
                "opens, or type this in the channel itself"
            )
    return read


def _id(mark: re.Match[str]) -> str:
    """Return the id of a channel or user group; "" for anything else."""
    if mark["kind"] == "!" and mark["target"].startswith(_GROUP):
        return mark["target"].removeprefix(_GROUP)
    return mark["target"] if mark["kind"] == "#" else ""


def _plain(kind: str, target: str, label: str) -> str:
    match kind:
        case "@" | "#":
            return kind + (label or target).removeprefix(kind)
        case "!":
            return "@" + (label or target.partition("^")[0]).removeprefix("@")
        case _:
            bare = next((target.removeprefix(s) for s in _SCHEMES if target.startswith(s)), target)
            return label if label == bare else target


def _channel_options(command: Command | None) -> Callable[[str | None], bool]:
    """Return a function that tells whether an option, or a bare word (None), is a channel or group."""
    if command is None:
        return lambda _: False
    by_id = {OptionKind.CHANNEL, OptionKind.NATIVE}
    channels = {option.name for option in command.options if option.kind in by_id}
    first = next((option.name for option in command.options), None)
    return lambda key: (first if key is None else key.casefold()) in channels


def _names_person(command: Command | None) -> Callable[[str | None, str], str | None]:
    """Return a function that tells whether a mention is a person, by its option and the text before it.

    The function takes the option's name, or None for a bare word. It returns None where the mention is plain
    text, and otherwise what must be inserted before it so that it is read as a person: the name of the
    person's option, where the mention follows other options.
    """
    names = {option.name for option in command.options} & PEOPLE if command else set()
    first = command.options[0].name if command and command.options else ""

    def named(key: str | None, before: str) -> str | None:
        if key is not None:
            return "" if key.casefold() in names else None
        quoted = sum(map(before.count, QUOTES)) % 2 == 1
        if command is None or first not in names or (quoted and before[-1] not in QUOTES):
            return None
        keys = [*_KEYED.finditer(before)]
        if not keys:
            return ""
        last = keys[-1][1].casefold()
        if quoted:  # the mention is all of the quoted value, or its beginning
            return "" if last in names else None
        if _MENTION.search(before, 0, keys[0].start()) or first in {one[1].casefold() for one in keys}:
            return None
        return f"{first}:" if _is_over(command.option(last), before) else None

    return named


def _is_over(option: Option | None, before: str) -> bool:
    """Tell whether an option's value ends before a mention: a note can contain one, but a role cannot."""
    if option is None:
        return False
    free = option.kind is OptionKind.TEXT and option.suggest is None
    return not free or before.rstrip()[-1] in QUOTES


def _command(text: str, registry: Registry) -> Command | None:
    words = text.split()
    paths = (" ".join(words[:used]).casefold() for used in (2, 1))
    return next((command for path in paths if (command := registry.get(path))), None)

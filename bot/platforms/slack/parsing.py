"""What Slack makes of a typed command, turned back into what the person typed."""

import re
from collections.abc import Callable

from bot.chat.commands import Command, Registry
from bot.chat.options import Kind

# Slack wraps people, channels, groups and links; what a person typed as < comes as &lt;.
_MARK = re.compile(
    r"(?:(?<!\S)(?P<key>[A-Za-z]\w*)(?P<colon>[:=]))?"
    r"<(?P<kind>[@#!]?)(?P<target>[^<>|\s]*)(?:\|(?P<label>[^<>]*))?>"
)
_ENTITY = re.compile(r"&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
_GROUP = "subteam^"
_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def typed(text: str, registry: Registry) -> str:
    """Return a command's text as it was typed; what names a channel or group gets its id."""
    wants_id = _channel_options(text, registry)

    def replace(mark: re.Match[str]) -> str:
        key, colon = mark["key"] or "", mark["colon"] or ""
        if wants_id(mark["key"]) and (named := _id(mark)):
            return f"{key}{colon}{named}"
        return f"{key}{colon}{_plain(mark['kind'], mark['target'], mark['label'] or '')}"

    return _ENTITY.sub(lambda found: _CHARACTERS[found[1]], _MARK.sub(replace, text))


def _id(mark: re.Match[str]) -> str:
    """Return the id of a channel or a user group."""
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


def _channel_options(text: str, registry: Registry) -> Callable[[str | None], bool]:
    """Tell for an option's name, or None for a bare word, whether it is to be a channel or group."""
    command = _command(text, registry)
    if command is None:
        return lambda _: False
    by_id = {Kind.CHANNEL, Kind.NATIVE}
    channels = {option.name for option in command.options if option.kind in by_id}
    first = next((option.name for option in command.options), None)
    return lambda key: (first if key is None else key.casefold()) in channels


def _command(text: str, registry: Registry) -> Command | None:
    words = text.split()
    paths = (" ".join(words[:used]).casefold() for used in (2, 1))
    return next((command for path in paths if (command := registry.get(path))), None)

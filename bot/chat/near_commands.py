"""Finds the commands that a person means who types another word, or misspells one."""

import difflib
import re
from collections.abc import Collection, Sequence

from bot.chat.commands import Command, Registry
from bot.core.ids import has_secret

_WORD = re.compile(r"\w+")
# Words shorter than this are ignored in a search; of longer ones the last letters may differ.
_SHORTEST, _ENDING = 4, 3
# Everyday words, of any length, and the words that commands use for them, or one command's whole path.
_CALLED = {
    "add": "create",
    "announce": "message send",
    "announcement": "message send",
    "ban": "suspend deactivate",
    "broadcast": "message send",
    "change": "edit",
    "csv": "import export",
    "demote": "member roles",
    "delete": "remove",
    "download": "export",
    "email": "message person",
    "excel": "import export",
    "find": "member list",
    "fire": "remove",
    "give": "member roles",
    "grant": "member roles",
    "graph": "report",
    "history": "audit list",
    "kick": "remove suspend",
    "log": "audit list",
    "new": "create",
    "newsletter": "message send",
    "notify": "message send",
    "parent": "member people",
    "promote": "member roles",
    "pupil": "member people",
    "qr": "invite create",
    "rename": "edit",
    "search": "member list",
    "spreadsheet": "import export",
    "staff": "member people",
    "stat": "report members",
    "statistic": "report members",
    "student": "member people",
    "teacher": "member people",
    "timezone": "zone",
    "undo": "imports plan",
    "upload": "import",
    "user": "member people",
}


def meant_by(typed: str, commands: Sequence[Command], most: int) -> Sequence[Command]:
    """Return the commands that match the typed words best, best match first."""
    wanted = {_meant(word) for word in _WORD.findall(typed)} - {()}
    scores = {one.path: _score(wanted, one) for one in commands}
    least = max(1, max(scores.values(), default=0) / 2)
    found = sorted((one for one in commands if scores[one.path] >= least), key=lambda one: -scores[one.path])
    return found[:most]


def _called(word: str) -> Sequence[str]:
    """Return the words that commands use for an everyday word, the best first."""
    return (_CALLED.get(word) or _CALLED.get(word.removesuffix("s"), "")).split()


def _meant(word: str) -> tuple[str, ...]:
    """Return a typed word and its synonyms in commands; nothing for a short word without synonyms."""
    called = _called(word)
    return (word, *called) if called or len(word) >= _SHORTEST else ()


def _score(wanted: Collection[tuple[str, ...]], command: Command) -> int:
    """Score how well a command matches the words: its name counts most, its options least.

    A synonym that is part of the command's name scores extra.
    """
    said = _WORD.findall(command.description.casefold())
    options = [
        text for one in command.options for text in _WORD.findall(f"{one.name} {one.description}".casefold())
    ]
    named = frozenset(command.path.split())
    exactly = sum(not named.isdisjoint(words[1:]) for words in wanted)
    return exactly + sum(
        4 * _begins(words, named) + 2 * _begins(words, said) + _begins(words, options) for words in wanted
    )


def _begins(words: Sequence[str], others: Collection[str]) -> bool:
    """Tell whether any of `others` begins with the stem of a word: inviting and invite share one."""
    stems = tuple(word[: max(_SHORTEST, len(word) - _ENDING)] for word in words)
    return any(one.startswith(stems) for one in others)


def nearest(words: list[str], registry: Registry, slash: str) -> tuple[str, str]:
    """Return why a line's words are no command, and the most similar line that may be one, or nothing."""
    if not words:
        return "That is no command.", f"{slash}help"
    typed = [word.casefold() for word in words[:2]]
    group = next((one for one in registry.groups if one.name == typed[0]), None)
    if group is not None:
        known = [one.path.partition(" ")[2] for one in group.commands if not one.hidden]
        name = _name_meant(typed[1], known) if len(typed) > 1 else None
        corrected = " ".join((group.name, name, *words[2:])) if name else f"help {group.name}"
        return f"After {slash}{group.name} comes one of: {', '.join(known)}.", f"{slash}{corrected}"
    path, used = _path_meant(typed, [command.path for command in registry.typed()])
    corrected = " ".join((path, *words[used:])) if path else _join(words) or "help"
    return f"There is no command “{words[0][:40]}”.", f"{slash}{corrected}"


def _join(words: Sequence[str]) -> str:
    """Return the line that joins by the code or link among the words, if there is one."""
    found = next((word for word in words if has_secret(word)), " ".join(words))
    return f"join {found}" if has_secret(found) else ""


def _name_meant(typed: str, names: Sequence[str]) -> str | None:
    """Return the command of a group that is meant: a misspelt one, or one that is called otherwise."""
    return _misspelt(typed, names, 0.7) or next((one for one in _called(typed) if one in names), None)


def _path_meant(typed: Sequence[str], paths: Sequence[str]) -> tuple[str | None, int]:
    """Return the path that is meant by the first words of a line, and how many of them were for it."""
    if len(typed) == 1 and (listed := _list_of(typed[0], paths)) is not None:
        return listed, 1
    if (turned := " ".join(reversed(typed))) in paths:
        return turned, 2
    if (called := " ".join(_called(typed[0]))) in paths:
        return called, 1
    for word in (typed[0], *_called(typed[0])):
        # The group was left out, as in `/suspend Nia`: most often, people are meant.
        named = [path for path in paths if path.partition(" ")[2] == word or path == f"{word} list"]
        if named:
            return next((one for one in named if one.startswith("member ")), named[0]), 1
    if path := _misspelt(" ".join(typed), paths, 0.6):
        return path, len(path.split())
    return _misspelt(typed[0], paths, 0.6), 1


def _misspelt(typed: str, known: Sequence[str], cutoff: float) -> str | None:
    return next(iter(difflib.get_close_matches(typed, known, n=1, cutoff=cutoff)), None)


def _list_of(typed: str, paths: Sequence[str]) -> str | None:
    """Return the list command that is meant by its plural, as in `/members` for `/member list`."""
    lists = {path.partition(" ")[0]: path for path in paths if path.endswith(" list")}
    close = _misspelt(typed, list(lists), 0.8)
    return lists[close] if close else None

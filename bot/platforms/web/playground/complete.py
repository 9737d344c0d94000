"""Completes the line that is being typed: commands, then their options, then values, from the registry."""

from collections.abc import Sequence

from bot.cards.fronts import WHEN_SUGGESTIONS
from bot.chat import limits as chat_limits
from bot.chat.commands import Command
from bot.chat.options import Option, OptionKind
from bot.chat.replies import Item
from bot.chat.runner import Runner
from bot.chat.text import plain, verbatim
from bot.core.rights.actors import Caller
from bot.core.values import dataclass
from bot.platforms.web import limits
from bot.platforms.web.draw import Json
from bot.platforms.web.playground.badges import BADGES
from bot.platforms.web.playground.lines import ParsedLine, Piece, parse_line, quoted


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed completion: `text` is inserted as it is, `label` and `hint` are shown."""

    kind: str
    text: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """Proposals to replace the part of a line from `start` to `end`.

    With `pick`, Enter inserts the first one; otherwise, Enter sends the line.
    """

    start: int
    end: int
    proposals: tuple[Proposal, ...] = ()
    pick: bool = False
    usage: Json | None = None

    def drawn(self) -> Json:
        """Return the completion as JSON."""
        return {
            "start": self.start,
            "end": self.end,
            "items": [
                {"kind": one.kind, "text": one.text, "label": one.label, "hint": one.hint}
                for one in self.proposals
            ],
            "pick": self.pick,
            "usage": self.usage,
        }


@dataclass(frozen=True)
class Completer:
    """Completes lines with the commands of a Runner and the channels of a room."""

    runner: Runner
    channels: tuple[str, ...]

    async def line(self, caller: Caller, line: str, cursor: int) -> Completion:
        """Return the completion of a line at the cursor."""
        before = line[: max(0, cursor)]
        slash = self.runner.links.slashes[caller.platform]
        nothing = Completion(len(before), len(before))
        if len(line) > chat_limits.LINE or not before.startswith(slash):
            return nothing
        at = parse_line(before, self.runner.registry, slash)
        if at is None:
            return self._commands(await self.runner.offered(caller), before, slash)
        if at.active is not None and at.active.key is not None:
            return await self._named(at, at.active, caller)
        return await self._bare(at, len(before), caller)

    async def values(
        self, caller: Caller, command: str, option: Option, typed: str, values: dict[str, str]
    ) -> Sequence[Item]:
        """Return values for an option: the room's channels, badges, near times, or the Runner's values."""
        wanted = typed.casefold()
        if option.kind is OptionKind.CHANNEL:
            found = [Item(one, verbatim(f"#{one}")) for one in self.channels]
            return [one for one in found if one.value.startswith(wanted.removeprefix("#"))]
        if option.kind is OptionKind.NATIVE:
            return [Item(one, verbatim(one)) for one in BADGES if wanted in one.casefold()]
        if option.kind is OptionKind.WHEN and option.suggest is None:
            return [one for one in WHEN_SUGGESTIONS if one.value.startswith(wanted)]
        return await self.runner.suggest(command, option.name, typed, caller, values)

    def _commands(self, offered: Sequence[Command], before: str, slash: str) -> Completion:
        wanted = " ".join(before[len(slash) :].casefold().split())
        ranked = sorted(
            ((rank, one) for one in offered if (rank := _rank(one, wanted)) is not None),
            key=lambda pair: pair[0],
        )
        found = tuple(
            Proposal("command", f"{slash}{one.path} ", f"{slash}{one.path}", one.description)
            for _, one in ranked[: limits.PROPOSALS]
        )
        exact = any(one.path == wanted for _, one in ranked)
        return Completion(0, len(before), found, pick=bool(found) and not exact)

    async def _named(self, at: ParsedLine, piece: Piece, caller: Caller) -> Completion:
        option = at.command.option((piece.key or "").casefold())
        if option is None or option.name in at.values:
            return Completion(piece.end, piece.end, usage=_usage(at, None))
        items = await self.values(caller, at.command.path, option, piece.value, at.values)
        found = tuple(_values(items, ""))
        typed = piece.value.casefold()
        known = any(typed in {one.value.casefold(), plain(one.label).casefold()} for one in items)
        pick = bool(found) and not known and piece.value != ""
        return Completion(piece.start, piece.end, found, pick=pick, usage=_usage(at, option))

    async def _bare(self, at: ParsedLine, cursor: int, caller: Caller) -> Completion:
        typed = at.active.value if at.active else ""
        start = at.active.start if at.active else cursor
        # A file cannot be typed; the command's form asks for it.
        options = [one for one in at.command.options if one.kind is not OptionKind.FILE]
        free = [one for one in options if one.name not in at.values]
        taken = 1 if at.loose and free else 0
        named = [one for one in free[taken:] if one.name.startswith(typed.casefold())]
        found = [Proposal("option", f"{one.name}:", one.name, one.description) for one in named]
        first = None if at.loose or not free else free[0]
        if first is not None and (typed or first.required):
            items = await self.values(caller, at.command.path, first, typed, at.values)
            found += _values(items, f"{first.name}:")
        pick = bool(found) and typed != "" and not at.continues and not (first is not None and first.required)
        current = named[0] if pick and named else first if typed or (first and first.required) else None
        return Completion(
            start, cursor, tuple(found[: limits.PROPOSALS]), pick=pick, usage=_usage(at, current)
        )


def _values(items: Sequence[Item], prefix: str) -> list[Proposal]:
    found = []
    for one in items[: limits.PROPOSALS]:
        text = quoted(one.value)
        if text is not None:
            hint = plain(one.hint) if one.hint else ""
            found.append(Proposal("value", f"{prefix}{text} ", plain(one.label), hint))
    return found


def _rank(command: Command, wanted: str) -> int | None:
    if command.path.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in command.path.split()):
        return 1
    words = [*command.path.split(), *command.description.casefold().split()]
    if all(any(word.startswith(part) for word in words) for part in wanted.split()):
        return 2
    return None


def _usage(at: ParsedLine, current: Option | None) -> Json:
    return {
        "path": at.command.path,
        "description": at.command.description,
        "hint": current.description if current else "",
        "options": [
            {
                "name": one.name,
                "required": one.required,
                "used": one.name in at.values,
                "current": one is current,
            }
            for one in at.command.options
        ],
    }

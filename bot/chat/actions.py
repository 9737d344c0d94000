"""Actions: what a button does, as a command and its arguments packed into the button's id."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from bot.core.values import dataclass, field

# Discord's limit for a custom id. Slack allows more; there the action travels in the button's `value`.
LONGEST = 100
_RUN, _ASK = "run", "ask"


class UnreadableAction(ValueError):
    """A packed action that no version of the bot can have made."""


@dataclass(frozen=True, slots=True)
class Action:
    """Run `command` with `values`; with `ask`, open its form first, already filled with them."""

    command: str
    values: Mapping[str, str] = field(default_factory=dict)
    ask: bool = False

    def pack(self) -> str:
        """Pack into at most `LONGEST` characters, as `run:request approve?request=…`."""
        packed = self._written
        if len(packed) > LONGEST:
            raise ValueError(f"An action must fit {LONGEST} characters: {packed}")
        return packed

    @property
    def fits(self) -> bool:
        """Whether the packed action stays within `LONGEST` characters."""
        return len(self._written) <= LONGEST

    @property
    def _written(self) -> str:
        values = f"?{urlencode(self.values)}" if self.values else ""
        return f"{_ASK if self.ask else _RUN}:{self.command}{values}"

    def filled(self, **values: str) -> "Action":
        """Return a copy of this action with `values` added to its arguments."""
        return Action(self.command, {**self.values, **values}, self.ask)


def unpack(packed: str) -> Action:
    """Unpack what `Action.pack` made; raise `UnreadableAction` for anything else."""
    verb, colon, rest = packed.partition(":")
    command, _, query = rest.partition("?")
    if not colon or verb not in {_RUN, _ASK} or not command:
        raise UnreadableAction(packed)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=8)
    except ValueError as broken:
        raise UnreadableAction(packed) from broken
    return Action(command, dict(pairs), ask=verb == _ASK)

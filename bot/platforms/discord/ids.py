"""Custom ids: a packed action, and what the control that carries it does with that action.

`run:request approve?request=…` is a button; `…#role` is a select that fills in the value `role`; `…#!` is a
button that asks before it acts; `…#>2` opens the third step of a long form. A trailing `#3` only
distinguishes controls of one message that would otherwise have the same id.
"""

from typing import Literal

from bot.chat.actions import Action, UnreadableAction, unpack
from bot.core.values import dataclass
from bot.platforms.discord.limits import CUSTOM_ID

_ASKS, _STEP = "!", ">"


@dataclass(frozen=True, slots=True)
class Control:
    """The meaning of a custom id."""

    action: Action
    does: Literal["act", "ask", "choose", "continue"] = "act"
    fills: str = ""
    step: int = 0

    def pack(self, taken: set[str] | None = None) -> str:
        """Return a custom id that is not in `taken`, and add it there; raises `ValueError` if too long."""
        packed = self.action.pack() + self._mark()
        unique, number = packed, 1
        while taken is not None and unique in taken:
            number += 1
            unique = f"{packed}#{number}"
        if len(unique) > CUSTOM_ID:
            raise ValueError(f"A custom id must fit {CUSTOM_ID} characters: {unique}")
        if taken is not None:
            taken.add(unique)
        return unique

    def _mark(self) -> str:
        match self.does:
            case "act":
                return ""
            case "ask":
                return f"#{_ASKS}"
            case "choose":
                return f"#{self.fills}"
            case "continue":
                return f"#{_STEP}{self.step}"


def read(custom_id: str) -> Control:
    """Parse a custom id; raises `UnreadableAction` if no version of the bot can have written it."""
    if len(custom_id) > CUSTOM_ID:
        raise UnreadableAction(custom_id[:CUSTOM_ID])
    packed, *marks = custom_id.split("#")
    action = unpack(packed)
    marks = [mark for mark in marks if not mark.isdecimal()]
    match marks:
        case []:
            return Control(action)
        case ["!"]:
            return Control(action, "ask")
        case [mark] if mark.startswith(_STEP) and mark[1:].isdecimal():
            return Control(action, "continue", step=int(mark[1:]))
        case [mark] if mark.isidentifier():
            return Control(action, "choose", fills=mark)
        case _:
            raise UnreadableAction(custom_id)

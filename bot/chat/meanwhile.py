"""What others change while somebody fills in a form: a field that is left alone keeps the newer value.

A form sends all of its fields, also those that were not touched. So its action has a mark for the value with
which each field began. Where a value has changed since, and the field still has the old one, the newer value
stays.
"""

import hashlib
import string
from collections.abc import Mapping, Sequence
from typing import Any

from bot.chat.actions import Action
from bot.chat.commands import SCHOOL, Command
from bot.chat.options import Option, cleaned

# The name under which a form's action has the marks; no option is called that.
BEGAN_WITH = "w"
_SYMBOLS = string.ascii_letters + string.digits + "-_"
_BITS_OF_SYMBOL, _BITS = 6, 5
# Fronts add as much to the id of a form: the number of its step.
_ROOM = "..."


def marked(action: Action, command: Command, current: Mapping[str, str]) -> Action:
    """Add to a form's action what its fields begin with, if it has room for that, and has it not yet."""
    if not current or BEGAN_WITH in action.values:
        return action
    marks = 0
    for number, option in enumerate(_marked_options(command)):
        marks |= _mark(current.get(option.name, "")) << number * _BITS
    with_marks = action.filled(**{BEGAN_WITH: _written(marks)})
    return with_marks if with_marks.filled(**{BEGAN_WITH: _written(marks) + _ROOM}).fits else action


def with_newer(
    command: Command, values: Mapping[str, Any], began: str, current: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a form sent, with the present value of each field that was left alone and has changed."""
    marks, newer = _read(began), dict(values)
    for number, option in enumerate(_marked_options(command)):
        before, now = marks >> number * _BITS & (1 << _BITS) - 1, current.get(option.name, "")
        if option.name in values and _mark(values[option.name]) == before != _mark(now):
            newer[option.name] = now
    return newer


def _marked_options(command: Command) -> Sequence[Option]:
    return [option for option in command.options if option.name != SCHOOL]


def _mark(value: object) -> int:
    """Return one of 32 numbers for a value: of 32 changes to a field, one is taken for none.

    That matters only if somebody else has changed the same field.
    """
    return hashlib.blake2b(str(cleaned(value)).encode(), digest_size=1).digest()[0] >> 8 - _BITS


def _written(number: int) -> str:
    digits = []
    while number:
        digits.append(_SYMBOLS[number % len(_SYMBOLS)])
        number >>= _BITS_OF_SYMBOL
    return "".join(digits)


def _read(text: str) -> int:
    """Read what `_written` wrote; a symbol that it never writes counts as the first."""
    return sum(max(_SYMBOLS.find(one), 0) << place * _BITS_OF_SYMBOL for place, one in enumerate(text[:100]))

"""The choices of an option, as people type them."""

import difflib
from collections.abc import Mapping

from bot.chat.options import Option
from bot.core.typed_lists import single_spaced


def is_choice(option: Option, typed: str) -> bool:
    """Tell whether a text is one of the option's choices, as it is stored or shown."""
    return single_spaced(typed).casefold() in _shown(option)


def near_choice(option: Option, typed: str) -> str:
    """Return the choice that a text is or resembles, as it is shown; an empty string if there is none."""
    shown = _shown(option)
    close = difflib.get_close_matches(single_spaced(typed).casefold(), shown, n=1, cutoff=0.6)
    return shown[close[0]] if close else ""


def _shown(option: Option) -> Mapping[str, str]:
    """Return what each typed form of a choice is shown as."""
    return {word.casefold(): shown for stored, shown in option.choices for word in (stored, shown)}

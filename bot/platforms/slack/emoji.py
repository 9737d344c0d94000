"""Emoji. Slack hands over what people typed with their short names, which mean nothing elsewhere."""

import re

# As Slack writes one: alone, beside others, after an option's name; never amid a word or an address.
_NAMED = re.compile(r"(?<![\w/]):(?:skin-tone-(?P<tone>[2-6])|(?P<name>[a-z0-9_+'-]{1,50})):(?!/)")
_FIRST_TONE = 0x1F3FB


def as_typed(text: str) -> str:
    """Put emoji in the place of their short names; what names none stays, such as a workspace's own."""
    return _NAMED.sub(_sign, text) if ":" in text else text


def _sign(found: re.Match[str]) -> str:
    if found["tone"]:
        return chr(_FIRST_TONE + int(found["tone"]) - 2)
    from rich.emoji import Emoji  # noqa: PLC0415 - a large table, for the few who type one

    return Emoji.replace(found[0])

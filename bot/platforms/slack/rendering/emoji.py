"""Emoji short names, such as `:tada:`, in texts that Slack delivers: they mean nothing outside Slack."""

import re

# A short name: alone, next to others or after an option's name, but never inside a word or a URL.
_NAMED = re.compile(r"(?<![\w/]):(?:skin-tone-(?P<tone>[2-6])|(?P<name>[a-z0-9_+'-]{1,50})):(?!/)")
_FIRST_TONE = 0x1F3FB


def with_emoji(text: str) -> str:
    """Replace emoji short names by their emoji; unknown names, such as a workspace's own, are kept."""
    return _NAMED.sub(_sign, text) if ":" in text else text


def _sign(found: re.Match[str]) -> str:
    if found["tone"]:
        return chr(_FIRST_TONE + int(found["tone"]) - 2)
    from rich.emoji import Emoji  # noqa: PLC0415 - a large table, for the few who type one

    return Emoji.replace(found[0])

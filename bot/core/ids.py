"""Identifiers, links and codes."""

import hashlib
import itertools
import os
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

# Crockford's base 32, lower case: time-ordered ids sort as text on every database.
_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"  # pragma: allowlist secret
_PAIRS = tuple(first + second for first in _BASE32 for second in _BASE32)
# Letters and digits without 0 O 1 I L U: 30 symbols, so 13 of them carry 63.8 bits.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret
CODE_LENGTH = 13
_CODE_GROUPS = (4, 4, 5)
_IN_CODES = frozenset(CODE_ALPHABET)
_DASH = r"[-\u2010-\u2015\u2212]"
_SYMBOL = f"[{CODE_ALPHABET}{CODE_ALPHABET.lower()}]"
_WRITTEN = "|".join(
    (_DASH.join(f"{_SYMBOL}{{{size}}}" for size in _CODE_GROUPS), f"{_SYMBOL}{{{CODE_LENGTH}}}")
)
_IN_A_LINE = re.compile(rf"(?<![^\W_])(?<![^\W_]{_DASH})(?:{_WRITTEN})(?!{_DASH}?[^\W_])")
# What may stand around and between the symbols of a code: dashes, spaces, a chat's markup, unseen characters.
_BETWEEN = re.compile(r"[\W_]+")
# The end of a link, also as Outlook (%2F) and Proofpoint (__;) rewrite it in mails.
_LINK = re.compile(r"(?:/|%2F)i(?:/|%2F)([A-Za-z0-9_-]{22})(?=__;|[^A-Za-z0-9_-]|$)")
# Translates a random byte to one of 32 symbols without bias, since 256 is 8 times 32.
_SYMBOLS = (_BASE32 * 8).encode()
_RANDOM_SYMBOLS = 16
_made = itertools.count()
ID_LENGTH = 26
_ID = re.compile(f"[{_BASE32}]{{{ID_LENGTH}}}")


def new_id(now: datetime) -> str:
    """Make a ULID: 26 characters, with 48 bits of time and 80 random bits."""
    return _moment(now) + os.urandom(_RANDOM_SYMBOLS).translate(_SYMBOLS).decode()


def next_id(now: datetime) -> str:
    """Make a ULID that sorts after all that this process has made so, even within one millisecond."""
    return _ulid(now, (next(_made) % (1 << 40) << 40) | secrets.randbits(40))


def numbered_ids(now: datetime) -> Callable[[int], str]:
    """Return a fast maker of many ULIDs: they sort by the number, below 2**30, that each is made for."""
    head = new_id(now)[:-6]
    return lambda number: head + _PAIRS[number >> 20] + _PAIRS[number >> 10 & 1023] + _PAIRS[number & 1023]


def earliest_id(at: datetime) -> str:
    """Return the lowest id that can be made at a moment or later."""
    return _ulid(at, 0)


def is_id(typed: str) -> bool:
    """Tell whether a text has the form of an id; a name could have it too, but hardly ever does."""
    return _ID.fullmatch(typed) is not None


def _ulid(at: datetime, rest: int) -> str:
    return _moment(at) + "".join([_PAIRS[(rest >> shift) & 1023] for shift in range(70, -10, -10)])


@lru_cache(maxsize=8)  # a unit of work makes all its ids with the same `now`
def _moment(at: datetime) -> str:
    number = int(at.timestamp() * 1000)
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(40, -10, -10)])


def new_token() -> str:
    """Make the secret of a link: 22 URL-safe characters, 128 bits."""
    return secrets.token_urlsafe(16)


def hash_of(secret: str) -> str:
    """Return the hash that is stored of a random secret; a fast one is enough, since it cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_code() -> str:
    """Make an invitation code: 13 symbols of `CODE_ALPHABET`, without dashes."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def grouped(code: str) -> str:
    """Return a code in groups, such as `ABCD-EFGH-JKMNP`."""
    parts, start = [], 0
    for size in _CODE_GROUPS:
        parts.append(code[start : start + size])
        start += size
    return "-".join(part for part in parts if part)


def normal_code(typed: str) -> str | None:
    """Return a typed code in its normal form, or None if the text holds no code, or more than one.

    Case, spaces and dashes do not matter. The text may be a whole copied line with one code in it. No code is
    looked for beside a link, because one token in five hundred looks as if it contained a code.
    """
    code = _only_code(typed)
    if code is not None or token_in(typed) is not None:
        return code
    among = {_only_code(found) for found in _IN_A_LINE.findall(typed)}
    return among.pop() if len(among) == 1 else None


def _only_code(typed: str) -> str | None:
    code = _BETWEEN.sub("", typed).upper()
    return code if len(code) == CODE_LENGTH and _IN_CODES.issuperset(code) else None


def has_secret(typed: str) -> bool:
    """Tell whether a typed text holds a code or a link."""
    return normal_code(typed) is not None or token_in(typed) is not None


def token_in(typed: str) -> str | None:
    """Return the token in a pasted invitation link (`…/i/<token>`), or None if there is no link."""
    found = _LINK.search(typed)
    return found.group(1) if found else None

"""E-mail addresses by the hundred thousand: what `read_email` says, sooner."""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import (
    CASE_INSENSITIVE_MAILBOX_NAMES,
    EMAIL_MAX_LENGTH,
    LOCAL_PART_MAX_LENGTH,
)

from bot.core.errors import BadValue
from bot.core.people import read_email

_PLAIN = re.compile(r"[A-Za-z0-9+_-]+(?:\.[A-Za-z0-9+_-]+)*")
# Address books and web pages put these around what is copied, and nobody sees them.
_UNSEEN = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
# Of these the case is normalized away.
_OTHERS = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)


def read(typed: str) -> str | None:
    """Return an e-mail address as it is stored; None where it is none.

    The part before the @ is looked at here where it is plain; domains are few and remembered.
    """
    typed = typed.strip()
    local, at, domain = typed.partition("@")
    plain = at and len(local) <= LOCAL_PART_MAX_LENGTH and len(typed) <= EMAIL_MAX_LENGTH
    if not (plain and domain.isascii() and _PLAIN.fullmatch(local) and local.lower() not in _OTHERS):
        return _thoroughly(typed)
    normalized = _domain(domain)
    if normalized == domain:
        return typed
    return f"{local}@{normalized}" if normalized else None


def _thoroughly(typed: str) -> str | None:
    try:
        return read_email(typed.strip(_UNSEEN))
    except BadValue:
        return None


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str | None:
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).domain
    except EmailNotValidError:
        return None

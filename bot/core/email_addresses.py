"""E-mail addresses: how they are read, as people type and paste them, and when two are the same."""

import re
import unicodedata
from string import ascii_lowercase, ascii_uppercase

from email_validator import EmailNotValidError, validate_email

from bot.core.errors import BadValue, OptionName

LONGEST_EMAIL = 254

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
# An address as mail programs copy it, Nia Okafor <nia@example.org>, or as Slack turns it into a link,
# <mailto:nia@example.org|nia@example.org>.
_COPIED = re.compile(r"""["']?([^"'<>]*?)["']?\s*<(?:mailto:)?([^<>|\s]+@[^<>|\s]+)(?:\|[^<>]*)?>""")


def email_key(address: str) -> str:
    """Return the form of an e-mail address by which addresses are compared: with A to Z in lower case.

    Other letters stay as they are: full case folding would make one person of straße and strasse.
    """
    return address.translate(_LOWER)


def same_email(verified: str, invited: str) -> bool:
    """Tell whether an address that a provider vouches for is the one that was entered.

    One with a letter that only becomes ASCII by normalization, such as the Kelvin sign, never matches.
    """
    if any(not one.isascii() and unicodedata.normalize("NFC", one).isascii() for one in verified):
        return False
    try:
        return email_key(read_email(verified)) == email_key(invited)
    except BadValue:
        return False


def read_email(typed: str, option: OptionName = "email") -> str:
    """Return an e-mail address in its stored form; refuses invalid ones. Makes no network request."""
    try:
        return validate_email(typed.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise BadValue(option, f"is no e-mail address: “{typed[:40]}”", "nia.okafor@example.org") from None


def copied_email(typed: str) -> tuple[str, str]:
    """Return the name and the address in what a mail program has copied; else no name, and the text."""
    plain = typed.strip().rstrip(",; ")
    if (found := _COPIED.fullmatch(plain)) is not None:
        return " ".join(found[1].split()), found[2]
    return "", plain.removeprefix("mailto:")


def entered_email(typed: str) -> str:
    """Return an e-mail address that a person typed or pasted; refuses invalid ones."""
    return read_email(copied_email(typed)[1])

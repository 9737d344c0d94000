"""E-mail addresses: when two are the same, and what is said of what is none."""

import pytest

from bot.core.email_addresses import read_email, same_email
from bot.core.errors import BadValue

SAME = [
    ("nia@example.org", "nia@example.org", True),
    ("NIA@Example.org", "nia@example.org", True),
    ("nia@example.com", "nia@example.org", False),
    ("strasse@example.org", "stra\u00dfe@example.org", False),
    # The Kelvin sign becomes a K by normalizing.
    ("\u212aim@example.org", "kim@example.org", False),
    ("no address", "no address", False),
]


@pytest.mark.parametrize(("verified", "invited", "same"), SAME)
def test_a_verified_address_is_compared_with_the_invited_one(
    verified: str, invited: str, *, same: bool
) -> None:
    assert same_email(verified, invited) is same


def test_what_is_no_address_is_repeated_in_part() -> None:
    assert read_email(" Nia@EXAMPLE.org ") == "Nia@example.org"
    for option in ("email", "to"):
        typed = "nobody at all " * 9
        with pytest.raises(BadValue) as wrong:
            read_email(typed, option) if option == "to" else read_email(typed)
        said = (wrong.value.option, wrong.value.problem, wrong.value.example)
        assert said == (option, f"is no e-mail address: “{typed[:40]}”", "nia.okafor@example.org")

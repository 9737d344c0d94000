"""Texts with tags: which tags there are, what replaces them, and what is refused before sending."""

import pytest

from bot.core.errors import BadValue
from bot.core.messages import texts as message_texts
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import Person

KNOWN = "{{first_name}}, {{last_name}}, {{email}}, {{name}}"
NIA = Person("1", "Nia O.")


def refused(text: str) -> tuple[str, str, str]:
    with pytest.raises(BadValue) as found:
        message_texts.refuse_unknown("subject", text)
    return found.value.option, found.value.problem, found.value.example


def test_tags_are_known_however_they_are_written() -> None:
    text = "Dear {{ First Name }} {{last-name}}, {{EMAIL}} is yours, {{name}}"
    message_texts.refuse_unknown("text", text)
    assert message_texts.used(text, "{{surname}}") == frozenset(message_texts.TAGS)
    assert message_texts.known() == KNOWN


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Dear {{name}}, {{ surname }}!", "{{surname}}"),
        ("{{}}", "{{}}"),
        ("{{" + "x" * 41 + "}}", "{{" + "x" * 40 + "}}"),
    ],
)
def test_a_tag_that_stands_for_nothing_is_refused(text: str, told: str) -> None:
    problem = f"has {told}, which stands for nothing; there are {KNOWN}"
    assert refused(text) == ("subject", problem, "{{first_name}}")


@pytest.mark.parametrize("text", ["Dear {{name", "name}} dear", "{{name}} {{", "}} {{name}}"])
def test_a_tag_that_is_not_whole_is_refused(text: str) -> None:
    assert refused(text) == ("subject", f"has a tag that is not whole; there are {KNOWN}", "{{first_name}}")


def test_braces_that_are_no_tag_stay() -> None:
    message_texts.refuse_unknown("text", "{name} {{name}}{ }")
    assert message_texts.fill("{name} {{name}}{ }", {"name": "Nia"}) == "{name} Nia{ }"


def test_without_a_first_name_the_known_name_is_used() -> None:
    known = PersonDetails(first_name="Nia", last_name="Okafor", email="nia@example.org")
    assert message_texts.values(NIA, known) == {
        "first_name": "Nia",
        "last_name": "Okafor",
        "email": "nia@example.org",
        "name": "Nia O.",
    }
    assert message_texts.values(NIA, PersonDetails())["first_name"] == "Nia O."


def test_what_stands_for_nothing_takes_the_space_before_it_away() -> None:
    filled = message_texts.fill("Dear {{first_name}} {{last_name}}, {{email}}!", {"first_name": "Nia"})
    assert filled == "Dear Nia,!"


def test_what_is_put_in_is_no_tag() -> None:
    assert message_texts.fill("{{name}}", {"name": "{{email}}", "email": "x"}) == "{{email}}"


def test_what_is_lacking_is_named_in_the_order_of_the_tags() -> None:
    known = PersonDetails(last_name="Okafor")
    every = ["name", "email", "last_name", "first_name"]
    assert message_texts.lacking(known, every) == ("first_name", "email")
    assert message_texts.lacking(known, ["email"]) == ("email",)
    assert message_texts.lacking(known, []) == ()

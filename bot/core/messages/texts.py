"""The texts of messages to many people, with tags that are filled in for each reader."""

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from bot.core.errors import BadValue, OptionName

if TYPE_CHECKING:
    from bot.core.people.people import PersonDetails
    from bot.core.rights.actors import Person

TAGS = ("first_name", "last_name", "email", "name")
_TAG = re.compile(r"\{\{([^{}]*)\}\}")
_SPACED = re.compile(rf"( ?){_TAG.pattern}")
_APART = re.compile(r"[\s_-]+")


def known() -> str:
    """Return the tags as people type them, as one text."""
    return ", ".join(_typed(tag) for tag in TAGS)


def _typed(tag: str) -> str:
    return f"{{{{{tag}}}}}"


def _read(typed: str) -> str:
    return _APART.sub("_", typed.strip()).casefold()


def refuse_unknown(option: OptionName, text: str) -> None:
    """Raise `BadValue` if a text has an unknown tag, or one that is not closed."""
    unknown = [found for found in _TAG.findall(text) if _read(found) not in TAGS]
    if unknown:
        tag = _typed(unknown[0].strip()[:40])
        raise BadValue(
            option, f"has {tag}, which stands for nothing; there are {known()}", _typed("first_name")
        )
    rest = _TAG.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise BadValue(option, f"has a tag that is not whole; there are {known()}", _typed("first_name"))


def used(*texts: str) -> frozenset[str]:
    """Return the names of the tags in some texts."""
    return frozenset(_read(found) for text in texts for found in _TAG.findall(text)).intersection(TAGS)


def values(person: "Person", details: "PersonDetails") -> Mapping[str, str]:
    """Return what each tag stands for; the full name stands for a first name that is not known."""
    return {
        "first_name": details.first_name or person.name,
        "last_name": details.last_name,
        "email": details.email,
        "name": person.name,
    }


def lacking(details: "PersonDetails", tags: Collection[str]) -> tuple[str, ...]:
    """Return those of the tags for which a person's details have no value."""
    return tuple(tag for tag in TAGS if tag in tags and not getattr(details, tag, tag))


def fill(text: str, stand_for: Mapping[str, str]) -> str:
    """Replace the tags of a text by their values in one pass; an empty value also takes the space before."""

    def put(found: re.Match[str]) -> str:
        value = stand_for.get(_read(found[2]))
        return f"{found[1]}{value}" if value else ""

    return _SPACED.sub(put, text)

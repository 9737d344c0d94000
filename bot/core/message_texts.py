"""What a message to many says: a text with tags that stand for what is known of each reader."""

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from bot.core.errors import BadValue, OptionName

if TYPE_CHECKING:
    from bot.core.actors import Person
    from bot.core.people import PersonDetails

TAGS = ("first_name", "last_name", "email", "name")
_TAG = re.compile(r"\{\{([^{}]*)\}\}")
_SPACED = re.compile(rf"( ?){_TAG.pattern}")
_APART = re.compile(r"[\s_-]+")


def known() -> str:
    """List the tags as people type them."""
    return ", ".join(_typed(tag) for tag in TAGS)


def _typed(tag: str) -> str:
    return f"{{{{{tag}}}}}"


def _read(typed: str) -> str:
    return _APART.sub("_", typed.strip()).casefold()


def refuse_unknown(option: OptionName, text: str) -> None:
    """Refuse a text with a tag that stands for nothing, or one that is not closed."""
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
    """Name the tags of texts."""
    return frozenset(_read(found) for text in texts for found in _TAG.findall(text)).intersection(TAGS)


def values(person: "Person", details: "PersonDetails") -> Mapping[str, str]:
    """Say what the tags stand for. Whose first name is not known is called by the name that is."""
    return {
        "first_name": details.first_name or person.name,
        "last_name": details.last_name,
        "email": details.email,
        "name": person.name,
    }


def lacking(details: "PersonDetails", tags: Collection[str]) -> tuple[str, ...]:
    """Name those of the tags for which nothing is known of a person."""
    return tuple(tag for tag in TAGS if tag in tags and not getattr(details, tag, tag))


def fill(text: str, stand_for: Mapping[str, str]) -> str:
    """Put in what the tags stand for; what is put in is no tag. Nothing takes the space before it away."""

    def put(found: re.Match[str]) -> str:
        value = stand_for.get(_read(found[2]))
        return f"{found[1]}{value}" if value else ""

    return _SPACED.sub(put, text)

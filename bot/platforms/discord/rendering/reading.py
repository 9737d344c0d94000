"""Reads components of one of our own messages when one of its controls is used."""

from collections.abc import Iterator
from typing import Any

import discord


def texts(message: discord.Message | None) -> dict[int, str]:
    """Return a message's texts by their component ids."""
    return {
        component.id: component.content
        for component in components(message)
        if isinstance(component, discord.TextDisplay) and component.id is not None
    }


def components(message: discord.Message | None) -> Iterator[Any]:
    """Iterate over all components of a message, including nested ones."""
    waiting: list[Any] = list(message.components) if message else []
    while waiting:
        component = waiting.pop()
        waiting.extend(getattr(component, "children", ()))
        yield component

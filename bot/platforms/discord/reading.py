"""What a message of ours says about itself when one of its controls is used."""

from collections.abc import Iterator
from typing import Any

import discord


def texts(message: discord.Message | None) -> dict[int, str]:
    """List a message's texts by their component ids."""
    return {
        component.id: component.content
        for component in components(message)
        if isinstance(component, discord.TextDisplay) and component.id is not None
    }


def components(message: discord.Message | None) -> Iterator[Any]:
    """Go through all components of a message, nested ones too."""
    waiting: list[Any] = list(message.components) if message else []
    while waiting:
        component = waiting.pop()
        waiting.extend(getattr(component, "children", ()))
        yield component

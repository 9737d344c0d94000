"""Caches cards that are rendered for a front, since many people are sent the same one.

Everybody who joins a school reads the same card, and everybody who mistypes reads the same refusal. A card
with buttons, pictures or files is about one thing, and files can be sent only once: it is never cached.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from bot.chat.replies import Card, Fields, Table, Text

T = TypeVar("T")
# How many rendered cards are kept: a handful for each school that many people join at once.
_KEPT = 64


def cached(draw: Callable[[Card], T]) -> Callable[[Card], T]:
    """Cache a renderer of cards, for cards that have only text; what it returns must not be changed."""
    kept = lru_cache(maxsize=_KEPT)(draw)

    def drawn(card: Card) -> T:
        says_only = all(isinstance(block, Text | Fields | Table) for block in card.blocks)
        return kept(card) if says_only else draw(card)

    return drawn

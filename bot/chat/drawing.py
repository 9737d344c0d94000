"""Cards that are drawn once for all who are told the same.

Whoever joins the same school reads the same card, and whoever mistypes reads the same refusal. What has
buttons, pictures or files is drawn anew: it is about one thing, and some of it is used up.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from bot.chat.replies import Card, Fields, Table, Text

T = TypeVar("T")
# So many are kept: a handful for each school where many come at once.
_MOST = 64


def once(draw: Callable[[Card], T]) -> Callable[[Card], T]:
    """Draw a card that only says something once; nobody may change what was drawn."""
    kept = lru_cache(maxsize=_MOST)(draw)

    def drawn(card: Card) -> T:
        says_only = all(isinstance(block, Text | Fields | Table) for block in card.blocks)
        return kept(card) if says_only else draw(card)

    return drawn

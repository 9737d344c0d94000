"""Cards about one's own account."""

from collections.abc import Callable

from bot.chat.replies import Card, Text, Tone
from bot.chat.text import say


def claimed(typed: Callable[[str], str]) -> Card:
    """Say that the actor is System Administrator now."""
    create = typed("school create")
    return Card(
        title=say("You are a System Administrator now"),
        blocks=(Text(say("You may do everything in every school. Start with `{create}`.", create=create)),),
        tone=Tone.GOOD,
    )

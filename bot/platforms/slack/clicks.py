"""What a click carries: what is to be done, and what a form is to be filled with.

Slack escapes what it keeps of messages, maybe this too. Nothing in an action is changed by reading it back.
"""

from collections.abc import Mapping
from typing import Any

from bot.chat.actions import Action, unpack
from bot.platforms.slack import ids
from bot.platforms.slack.reopening import unpack_filled
from bot.platforms.slack.spans import unescape


def read(element: Mapping[str, Any]) -> tuple[Action, Mapping[str, str]]:
    """Read what is to be done, and what a form that is opened again is filled with."""
    if element.get("action_id") == ids.AGAIN:
        return unpack_filled(str(element["value"]))
    if element["type"] == "button":
        return unpack(unescape(str(element["value"]))), {}
    chosen = element.get("selected_option") or {}
    return ids.chosen(unescape(str(element.get("block_id"))), unescape(str(chosen.get("value") or ""))), {}

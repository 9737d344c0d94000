"""Reads what a click carries: the action to run, and the values to fill a form with.

Slack escapes parts of the messages that it stores, possibly these values too. Unescaping never changes an
action.
"""

from collections.abc import Mapping
from typing import Any

from bot.chat.actions import Action, unpack
from bot.platforms.slack import ids
from bot.platforms.slack.rendering.spans import unescape
from bot.platforms.slack.reopening import unpack_filled


def read(element: Mapping[str, Any]) -> tuple[Action, Mapping[str, str]]:
    """Return the action of a clicked element, and the values for a form that it reopens."""
    if element.get("action_id") == ids.REOPEN:
        return unpack_filled(str(element["value"]))
    if element["type"] == "button":
        return unpack(unescape(str(element["value"]))), {}
    chosen = element.get("selected_option") or {}
    block_id, value = str(element.get("block_id")), str(chosen.get("value") or "")
    return ids.chosen_action(unescape(block_id), unescape(value)), {}

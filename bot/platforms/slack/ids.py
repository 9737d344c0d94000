"""The names under which Slack tells us what was clicked or submitted; they carry all that is needed."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from bot.chat.actions import Action, UnreadableAction, unpack
from bot.platforms.slack import limits
from bot.platforms.slack.workspaces import team_of

PREFIX = "homeroom:"
FORM = f"{PREFIX}form"
MENU = f"{PREFIX}menu"
NOTICE = f"{PREFIX}notice"
HOME = f"{PREFIX}home"
FIELD = f"{PREFIX}field"
AGAIN = f"{PREFIX}again"
# The field of a form beside an option of that name, where somebody of the workspace is chosen for it.
HERE = "_here"
# A mention, as it is kept of what was typed or chosen.
MENTION = re.compile(r"<@([A-Z0-9]+)>")
_SELECT = f"{PREFIX}select:"
_SENT = f"{PREFIX}sent:"
# So much of a digest tells the fields of two forms apart.
_TOLD = 12


def delivery(body: Mapping[str, Any]) -> str:
    """Name what Slack tells us, so that it is known again: each command, click and submit has a trigger.

    A view's hash would not do: it stays the same when a form is corrected and submitted again.
    """
    trigger = body.get("trigger_id")
    told = trigger or hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return f"slack {team_of(body)} {told}"


def element(number: int) -> str:
    """Name the button or select with that number in its message."""
    return f"{PREFIX}{number}"


def field(drawn: Mapping[str, Any]) -> str:
    """Name a field of a form by what it asks and what stands in it.

    Where one form takes the place of another, Slack keeps what was entered into a field of the same names,
    and shows that instead of what the new form says stands there.
    """
    told = hashlib.sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()
    return f"{FIELD}:{told[:_TOLD]}"


def sent_block(page: int) -> str:
    """Mark a page of a card that is sent on its own, and drawn anew on its own when something changes."""
    return f"{_SENT}{page}"


def page_sent(message: Mapping[str, Any]) -> int:
    """Tell which page of a card that was sent on its own a message is, from 1; 0 for answers."""
    marks = (str(one.get("block_id") or "") for one in message.get("blocks") or ())
    pages = (one.removeprefix(_SENT) for one in marks if one.startswith(_SENT))
    return next((int(one) for one in pages if one.isdecimal()), 0)


def select_block(number: int, action: Action, fills: str) -> str:
    """Pack what choosing from a select does into its block's id; options have no room for it."""
    packed = f"{_SELECT}{number}:{fills}:{action.pack()}"
    if len(packed) > limits.ID:
        raise ValueError(f"A select must fit {limits.ID} characters: {packed}")
    return packed


def chosen(block_id: str, value: str) -> Action:
    """Read back what choosing a value does; `UnreadableAction` if no version of the bot can have made it."""
    parts = block_id.removeprefix(_SELECT).split(":", 2)
    if not block_id.startswith(_SELECT) or len(parts) != len(("number", "fills", "action")):
        raise UnreadableAction(block_id)
    return unpack(parts[2]).filled(**{parts[1]: value})

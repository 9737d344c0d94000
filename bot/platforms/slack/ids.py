"""The ids under which Slack reports clicks and submissions; they carry everything that is needed."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from bot.chat.actions import Action, UnreadableAction, unpack
from bot.platforms.slack import limits
from bot.platforms.slack.installing.workspaces import team_of

PREFIX = "homeroom:"
FORM = f"{PREFIX}form"
MENU = f"{PREFIX}menu"
NOTICE = f"{PREFIX}notice"
HOME = f"{PREFIX}home"
FIELD = f"{PREFIX}field"
REOPEN = f"{PREFIX}again"
# The suffix of the field beside an option's own, where somebody of the workspace can be chosen for it.
PERSON_SUFFIX = "_here"
# A mention, as values contain it, whether it was typed or chosen.
MENTION = re.compile(r"<@([A-Z0-9]+)>")
# The id of a channel.
CHANNEL = re.compile(r"[CDG][A-Z0-9]+")
_SELECT = f"{PREFIX}select:"
_SENT = f"{PREFIX}sent:"
# How many characters of a digest are enough to distinguish the fields of two forms.
_DIGEST_LENGTH = 12


def delivery_key(body: Mapping[str, Any]) -> str:
    """Return a key that recognises a command, click or submission that Slack delivers again.

    The key is made from the trigger id. A view's hash would not do: it stays the same when a form is
    corrected and submitted again.
    """
    trigger = body.get("trigger_id")
    identity = trigger or hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return f"slack {team_of(body)} {identity}"


def element_id(number: int) -> str:
    """Return the action id of the button or select with that number in its message."""
    return f"{PREFIX}{number}"


def field_id(drawn: Mapping[str, Any]) -> str:
    """Return the action id of a form's field, made from what it asks and contains.

    When one form replaces another, Slack keeps what was entered into a field with the same ids, and shows
    that instead of the new form's own value.
    """
    digest = hashlib.sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()
    return f"{FIELD}:{digest[:_DIGEST_LENGTH]}"


def sent_block(page: int) -> str:
    """Return the block id that marks a page of a card that the notifier sends and later redraws by itself."""
    return f"{_SENT}{page}"


def sent_page(message: Mapping[str, Any]) -> int:
    """Return which page of a card sent by the notifier a message is, from 1; 0 for other messages."""
    marks = (str(one.get("block_id") or "") for one in message.get("blocks") or ())
    pages = (one.removeprefix(_SENT) for one in marks if one.startswith(_SENT))
    return next((int(one) for one in pages if one.isdecimal()), 0)


def select_block(number: int, action: Action, fills: str) -> str:
    """Pack what choosing from a select does into the block's id, because its options have no room for it."""
    packed = f"{_SELECT}{number}:{fills}:{action.pack()}"
    if len(packed) > limits.ID:
        raise ValueError(f"A select must fit {limits.ID} characters: {packed}")
    return packed


def chosen_action(block_id: str, value: str) -> Action:
    """Return the action of choosing a value; raises `UnreadableAction` if we cannot have made the id."""
    parts = block_id.removeprefix(_SELECT).split(":", 2)
    if not block_id.startswith(_SELECT) or len(parts) != len(("number", "fills", "action")):
        raise UnreadableAction(block_id)
    return unpack(parts[2]).filled(**{parts[1]: value})

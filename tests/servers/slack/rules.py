"""What Slack would refuse by its published structures and limits, and what the bot must never send."""

import functools
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.servers.schemas import Schema

SPECS = Path(__file__).resolve().parents[4] / "shared" / "specs"
MISSING = f"{SPECS} is not there: calls of Slack are NOT checked against its published structures"

# A reference to a channel notifies nobody.
_PINGS = re.compile(r"<!(?!date\^)|<@|<#(?![CDG][A-Z0-9]+>)")
_MENTIONS = {"user", "usergroup", "broadcast", "team"}
_VIEW_METHODS = {"views.open", "views.update", "views.push", "views.publish"}


@functools.cache
def _validator(name: str, method: str | None = None) -> Schema | None:
    path = SPECS / f"slack-{name}.schema.json"
    if not path.exists():
        warnings.warn(MISSING, stacklevel=2)
        return None
    schema = json.loads(path.read_text())
    if method is not None:
        schema = schema.get(method)
    return Schema(schema, draft7=True) if schema else None


def problems_of_call(method: str, arguments: dict[str, Any]) -> list[str]:
    """List what Slack would refuse in a call of its Web API."""
    found = list(_structure("methods", arguments, method))
    if "blocks" in arguments or "text" in arguments:
        found += problems_of_message(arguments)
    if method in _VIEW_METHODS:
        found += problems_of_view(arguments["view"])
    return found


def problems_of_message(message: dict[str, Any]) -> list[str]:
    """List what Slack would refuse in a message."""
    found = []
    if not str(message.get("text", "")).strip():
        found.append("no text stands for the blocks")
    if len(message.get("text", "")) > 4_000:
        found.append("the text is longer than 4,000 characters")
    blocks = message.get("blocks", [])
    if len(blocks) > 50:
        found.append(f"{len(blocks)} blocks")
    return [*found, *_structure("blocks", blocks), *_of_blocks(blocks), *_pings(message)]


def problems_of_view(view: dict[str, Any]) -> list[str]:
    """List what Slack would refuse in a modal."""
    found = list(_structure("views", view))
    blocks = view["blocks"]
    if not 0 < len(blocks) <= 100:
        found.append(f"{len(blocks)} blocks in a view")
    if any(block["type"] == "input" for block in blocks) and "submit" not in view:
        found.append("an input without a submit")
    if view["type"] == "home" and any(block["type"] == "input" for block in blocks):
        found.append("an input on a home page")  # the bot has no use for one
    words = {name: view[name]["text"] for name in ("title", "submit", "close") if name in view}
    found += [f"{name} of {len(text)} characters" for name, text in words.items() if not 0 < len(text) <= 24]
    if len(view.get("private_metadata", "")) > 3_000:
        found.append("private_metadata is longer than 3,000 characters")
    return [*found, *_of_blocks(blocks), *_pings(view)]


def _structure(name: str, value: Any, method: str | None = None) -> Iterator[str]:
    validator = _validator(name, method)
    if validator is not None and (error := validator.error(value)) is not None:
        yield f"{name} at {list(error.absolute_path)}: {error.message[:300]}"


def _of_blocks(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        yield from _refused_by_the_sdk(json.dumps(block))
        for field in block.get("fields", []):
            if len(field["text"]) > 2_000:
                yield "a field is longer than 2,000 characters"
    yield from _twice("block_id", [block["block_id"] for block in blocks if "block_id" in block])
    actions = [one for block in blocks for one in block.get("elements", []) if block["type"] == "actions"]
    yield from _twice("action_id", [action["action_id"] for action in actions])
    for part in _parts(blocks):
        yield from _of_part(part)
    if _length(blocks) > 13_000:
        yield "msg_blocks_too_long"


@functools.cache
def _refused_by_the_sdk(written: str) -> list[str]:
    """List what Slack's own classes say against a block; asked once for each, since they take long."""
    block = json.loads(written)
    try:
        parsed = Block.parse(block)
        if parsed is None:
            return [f"no block: {block}"]
        parsed.to_dict()
    except SlackObjectFormationError as error:
        return [f"{block['type']}: {error}"]
    return []


def _of_part(part: dict[str, Any]) -> Iterator[str]:
    match part:
        case {"type": "plain_text" | "mrkdwn" | "text", "text": str(text)} if not 0 < len(text) <= 3_000:
            yield f"a text of {len(text)} characters"
        case {"type": "static_select" | "external_select"}:
            options = [*part.get("options", []), *([o] if (o := part.get("initial_option")) else [])]
            if part["type"] == "static_select" and not part.get("options") and not part.get("option_groups"):
                yield "a select without options"
            if "initial_option" in part and part.get("options") and options[-1] not in options[:-1]:
                yield "initial_option is no option"
            if len(part.get("options", [])) > 100:
                yield "more than 100 options"
            yield from _of_options(
                [*options, *(o for g in part.get("option_groups", []) for o in g["options"])]
            )
        case {"type": "plain_text_input", "initial_value": initial, "max_length": longest} if (
            len(initial) > longest
        ):
            yield "initial_value is longer than max_length"


def _of_options(options: list[dict[str, Any]]) -> Iterator[str]:
    for option in options:
        if not 0 < len(option["text"]["text"]) <= 75 or not 0 < len(option["value"]) <= 150:
            yield f"option {option}"
        if len(option.get("description", {}).get("text", "")) > 75:
            yield f"description of option {option}"


def problems_of_options(options: list[dict[str, Any]]) -> list[str]:
    """List what Slack would refuse in suggestions for a select."""
    many = [f"{len(options)} options"] if len(options) > 100 else []
    return [*many, *_of_options(options)]


def _twice(what: str, names: list[str]) -> Iterator[str]:
    yield from (f"{what} {name} stands there twice" for name in set(names) if names.count(name) > 1)


def _pings(value: Any) -> Iterator[str]:
    """List mentions, which nothing that the bot sends may contain, even in text that people typed."""
    for part in _parts(value):
        if part.get("type") in _MENTIONS and {"user_id", "usergroup_id", "range", "team_id"} & set(part):
            yield f"a mention: {part}"
        if part.get("type") == "mrkdwn" and _PINGS.search(part["text"]):
            yield f"a mention: {part['text']}"
        if part.get("link_names") or part.get("parse") == "full":
            yield "names are turned into mentions"
    text = value.get("text") if isinstance(value, dict) else None
    if isinstance(text, str) and _PINGS.search(text):
        yield f"a mention: {text}"


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _parts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _parts(part)


def _length(value: Any) -> int:
    """Count the text of blocks as Slack seems to, without the options of selects.

    It is not documented whether Slack counts characters or bytes, so this counts bytes, the larger number.
    """
    if isinstance(value, dict):
        return sum(_length(part) for name, part in value.items() if name not in {"options", "option_groups"})
    if isinstance(value, list):
        return sum(_length(part) for part in value)
    return len(value.encode()) if isinstance(value, str) else 0

"""Checks what the bot sends against Discord's published OpenAPI description."""

import copy
import functools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.platforms.discord import limits
from tests.servers.schemas import Schema

SPECIFICATION = Path(__file__).parents[4] / "shared" / "specs" / "discord-openapi.json"
WHERE = "../shared/specs/discord-openapi.json"

_MODAL = 9
# The schema of a callback by its type: the description only says that it is one of them.
_CALLBACKS = {
    4: "CreateMessageInteractionCallbackRequest",
    5: "CreateMessageInteractionCallbackRequest",
    6: "UpdateMessageInteractionCallbackRequest",
    7: "UpdateMessageInteractionCallbackRequest",
    8: "ApplicationCommandAutocompleteCallbackRequest",
    9: "ModalInteractionCallbackRequest",
}


# Properties that Discord's documentation has and its OpenAPI description lacks.
_DOCUMENTED = {"ApplicationCommandUpdateRequest": {"nsfw": {"type": "boolean"}}}


def required() -> None:
    """Skip a test, with a clear message, if the description is not available."""
    if not SPECIFICATION.exists():
        pytest.skip(f"NOT CHECKED against Discord's description: {WHERE} is not there")


def _strict(schema: Any, *, part_of_all: bool = False) -> Any:
    """Return a schema without empty enums that refuses unknown keys."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        key: [_strict(one, part_of_all=True) for one in value] if key == "allOf" else _strict(value)
        for key, value in schema.items()
        if not (key == "enum" and value == [])
    }
    if made.get("type") == "object" and "properties" in made and not part_of_all:
        made.setdefault("additionalProperties", False)
    return made


@functools.cache
def _description() -> dict[str, Any]:
    described: dict[str, Any] = json.loads(SPECIFICATION.read_text())
    schemas = _strict(described["components"]["schemas"])
    snowflake = schemas["SnowflakeType"]
    schemas["SnowflakeType"] = {"anyOf": [snowflake, {"type": "integer"}]}
    for name, properties in _DOCUMENTED.items():
        schemas[name]["properties"].update(properties)
    return {"paths": described["paths"], "schemas": schemas}


@functools.cache
def _validator(reference: str) -> Schema:
    return Schema({"components": {"schemas": _description()["schemas"]}, **json.loads(reference)})


@functools.cache
def _operation(method: str, path: str) -> dict[str, Any] | None:
    found: list[tuple[int, dict[str, Any]]] = []
    for template, operations in _description()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        literal = len(re.sub(r"\{\w+\}", "", template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            found.append((literal, operations[method.lower()]))
    return max(found, key=lambda one: one[0])[1] if found else None


def _schema(operation: dict[str, Any], path: str, body: Any) -> dict[str, Any] | None:
    if path.endswith("/callback"):
        return {"$ref": f"#/components/schemas/{_CALLBACKS[body['type']]}"}
    content = operation.get("requestBody", {}).get("content", {})
    found = content.get("application/json", {}).get("schema")
    return _strict(copy.deepcopy(found)) if found else None


def problem(method: str, path: str, body: Any) -> str | None:
    """Return what is wrong with a request; None if nothing is."""
    operation = _operation(method, path)
    if operation is None:
        return f"{method} {path} is not in the description"
    if body is None:
        return None
    schema = _schema(operation, path, body)
    if schema is None:
        return f"{method} {path} takes no body"
    error = _validator(json.dumps(schema)).error(_meant(body))
    if error is not None:
        return f"{method} {path}: {error.json_path}: {error.message[:300]}"
    wrong = next(_undescribed(body), None) if isinstance(body, dict) else None
    return f"{method} {path}: {wrong}" if wrong else None


def _undescribed(body: dict[str, Any]) -> Iterator[str]:
    """Yield what Discord refuses although its description allows it."""
    shown, modal = body.get("data") or body, body.get("type") == _MODAL
    controls = list(_nested(shown.get("components") or ()))
    if not modal and len(controls) > limits.MESSAGE_COMPONENTS:
        yield f"{len(controls)} components in a message"
    if not modal and sum(len(one.get("content", "")) for one in controls) > limits.MESSAGE_TEXT:
        yield "more text than a message has room for"
    for key in ("custom_id", "id"):
        found = [one[key] for one in controls if one.get(key)]
        if len(found) != len(set(found)):
            yield f"the same {key} twice"
    for one in controls:
        yield from _of_control(one, modal=modal)


def _of_control(one: dict[str, Any], *, modal: bool) -> Iterator[str]:
    options = one.get("options") or ()
    for label in (one.get("label", "…"), one.get("content", "…"), *(each["label"] for each in options)):
        if label is not None and not label.strip():
            yield f"nothing to see in a component of type {one['type']}"
    if len({each["value"] for each in options}) < len(options):
        yield "a value that stands there twice"
    if modal and one.get("required", True) and one.get("min_values") == 0:
        yield "a field that must be filled in, with nothing"
    # Discord refuses a host without a dot, such as localhost, as "not a well formed URL".
    if "." not in (urlsplit(one.get("url") or "https://any.example").hostname or ""):
        yield f"a button to {one['url']}"
    for name in re.findall(r"attachment://([^\"]*)", json.dumps([one.get("file"), one.get("items")])):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            yield f"a file called {name}"


def _nested(components: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in components:
        yield one
        inner = (*(one.get("components") or ()), one.get("accessory"), one.get("component"))
        yield from _nested(filter(None, inner))


def _meant(body: Any) -> Any:
    """Return a body without `tts: false`, which discord.py adds to every message, even to edits."""
    if not isinstance(body, dict):
        return body
    meant = {key: value for key, value in body.items() if (key, value) != ("tts", False)}
    return {**meant, "data": _meant(meant["data"])} if "data" in meant else meant


def answer_problem(schema: str, answer: Any) -> str | None:
    """Return what is wrong with an answer of the local Discord; None if nothing is."""
    reference = json.dumps({"$ref": f"#/components/schemas/{schema}"})
    error = _validator(reference).error(answer)
    return f"{error.json_path}: {error.message[:300]}" if error else None


def problems(requests: Iterable[tuple[str, str, Any]]) -> list[str]:
    """List what is wrong with these requests."""
    return [found for request in requests if (found := problem(*request))]

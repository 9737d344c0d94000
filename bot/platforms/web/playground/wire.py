"""The requests of a playground page, parsed strictly from their JSON."""

import json
from collections.abc import Mapping
from typing import TypeAlias

from bot.core.values import dataclass


class Unreadable(ValueError):
    """Raised for a frame that our own page cannot have sent."""


@dataclass(frozen=True, slots=True)
class Type:
    """Somebody sent a line."""

    line: str


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody clicked a button, or chose an item of a select (then `fills` is not empty)."""

    message: str
    action: str
    fills: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Submit:
    """Somebody sent a form; `clicked` is the message whose button opened it."""

    action: str
    answers: Mapping[str, str]
    clicked: str | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Somebody closed a form."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Somebody is typing a line, and the page asks for completions at the cursor."""

    line: str
    cursor: int


@dataclass(frozen=True, slots=True)
class Suggest:
    """Somebody is filling in a form, and the page asks for values of a field."""

    command: str
    option: str
    typed: str
    values: Mapping[str, str]


UserAction: TypeAlias = Type | Click | Submit | Close
Payload: TypeAlias = UserAction | Complete | Suggest


@dataclass(frozen=True, slots=True)
class Request:
    """A request: who sent it, in which place, and the number by which it is answered."""

    number: int
    who: str
    place: str
    payload: Payload


def read(frame: str) -> Request:
    """Return the request in a frame; raises `Unreadable`."""
    try:
        data = json.loads(frame)
        json.dumps(data, ensure_ascii=False).encode()  # refuses lone surrogates
    except (ValueError, RecursionError) as broken:
        raise Unreadable("no JSON") from broken
    match data:
        case {"id": int(number), "who": str(who), "place": str(place), "do": str(verb)}:
            return Request(number, who, place, _payload(verb, data))
        case _:
            raise Unreadable("no request")


def _payload(verb: str, data: Mapping[str, object]) -> Payload:  # noqa: PLR0911 - one a kind of payload
    match (verb, data):
        case ("type", {"line": str(line)}):
            return Type(line)
        case ("click", {"message": str(message), "action": str(action)}):
            return Click(message, action)
        case ("choose", {"message": str(message), "action": str(action), "fills": str(f), "value": str(v)}):
            return Click(message, action, f, v)
        case ("submit", {"action": str(action), "clicked": str() | None as clicked}):
            return Submit(action, _texts(data.get("answers")), clicked)
        case ("close", _):
            return Close()
        case ("complete", {"line": str(line), "cursor": int(cursor)}):
            return Complete(line, cursor)
        case ("suggest", {"command": str(command), "option": str(option), "typed": str(typed)}):
            return Suggest(command, option, typed, _texts(data.get("values")))
        case _:
            raise Unreadable(f"no payload: {verb[:20]}")


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Unreadable("no answers")
    return {str(key): str(one) for key, one in value.items()}

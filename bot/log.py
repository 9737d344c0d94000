"""Structured logs: one JSON object per line, or readable text; neither has secrets or personal data."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from bot.chat import call_reference

Form = Literal["auto", "json", "text"]

# Only our own loggers may go below INFO. At DEBUG, libraries log what people type, and database rows.
_OURS = "bot"
# Libraries whose INFO records are of little use.
_QUIET = (
    *("alembic", "aiosqlite", "sqlalchemy", "asyncpg", "httpx2", "httpcore2", "authlib", "websockets"),
    *(
        "uvicorn.error",
        "discord.client",
        "apscheduler",
        "python_multipart",
        "charset_normalizer",
        "matplotlib",
    ),
)

# In these parts of an error message, PostgreSQL quotes whole rows, with text that people typed.
_QUOTED = (
    r"(DETAIL|CONTEXT):.*?"
    r"(?=\n(?:HINT|DETAIL|CONTEXT):|\n\[SQL|\n\nThe above exception|\n\nDuring handling of the above|\Z)"
)

# Secrets and personal data that exceptions and messages may quote, and what is logged in their place.
_HIDDEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(_QUOTED, re.DOTALL), r"\1: (left out)"),
    # asyncpg quotes a value that has the wrong type.
    (re.compile(r"(for query argument \$\d+):[^\n]*"), r"\1: (left out)"),
    (re.compile(r"://[^\s/@]+@"), "://(left out)@"),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "(address)"),
    (re.compile(r"\b(xox[a-z]|xapp|xwfp)-[\w-]+"), r"\1-(left out)"),
    (re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"), "(token)"),
    (re.compile(r"(?i)\b(Bearer|Bot|Basic) [\w.~+/=-]{8,}"), r"\1 (left out)"),
    (re.compile(r"/(i|password|stop|webhooks/\d+|interactions/\d+)/[\w.~-]{12,}"), r"/\1/(left out)"),
)

# The attributes that every record has; all others were passed as `extra`, and are logged.
_USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def configure(level: str, form: Form = "auto") -> None:
    """Send the log records of all loggers through one formatter to standard error."""
    readable = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(readable=readable))
    logging.basicConfig(level=max(level, "INFO", key=_number), handlers=[handler], force=True)
    logging.getLogger(_OURS).setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, "WARNING", key=_number))
    logging.captureWarnings(capture=True)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level]


class Lines(logging.Formatter):
    """Formats a record as a JSON object or as readable text.

    structlog could do the same, but loads rich and pygments for it.
    """

    def __init__(self, *, readable: bool) -> None:
        """Choose readable text or JSON."""
        super().__init__()
        self._shown = _shown if readable else _json

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text, without secrets and personal data."""
        return self._shown({name: _hidden(value) for name, value in _told(record).items()})


def _told(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a record, with the reference of the call that it belongs to."""
    told = {
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": record.getMessage(),
        "logger": record.name,
    }
    told |= {name: value for name, value in vars(record).items() if name not in _USUAL}
    if reference := call_reference.current():
        told.setdefault("reference", reference)
    if record.exc_info:
        # Without the local variables of the frames, which hold codes and tokens.
        told["exception"] = "".join(traceback.format_exception(*record.exc_info)).rstrip()
    return told


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, default=str)


def _shown(told: Mapping[str, Any]) -> str:
    rest = dict(told)
    line = "{timestamp} [{level:<8}] {event} [{logger}]".format(
        **{name: rest.pop(name) for name in ("timestamp", "level", "event", "logger")}
    )
    line = line.replace("\r", "\\r").replace("\n", "\\n")  # so that no message can forge another log line
    broken = rest.pop("exception", None)
    line = " ".join([line, *(f"{name}={value!r}" for name, value in rest.items())])
    return line if broken is None else f"{line}\n{broken}"


def _hidden(value: Any) -> Any:
    """Return a value without whatever looks like a secret or an address in it."""
    match value:
        case str():
            for pattern, instead in _HIDDEN:
                value = pattern.sub(instead, value)
            return value
        case Mapping():
            return {name: _hidden(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden(one) for one in value]
        case int() | float() | bool() | None:
            return value
        case _:
            return _hidden(str(value))

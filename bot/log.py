"""Structured logs: one JSON object a line, or readable lines; no secrets and no personal data in either."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor

from bot.chat import calls

Form = Literal["auto", "json", "text"]

# Of the libraries nothing below INFO is kept, whatever the level: there they log what people type, and rows.
_OURS = "bot"
# Libraries that say little of use at INFO.
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

# What may stand in the words of an exception, and must not stand in a log.
_HIDDEN: tuple[tuple[re.Pattern[str], str], ...] = (
    # PostgreSQL quotes rows in these.
    (re.compile(r"(DETAIL|CONTEXT):[^\n]*"), r"\1: (left out)"),
    (re.compile(r"://[^\s/@]+@"), "://(left out)@"),
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "(address)"),
    (re.compile(r"\b(xox[a-z]|xapp|xwfp)-[\w-]+"), r"\1-(left out)"),
    (re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"), "(token)"),
    (re.compile(r"(?i)\b(Bearer|Bot|Basic) [\w.~+/=-]{8,}"), r"\1 (left out)"),
    (re.compile(r"/(i|password|stop|webhooks/\d+|interactions/\d+)/[\w.~-]{12,}"), r"/\1/(left out)"),
)


def configure(level: str, form: Form = "auto") -> None:
    """Send every log record, whoever makes it, through one formatter to standard error."""
    readable = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _with_reference,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last(readable)],
        )
    )
    logging.basicConfig(level=max(level, "INFO", key=_number), handlers=[handler], force=True)
    logging.getLogger(_OURS).setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, "WARNING", key=_number))
    logging.captureWarnings(capture=True)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level]


def _last(readable: bool) -> list[Processor]:
    if readable:
        return [structlog.processors.format_exc_info, _hide, structlog.dev.ConsoleRenderer()]
    # Without the frames' variables: they hold codes and tokens.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    traceback = structlog.processors.ExceptionRenderer(frames)
    return [traceback, _hide, structlog.processors.JSONRenderer(default=str)]


def _with_reference(_: Any, __: str, event: EventDict) -> EventDict:
    """Say which call a line belongs to."""
    if (reference := calls.current()) and "reference" not in event:
        event["reference"] = reference
    return event


def _hide(_: Any, __: str, event: EventDict) -> EventDict:
    return {name: _hidden(value) for name, value in event.items()}


def _hidden(value: Any) -> Any:
    """Take out of a value what looks like a secret or an address."""
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

"""Logging: one reference per call on every front, no secrets, and every library in the same format."""

import contextlib
import io
import json
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bot import log as logs
from bot.chat import call_reference
from bot.core.ports import UnitOfWork
from bot.platforms.web.server import build
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.storage import build as stored
from tests.world import World, caller, open_world, sqlite_url

Log = Callable[[], list[dict[str, Any]]]


class Heard(io.StringIO):
    """A stand-in for the terminal, or for a file that is written to."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal

    def configure(self, level: str, form: logs.Form = "json") -> None:
        """Configure the logs with this as standard error."""
        with contextlib.redirect_stderr(self):
            logs.configure(level, form)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """Everything that goes to standard error; all loggers are restored afterwards."""
    root = logging.getLogger()
    names = [name for name, one in root.manager.loggerDict.items() if isinstance(one, logging.Logger)]
    before = {name: logging.getLogger(name).level for name in names}
    handlers, level = root.handlers[:], root.level
    for name in ("uvicorn", "uvicorn.error"):  # a server with uvicorn's own settings may have run before
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    yield Heard()
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    for name in names:
        logging.getLogger(name).setLevel(before[name])


def lines(heard: Heard) -> list[dict[str, Any]]:
    return [json.loads(line) for line in heard.getvalue().splitlines()]


def test_lines_are_json_or_are_read(heard: Heard) -> None:
    log = logging.getLogger("bot.core.schools.schools")
    cases: list[tuple[logs.Form, bool, bool]] = [
        ("auto", False, True),
        ("auto", True, False),
        ("json", True, True),
        ("text", False, False),
    ]
    for form, terminal, is_json in cases:
        heard.truncate(0)
        heard.seek(0)
        heard.terminal = terminal
        heard.configure("INFO", form)
        log.info("The %s opens", "door", extra={"number": 3})
        if is_json:
            (line,) = lines(heard)
            wanted = {
                "event": "The door opens",
                "number": 3,
                "level": "info",
                "logger": "bot.core.schools.schools",
            }
            assert wanted.items() <= line.items()
            assert line["timestamp"].endswith("Z")
        else:
            assert "The door opens" in heard.getvalue()
            with pytest.raises(ValueError, match="Extra data"):
                lines(heard)


def test_every_library_goes_the_same_way_and_tells_little(heard: Heard) -> None:
    heard.configure("DEBUG")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("This is old", stacklevel=1)
    for name in (
        "bot.chat.runner",
        "discord.http",
        "slack_bolt.App",
        "uvicorn.error",
        "sqlalchemy.engine",
    ):
        logging.getLogger(name).debug("canary")
        logging.getLogger(name).error("seen")
    seen = [(one["logger"], one["event"]) for one in lines(heard) if one.get("logger") != "py.warnings"]
    assert [name for name, event in seen if event == "canary"] == ["bot.chat.runner"]
    assert len([name for name, event in seen if event == "seen"]) == 5
    assert any("This is old" in one["event"] for one in lines(heard))


def test_a_line_that_is_read_is_one_line(heard: Heard) -> None:
    heard.configure("INFO", "text")
    logging.getLogger("bot").warning("Slack said: %s", "no\r\n2026-11-22 [critical] forged")
    assert len(heard.getvalue().splitlines()) == 1


def test_a_long_word_is_looked_through_once(heard: Heard) -> None:
    heard.configure("INFO")
    begun = time.process_time()
    logging.getLogger("bot").warning("x" * 200_000)
    assert time.process_time() - begun < 2


HIDDEN = "canary"


def _break(words: str) -> None:
    beside = f"{HIDDEN} {words}"  # frames' variables are not logged
    raise RuntimeError(beside.removeprefix(f"{HIDDEN} "))


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_an_exception_says_is_no_secret_and_no_address(heard: Heard, form: logs.Form) -> None:
    heard.configure("INFO", form)
    words = (
        "duplicate key value\nDETAIL:  Key (name)=(Nia Long) exists.\nCONTEXT:  COPY persons, line 3: Nia",
        "null value\nDETAIL:  Failing row contains (1, Dear Nia,\n\nyour code is canary).\nHINT:  none",
        "invalid input for query argument $2: 'Nia Long' (expected int)",
        "nia.long+x@mail.example.org was not taken",
        "postgresql://ada:canary@db.example.org/homeroom",  # pragma: allowlist secret
        "token xoxb-12-canary and xapp-1-canary",  # pragma: allowlist secret
        "Authorization: Bearer canary-canary",
        f"Bot {'M' * 24}.canary.{'x' * 27}",
        "GET /i/canarycanarycanary",
        "https://discord.com/api/v10/webhooks/123/canarycanarycanary",
    )
    secret = "not logged: canary"  # noqa: F841 - a frame's variable
    for one in words:
        try:
            _break(one)
        except RuntimeError:
            logging.getLogger("bot").exception("It broke", extra={"told": [one], "also": {"what": one}})
    said = heard.getvalue()
    for hidden in ("canary", "Nia", "nia", "@mail"):
        assert hidden not in said.replace("/canary", ""), hidden
    assert "It broke" in said
    assert "RuntimeError" in said
    assert "duplicate key value" in said
    assert "HINT:  none" in said


class Broken(Exception):
    """An unexpected exception."""


def _breaks(uow: UnitOfWork) -> Any:
    stored.school(uow)
    raise Broken


async def test_an_error_of_the_database_quotes_no_person(heard: Heard, world: World) -> None:
    """PostgreSQL quotes the row that was refused; SQLite does not."""
    heard.configure("DEBUG")

    def unit(uow: UnitOfWork) -> None:
        person = stored.person(uow, "Nia Long")
        uow.people.add_unlinked(person)

    try:
        await world.database.run(unit)
    except Exception:
        logging.getLogger("bot").exception("It broke")
    assert "It broke" in heard.getvalue()
    assert "Nia" not in heard.getvalue()


async def test_a_page_that_breaks_tells_the_reference_that_is_logged(
    heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard.configure("INFO")
    async with open_world(sqlite_url(tmp_path)) as world:

        async def breaks(_: str, __: Any = None) -> Any:
            logging.getLogger("bot.core").info("on the way")
            raise Broken

        app = build(world.runner, look_up=breaks, joins={})
        async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
            answers = [await client.get("/i/some-token-that-is-long") for _ in range(2)]
            well = await client.get("/healthz")
    references = [one.headers["x-request-id"] for one in answers]
    assert len({*references, well.headers["x-request-id"]}) == 3
    assert call_reference.current() == ""
    for answer, reference in zip(answers, references, strict=True):
        assert answer.status_code == 500
        assert reference in answer.text
        assert "give your operator the reference" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        own = [one for one in lines(heard) if one.get("reference") == reference]
        assert own[0]["event"] == "on the way"
        assert "Broken" in json.dumps(own[-1]), "the server's own line belongs to it, too"


async def test_a_command_that_breaks_tells_the_reference_that_is_logged(
    heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard.configure("INFO")
    async with open_world(sqlite_url(tmp_path)) as world:
        real = world.database.run
        monkeypatch.setattr(world.database, "run", lambda _: real(_breaks))
        replies = [
            await world.runner.type("/school create Maple", caller("ada", administers=True)) for _ in range(2)
        ]
    logged = [one["reference"] for one in lines(heard) if one["event"] == "A command failed"]
    assert len(set(logged)) == 2
    for reply, reference in zip(replies, logged, strict=True):
        assert reference in repr(reply.answer)


async def test_a_call_within_a_call_is_the_same_one() -> None:
    seen = []

    @call_reference.per_run
    async def inner() -> None:
        seen.append(call_reference.current())

    @call_reference.per_run
    async def outer() -> None:
        seen.append(call_reference.current())
        await inner()

    await outer()
    await inner()
    assert (seen[0] == seen[1], len(set(seen)), call_reference.current()) == (True, 2, "")

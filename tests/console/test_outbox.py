"""What operators see on the command line about undelivered messages, and about the state of everything."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.__main__ import main
from bot.app import open_application
from bot.console.outbox import outbox
from bot.console.status import status as told_status
from bot.core import jobs
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.stuck import TrackedItem, put_off
from bot.settings import Settings, load
from tests.storage import build
from tests.world import START

ADA = AccountKey("web", "ada")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load()


async def _done(settings: Settings, unit: Callable[[UnitOfWork], object]) -> None:
    async with open_application(settings) as application:
        await application.database.run(unit)


def _given_up(uow: UnitOfWork, number: int = 1) -> list[str]:
    maple, person = build.school(uow, "Maple [Grove]"), build.person(uow, "Ada Quill", ADA)
    made = []
    for _ in range(number):
        fresh = build.fresh_id()
        to = Destination.direct(ADA)
        uow.outbox.add(
            Notice(fresh, fresh, f"person:{person.id}", Audience.ADMIN, to, uow.now, school_id=maple.id)
        )
        uow.outbox.give_up(fresh, uow.now, error="channel_not_found")
        made.append(fresh)
    return made


async def _said(settings: Settings, what: str, which: str = "", width: int = 200) -> tuple[int, str]:
    out = StringIO()
    status = await outbox(settings, what, which, Console(file=out, width=width))
    return status, out.getvalue()


async def test_messages_that_did_not_arrive_are_listed_shown_and_sent_again(settings: Settings) -> None:
    ids: list[str] = []
    await _done(settings, lambda uow: ids.extend(_given_up(uow, 3)))
    status, said = await _said(settings, "list")
    assert status == 0
    for words in (*ids, "Maple [Grove]", "Ada Quill", "channel_not_found"):
        assert words in said
    status, said = await _said(settings, "list", width=80)  # as where the output is no terminal
    assert [one for one in ids if one not in said] == [], "they are copied from here"
    assert "…" not in said
    status, said = await _said(settings, "show", ids[0].upper())
    assert (status, "Tries" in said, ids[1] in said) == (0, True, False)
    assert (await _said(settings, "retry", ids[0])) == (0, "1 will be sent again.\n")
    assert (await _said(settings, "retry", ids[0])) == (1, "There is no undelivered message with this id.\n")
    assert (await _said(settings, "show", ids[0]))[0] == 1
    assert (await _said(settings, "retry", "all")) == (0, "2 will be sent again.\n")
    assert await _said(settings, "retry", "all") == (0, "0 will be sent again.\n")
    assert "There are no undelivered messages" in (await _said(settings, "list"))[1]

    def audited(uow: UnitOfWork) -> None:
        (chain,) = uow.audit.chains()
        found = [one.entry for one in uow.audit.chain(chain)]
        assert [(one.action, one.front) for one in found] == [("message.retried", "console")] * 2
        assert [one.new["messages"] for one in found] == [1, 2]

    await _done(settings, audited)


async def test_how_it_gets_on(settings: Settings) -> None:
    def unit(uow: UnitOfWork) -> None:
        _given_up(uow)
        uow.jobs.save(jobs.after(None, "digests", uow.now, 0.25, ""))

    await _done(settings, unit)
    out = StringIO()
    assert await told_status(settings, Console(file=out, width=200)) == 0
    for words in ("Discord", "no", "digests", "0.25 s", "Undelivered"):
        assert words in out.getvalue()
    installed = settings.slack.model_copy(update={"client_id": "1.2"})
    out = StringIO()
    await told_status(settings.model_copy(update={"slack": installed}), Console(file=out, width=200))
    assert re.search(r"Slack\W+yes", out.getvalue())
    broken = TrackedItem("digest", "01M4P1E")
    await _done(settings, lambda uow: put_off(uow, broken, "KeyError"))
    assert await told_status(settings, Console(file=out, width=200)) == 1
    assert "digest:01M4P1E" in out.getvalue()
    await _done(settings, lambda uow: uow.stuck.forget(broken))
    failed = jobs.after(None, "retention", START, 0.1, "OSError")
    await _done(settings, lambda uow: uow.jobs.save(failed))
    assert await told_status(settings, Console(file=out, width=200)) == 1
    assert "1 (OSError)" in out.getvalue()


def test_the_command_line(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "upgrade"]) == 0
    settings.keys()
    capsys.readouterr()
    assert main(["outbox", "list"]) == 0
    assert "There are no undelivered messages" in capsys.readouterr().out
    assert main(["outbox", "show", "nothing"]) == 1
    assert main(["status"]) == 0
    assert "Messages" in capsys.readouterr().out

"""Files that people attach to a command: who may, when they are read, and that they are not kept."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest

from bot.cards.refusals.refusals import Words
from bot.chat.commands import Group, Registry
from bot.chat.context import Context, Links
from bot.chat.files import Attach, as_sheet, collect
from bot.chat.grammar import Typed
from bot.chat.options import option
from bot.chat.replies import Card, Form
from bot.chat.runner import Runner
from bot.chat.text import say
from bot.core.errors import BadValue
from bot.core.files import BadFile, FileTrouble, Upload
from bot.core.rights.actors import Platform
from bot.core.rights.permissions import Permission
from bot.core.rosters.sheet import Sheet
from bot.core.values import replace
from bot.sheets.bounds import Bounds
from tests.core.door import heard
from tests.fakes.database import FakeDatabase
from tests.world import SLASHES, FakeClock, caller

SECRET = "nia@secret.example"
FORMATS = ("csv", "xlsx")
ADA = caller("ada")
papers = Group("papers", "Papers")


def _threaded(upload: Upload, bounds: Bounds) -> Sheet:
    """Read a table, and record on which thread that was done."""
    assert threading.current_thread() is not threading.main_thread()
    if upload.name == "broken.csv":
        raise RuntimeError(f"cannot read {upload.content!r}")
    if upload.name == "bad.csv":
        raise BadValue("file", "is not what I want", "people.csv")
    return as_sheet(upload, bounds)


@papers.command(prepares=_threaded)
def take(
    ctx: Context,
    file: Annotated[Sheet, option("The table", formats=FORMATS)],
    note: Annotated[str, option("A note")] = "",
) -> Card:
    """Take a table."""
    return Card(
        say("{rows} rows below {header}, {note}", rows=len(file.rows), header=file.header[0], note=note)
    )


@papers.command()
def keep(
    ctx: Context,
    title: Annotated[str, option("What it is")],
    file: Annotated[Upload | None, option("A file", formats=("zip",))] = None,
) -> Card:
    """Keep a file as it is."""
    size = len(file.content) if file else 0
    return Card(
        say("{title}: {size} bytes of {name}", title=title, size=size, name=file.name if file else "none")
    )


@papers.command(needs=Permission.SYSTEM_MANAGE, at_school=False, prepares=_threaded)
def rule(ctx: Context, file: Annotated[Sheet, option("The table", formats=FORMATS)]) -> Card:
    """Take a table from those who rule."""
    return Card(say("taken"))


@dataclass
class Given:
    """A file that has not been downloaded from the platform yet."""

    name: str = "people.csv"
    content: bytes = f"email\n{SECRET}\n".encode()
    asked: list[int] = field(default_factory=list)

    async def read(self, most: int) -> bytes:
        self.asked.append(most)
        return self.content


class Counting(FakeDatabase):
    """A database that knows whether a writing transaction is open."""

    open = False

    async def run(self, unit: Any) -> Any:
        self.open = True
        try:
            return await super().run(unit)
        finally:
            self.open = False


@pytest.fixture
def runner() -> Runner:
    return Runner(
        Counting(FakeClock()), Registry([papers]), Words(), Links(slashes=SLASHES), frozenset({"web:root"})
    )


async def test_a_file_is_prepared_and_handed_to_the_handler(runner: Runner) -> None:
    given = Given()
    reply = await runner.run("papers take", ADA, {"file": given, "note": "hello"})
    assert heard(reply) == "1 rows below email, hello"
    assert given.asked == [Bounds().bytes]


async def test_without_preparing_the_handler_gets_the_file_itself(runner: Runner) -> None:
    reply = await runner.run("papers keep", ADA, {"title": "T", "file": Given("a.zip", b"12345")})
    assert heard(reply) == "T: 5 bytes of a.zip"
    assert heard(await runner.run("papers keep", ADA, {"title": "T"})) == "T: 0 bytes of none"


async def test_nobody_waits_for_a_file_that_is_being_read(runner: Runner) -> None:
    class Watching(Given):
        async def read(self, most: int) -> bytes:
            assert not runner.database.open  # type: ignore[attr-defined]
            return await super().read(most)

    assert not (await runner.run("papers take", ADA, {"file": Watching()})).refused


async def test_a_file_of_somebody_who_may_not_is_not_even_fetched(runner: Runner) -> None:
    given = Given()
    reply = await runner.run("papers rule", ADA, {"file": given})
    assert reply.refused
    assert given.asked == []
    assert heard(await runner.run("papers rule", caller("root"), {"file": given})) == "taken"


async def test_a_file_that_cannot_be_read_is_refused_in_words_under_its_field(runner: Runner) -> None:
    reply = await runner.run("papers take", ADA, {"file": Given(content=b'email\n"x')})
    assert (reply.refused, reply.option) == (True, "file")
    assert heard(reply) == (
        "The quotation marks in people.csv do not match.\n"
        "Look at row 2: a mark is opened and not closed, or something follows it."
    )
    small = replace(runner, bounds=Bounds(rows=1))
    assert "more than 1 rows" in heard(
        await small.run("papers take", ADA, {"file": Given(content=b"email\na\nb\n")})
    )
    refused = await runner.run("papers take", ADA, {"file": Given("bad.csv")})
    assert (refused.refused, refused.option) == (True, "file")
    assert "is not what I want" in heard(refused)


async def test_no_log_and_no_mark_of_an_arrival_has_a_word_of_the_file(
    runner: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = await runner.run("papers take", ADA, {"file": Given("broken.csv")}, delivery="d1")
    assert broken.refused
    assert "Something went wrong" in heard(broken)
    assert "RuntimeError" in str([record.__dict__ for record in caplog.records])
    await runner.run("papers take", ADA, {"file": Given()}, delivery="d2")
    await runner.run("papers take", ADA, {"file": Given(content=f'email\n"{SECRET}'.encode())}, delivery="d3")
    assert SECRET not in str([record.__dict__ for record in caplog.records]) + caplog.text
    assert SECRET not in repr(runner.database.state)  # type: ignore[attr-defined]
    assert SECRET not in repr(Upload("a", SECRET.encode()))


async def test_what_arrives_twice_is_answered_once_refused_or_not(runner: Runner) -> None:
    for content in (b"email\na@x.org\n", b""):
        replies = [
            await runner.run("papers take", ADA, {"file": Given(content=content)}, delivery=f"d{content!r}")
            for _ in range(2)
        ]
        assert [reply.answer is None for reply in replies] == [False, True]


async def test_a_file_can_be_named_where_the_front_finds_it(runner: Runner) -> None:
    given = Given()

    def attach(text: str) -> Given | None:
        return given if text == "F1" else None

    found = runner.read("/papers take file:F1 note:x", Platform.WEB, attach)
    assert isinstance(found, Typed)
    assert not found.opens_form
    assert heard(await runner.typed(found, ADA)).endswith("email, x")
    finders: tuple[Attach | None, ...] = (attach, None)
    for other in finders:
        missed = runner.read("/papers take file:F2 note:x", Platform.WEB, other)
        assert isinstance(missed, Typed)
        assert missed.opens_form
        form = (await runner.typed(missed, ADA)).answer
        assert isinstance(form, Form)
        assert [(one.option.name, one.value) for one in form.fields] == [("file", None), ("note", "x")]


async def test_a_file_that_need_not_be_there_is_refused_rather_than_forgotten(runner: Runner) -> None:
    reply = await runner.type("/papers keep title:T file:nothing.zip", ADA)
    assert heard(reply).startswith("“nothing.zip” is not a file that you have sent.")


async def test_files_are_read_two_at_a_time(runner: Runner) -> None:
    under_way: list[int] = []
    highest: list[int] = []
    two, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Given):
        async def read(self, most: int) -> bytes:
            under_way.append(most)
            highest.append(len(under_way))
            if len(under_way) == 2:
                two.set()
            await go_on.wait()
            under_way.pop()
            return self.content

    runs = [asyncio.create_task(runner.run("papers take", ADA, {"file": Slow()})) for _ in range(5)]
    await two.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    go_on.set()
    assert not any(reply.refused for reply in await asyncio.gather(*runs))
    assert max(highest) == 2


async def test_a_download_is_cut_off_where_it_is_too_large() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 100

    with pytest.raises(BadFile) as bad:
        await collect("people.csv", endless(), 950)
    assert (bad.value.trouble, bad.value.most, sent) == (FileTrouble.TOO_LARGE, 950, 10)


def test_preparing_needs_a_file() -> None:
    group = Group("wrong", "Wrong")

    def nothing(ctx: Context) -> Card:
        """Do nothing."""
        return Card(say("nothing"))

    with pytest.raises(ValueError, match="no file to prepare"):
        group.command(prepares=as_sheet)(nothing)

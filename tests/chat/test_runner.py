"""The Runner: one transaction per call, and an answer whatever happens."""

import logging
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pytest

from bot.cards.refusals.refusals import Words
from bot.chat.actions import Action
from bot.chat.call_reference import current
from bot.chat.commands import Group, Registry
from bot.chat.context import Context, Links
from bot.chat.grammar import Typed
from bot.chat.options import option
from bot.chat.replies import Card, Form, Item, Reply
from bot.chat.runner import Runner
from bot.chat.text import say, verbatim
from bot.core.errors import NoSchoolHere
from bot.core.people import members
from bot.core.rights.actors import Platform
from bot.core.rights.permissions import Permission
from tests.core.door import heard
from tests.fakes.database import FakeDatabase, WroteWhileReading
from tests.world import SLASHES, FakeClock, caller, delivered

things = Group("things", "Things")
calls: list[Mapping[str, Any]] = []


def _offer(ctx: Context, typed: str) -> Sequence[Item]:
    return [Item(name, verbatim(name)) for name in ("red", "blue") if typed in name]


@things.command()
def make(
    ctx: Context,
    name: Annotated[str, option("Its name", suggest=_offer)],
    number: Annotated[int, option("How many")] = 1,
) -> Card:
    """Make a thing."""
    calls.append({"name": name, "number": number})
    members.enrol(ctx.uow, ctx.actor)
    return Card(say("made {name} for {slash}", name=name, slash=ctx.typed("")))


@things.command()
def refuse(ctx: Context) -> Card:
    """Change something, then refuse."""
    members.enrol(ctx.uow, ctx.actor)
    raise NoSchoolHere


@things.command()
def break_(ctx: Context, secret: Annotated[str, option("A secret")] = "") -> Card:
    """Change something, then break."""
    members.enrol(ctx.uow, ctx.actor)
    raise RuntimeError("broken")


@things.command(reads=True)
def cheat(ctx: Context) -> Card:
    """Promise to read, and write."""
    members.enrol(ctx.uow, ctx.actor)
    return Card(say("cheated"))


@things.command(hidden=True)
def clicked(ctx: Context) -> Card:
    """Tell whether it was clicked."""
    return Card(say("clicked" if ctx.clicked else "typed"))


@things.command(needs=Permission.SYSTEM_MANAGE, at_school=False)
def manage(ctx: Context, name: Annotated[str, option("A name", suggest=_offer)]) -> Card:
    """Manage."""
    return Card(say("managed"))


class Watched(FakeDatabase):
    """A database that records which of its methods were called."""

    def __init__(self) -> None:
        super().__init__(FakeClock())
        self.asked: list[str] = []

    async def run(self, unit: Any) -> Any:
        self.asked.append("run")
        return await super().run(unit)

    async def read(self, unit: Any) -> Any:
        self.asked.append("read")
        return await super().read(unit)


@pytest.fixture
def database() -> Watched:
    calls.clear()
    return Watched()


@pytest.fixture
def runner(database: Watched) -> Runner:
    return Runner(database, Registry([things]), Words(), Links(slashes=SLASHES), frozenset({"web:root"}))


ADA = caller("ada")


async def test_a_command_runs_in_one_transaction(runner: Runner, database: Watched) -> None:
    assert heard(await runner.run("things make", ADA, {"name": " x ", "number": "2"})) == "made x for /"
    assert calls == [{"name": "x", "number": 2}]
    assert database.asked == ["run"]
    assert len(database.state.persons) == 1


@pytest.mark.parametrize("command", ["things refuse", "things break"])
async def test_what_fails_changes_nothing(runner: Runner, database: Watched, command: str) -> None:
    reply = await runner.run(command, ADA)
    assert reply.refused
    assert not database.state.persons


async def test_what_breaks_is_told_with_a_reference_and_logged_without_values(
    runner: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    references: list[str] = []
    caplog.handler.addFilter(lambda _: not references.extend([current()]))  # type: ignore[func-returns-value]
    reply = await runner.run("things break", ADA, {"secret": "canary"})
    said = heard(reply)
    assert "nothing was changed" in said
    assert [one.levelno for one in caplog.records] == [logging.ERROR]
    assert references[0] in said
    assert current() == "", "the call is over"
    assert "canary" not in caplog.text
    assert "RuntimeError" in caplog.text


async def test_a_command_that_promised_to_read_cannot_write(
    runner: Runner, database: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await runner.run("things cheat", ADA)).refused
    assert database.asked == ["read"]
    assert not database.state.persons
    assert WroteWhileReading.__name__ in caplog.text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "name is missing."),
        ({"name": ""}, "name is missing."),
        ({"name": None}, "name is missing."),
        ({"name": "x", "colour": "red"}, "colour is not an option of /things make."),
        ({"name": "x", "number": "many"}, "number wants a whole number, not “many”."),
        ({"name": "x" * 10_000}, "name is 10,000 characters long; 200 is the most."),
        ({"name": "\x00 \u200b"}, "name is missing."),
        ({"name": " "}, "name is missing."),
    ],
)
async def test_values_that_do_not_fit(runner: Runner, values: Mapping[str, Any], said: str) -> None:
    reply = await runner.run("things make", ADA, values)
    assert heard(reply).startswith(said)
    assert reply.option == said.split(maxsplit=1)[0]
    assert not calls


async def test_an_option_that_is_left_empty_keeps_its_default(runner: Runner) -> None:
    await runner.run("things make", ADA, {"name": "x", "number": ""})
    assert calls == [{"name": "x", "number": 1}]


@pytest.mark.parametrize("path", ["", "things", "nothing", "things make ", "../things make"])
async def test_an_unknown_command(runner: Runner, path: str) -> None:
    for reply in (await runner.run(path, ADA), await runner.form(Action(path), ADA)):
        assert "I cannot find that command here." in heard(reply)
    assert await runner.suggest(path, "name", "", ADA) == ()


async def test_a_typed_line_with_something_missing_opens_the_form(runner: Runner, database: Watched) -> None:
    reply = await runner.type("/things make number:5", ADA)
    assert isinstance(reply.answer, Form)
    assert [(field.option.name, field.value) for field in reply.answer.fields] == [
        ("name", None),
        ("number", "5"),
    ]
    assert reply.answer.action == Action("things make")
    assert database.asked == ["read"]
    assert not calls


async def test_a_form_of_a_button_keeps_its_values(runner: Runner) -> None:
    reply = await runner.form(Action("things make", {"number": "5"}, ask=True), ADA)
    assert isinstance(reply.answer, Form)
    assert [field.option.name for field in reply.answer.fields] == ["name"]
    await runner.act(reply.answer.action.filled(name="x"), ADA)
    assert calls == [{"name": "x", "number": 5}]


async def test_hidden_commands_are_clicked_and_not_typed(runner: Runner) -> None:
    assert heard(await runner.act(Action("things clicked"), ADA)) == "clicked"
    assert "After /things comes one of: make," in heard(await runner.type("/things clicked", ADA))


async def test_the_right_is_asked_for_everywhere(runner: Runner) -> None:
    root = caller("root")
    for reply in (
        await runner.run("things manage", ADA, {"name": "x"}),
        await runner.form(Action("things manage"), ADA),
        await runner.type("/things manage x", ADA),
        await runner.type("/things manage", ADA),
    ):
        assert heard(reply).startswith("You may not change settings of the whole system")
    assert await runner.suggest("things manage", "name", "", ADA) == ()
    assert heard(await runner.type("/things manage x", root)) == "managed"
    assert len(await runner.suggest("things manage", "name", "", root)) == 2


async def test_suggestions(runner: Runner) -> None:
    assert [item.value for item in await runner.suggest("things make", "name", "re", ADA)] == ["red"]
    assert await runner.suggest("things make", "number", "", ADA) == ()
    assert await runner.suggest("things make", "nothing", "", ADA) == ()


@pytest.mark.parametrize("platform", list(SLASHES))
async def test_commands_are_shown_as_each_front_types_them(runner: Runner, platform: Platform) -> None:
    slash = SLASHES[platform]
    reply: Reply = await runner.type(f"{slash}things make x", caller("ada", platform=platform))
    assert heard(reply) == f"made x for {slash}"


async def test_what_is_delivered_again_is_done_once_and_answered_by_nothing(runner: Runner) -> None:
    ann = caller("ann")
    first = await delivered(runner, "/things make red", ann, "1")
    again = await delivered(runner, "/things make red", ann, "1")
    assert heard(first).startswith("made red")
    assert again == Reply(repeated=True)
    assert calls == [{"name": "red", "number": 1}]
    await delivered(runner, "/things make red", ann, "2")
    await runner.type("/things make red", ann)
    await runner.type("/things make red", ann)
    assert len(calls) == 4


async def test_what_was_refused_is_not_done_when_it_is_delivered_again(
    runner: Runner, database: Watched
) -> None:
    ann = caller("ann")
    assert (await runner.run("things refuse", ann, delivery="1")).refused
    assert await runner.run("things make", ann, {"name": "red"}, delivery="1") == Reply(repeated=True)
    assert calls == []
    assert database.state.persons == {}


async def test_what_broke_is_tried_when_it_is_delivered_again(runner: Runner) -> None:
    ann = caller("ann")
    assert "reference" in heard(await runner.run("things break", ann, delivery="1")).casefold()
    await runner.run("things make", ann, {"name": "red"}, delivery="1")
    assert len(calls) == 1


async def test_what_only_reads_is_answered_as_often_as_it_is_delivered(
    runner: Runner, database: Watched
) -> None:
    ann = caller("ann")
    for _ in range(2):
        assert isinstance((await delivered(runner, "/things make", ann, "1")).answer, Form)
    assert database.state.arrivals == {}
    await delivered(runner, "/things make red", ann, "1")
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("line", "asks"), [("/things make", True), ("/things make red", False), ("/nothing", False), ("", False)]
)
def test_a_line_that_a_form_answers_is_known_at_once(runner: Runner, line: str, asks: bool) -> None:
    read = runner.read(line, Platform.WEB)
    assert (isinstance(read, Typed) and read.opens_form) is asks

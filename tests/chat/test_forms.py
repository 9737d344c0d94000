"""Forms: their fields, required fields, emptied fields, and the labels of their buttons."""

from typing import Annotated

import pytest

from bot.cards.refusals.refusals import Words
from bot.chat.actions import Action
from bot.chat.commands import Command, Group, Registry
from bot.chat.context import Context, Links
from bot.chat.forms import submit
from bot.chat.options import Option, is_cleared, option
from bot.chat.replies import Card, Form, Item, Reply
from bot.chat.runner import Runner
from bot.chat.text import plain, say
from bot.commands import REGISTRY
from bot.platforms.slack import limits as slack_limits
from tests.fakes.database import FakeDatabase
from tests.world import SLASHES, FakeClock, caller

room = Group("room", "Rooms")


def _there(_: Context) -> dict[str, str]:
    return {"name": "Blue", "note": "By the lake", "seats": "4"}


@room.command(asks=_there)
def edit(
    ctx: Context,
    name: Annotated[str | None, option("Its name")] = None,
    note: Annotated[str | None, option("A note", clears=True)] = None,
    seats: Annotated[int | None, option("Seats", minimum=1, clears=True)] = None,
    colour: Annotated[str | None, option("Its colour")] = None,
) -> Card:
    """Change a room."""
    del ctx
    return Card(say("{said}", said=repr((name, note, seats, colour))))


def _shaped(ctx: Context) -> tuple[Option, ...]:
    return (Option("Shaped", name="name", title=f"For {ctx.values['key']}", required=True),)


@room.command(shapes=_shaped, submit="Open it", hidden=True)
def door(
    ctx: Context,
    key: Annotated[str, option("The key")] = "",
    name: Annotated[str, option("A name")] = "",
) -> Card:
    """Open a room."""
    del ctx
    return Card(say("{said}", said=f"{key} {name}"))


@room.command(asks=lambda _: {"colour": "violet"})
def repaint(
    ctx: Context,
    colour: Annotated[
        str | None,
        option("Its colour", suggest=lambda *_: [Item(one, say("{it}", it=one)) for one in ("red", "blue")]),
    ] = None,
) -> Card:
    """Paint a room."""
    del ctx
    return Card(say("{said}", said=repr(colour)))


ROOMS = Registry([room])


@pytest.fixture
def runner() -> Runner:
    return Runner(FakeDatabase(FakeClock()), ROOMS, Words(), Links(slashes=SLASHES))


async def _form(runner: Runner, action: Action) -> Form:
    reply = await runner.form(action, caller("ada"))
    assert isinstance(reply.answer, Form)
    return reply.answer


def _said(reply: Reply) -> str:
    assert isinstance(reply.answer, Card)
    return plain(reply.answer.title)


async def test_what_is_there_and_cannot_be_taken_away_is_marked_as_needed(runner: Runner) -> None:
    form = await _form(runner, Action("room edit", ask=True))
    needed = {field.option.name: field.option.required for field in form.fields}
    assert needed == {"name": True, "note": False, "seats": False, "colour": False}
    assert plain(form.submit) == "Save"


async def test_an_emptied_field_takes_away_and_one_that_is_not_asked_stays(runner: Runner) -> None:
    ada = caller("ada")
    emptied_all = {"name": "Red", "note": "", "seats": "", "colour": ""}
    assert _said(await runner.act(Action("room edit", emptied_all), ada)) == "('Red', '', 0, None)"
    assert _said(await runner.act(Action("room edit", {"name": "Red"}), ada)) == "('Red', None, None, None)"
    assert _said(await runner.type("/room edit note:None seats:none", ada)) == "(None, '', 0, None)"
    assert _said(await runner.type("/room edit colour:none", ada)) == "(None, None, None, 'none')"
    refused = await runner.type("/room edit seats:0", ada)
    assert refused.option == "seats"


async def test_a_typed_command_with_a_wrong_value_comes_with_the_form_that_puts_it_right(
    runner: Runner,
) -> None:
    ada, typed = caller("ada"), {"seats": 0, "note": "By the door"}
    better = (await runner.run("room edit", ada, typed)).correction
    assert better is not None
    assert better.typed == {"seats": "0", "note": "By the door"}
    values = {field.option.name: field.value for field in better.form.fields}
    assert values == {"name": "Blue", "note": "By the door", "seats": "0", "colour": None}
    assert (await runner.run("room edit", ada, typed, clicked=True)).correction is None, "its form is there"


async def test_no_form_is_offered_that_would_drop_some_of_what_was_typed(runner: Runner) -> None:
    refused = await runner.run("room door", caller("ada"), {"key": "K7", "name": "x" * 999})
    assert (refused.option, refused.correction) == ("name", None)


async def test_a_form_asks_in_the_words_of_its_shape(runner: Runner) -> None:
    form = await _form(runner, Action("room door", {"key": "K7"}, ask=True))
    assert [field.option.label for field in form.fields] == ["For K7"]
    assert form.action == Action("room door", {"key": "K7"})
    assert plain(form.submit) == "Open it"


async def test_nothing_can_be_chosen_from_a_list_where_it_is_an_answer() -> None:
    whole = Runner(FakeDatabase(FakeClock()), REGISTRY, Words(), Links(slashes=SLASHES))
    ada = caller("ada")
    offered = [item.value for item in await whole.suggest("account edit", "zone", "", ada)]
    assert (len(offered), offered[-1]) == (25, "none")
    found = [item.value for item in await whole.suggest("account edit", "zone", "berl", ada)]
    assert found == ["Europe/Berlin"]
    assert "none" not in [item.value for item in await whole.suggest("school create", "zone", "", ada)]


async def test_what_is_there_can_be_left_where_nobody_would_offer_it(runner: Runner) -> None:
    (field,) = (await _form(runner, Action("room repaint", ask=True))).fields
    assert [item.value for item in field.items] == ["violet", "red", "blue"]


@pytest.mark.parametrize("command", [one for one in REGISTRY if one.options], ids=lambda one: one.path)
def test_every_button_that_sends_a_form_fits(command: Command) -> None:
    label = submit(command)
    assert 0 < len(label) <= slack_limits.VIEW_BUTTON
    assert "_" not in label


@pytest.mark.parametrize("command", list(REGISTRY), ids=lambda one: one.path)
def test_what_can_be_emptied_need_not_be_there(command: Command) -> None:
    """An option that can be cleared is never required: a missing value would look like an emptied one."""
    assert [one.name for one in command.options if one.clears and one.required] == []
    assert all(is_cleared(one, "None") is one.clears for one in command.options)

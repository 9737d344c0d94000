"""Attachments on Discord: downloaded over a real socket, within limits, without sending credentials."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from bot.cards.refusals.refusals import Words
from bot.chat.actions import Action
from bot.chat.options import Option, OptionKind
from bot.chat.replies import Field, Form
from bot.chat.text import say
from bot.core.files import BadFile, FileTrouble
from bot.core.values import replace
from bot.platforms.discord.attached import Attached
from bot.platforms.discord.forms.modals import modal, steps
from bot.platforms.discord.front import DiscordFront
from bot.sheets.bounds import Bounds
from tests.chat.papers import PAPERS
from tests.patience import PATIENCE
from tests.platforms.discord import specification
from tests.platforms.discord.fronts import running
from tests.platforms.discord.small import small_runner
from tests.servers.discord.answering import Interaction
from tests.servers.discord.hand import Hand, words
from tests.servers.discord.server import DiscordServer
from tests.servers.files import FileServer

PEOPLE = ("people.csv", b"email,id\nnia@example.org,007\n")


@pytest.fixture
async def hand() -> AsyncIterator[Hand]:
    async with DiscordServer() as server:
        runner = replace(small_runner(), registry=PAPERS, words=Words(), bounds=Bounds(bytes=1000))
        front = DiscordFront(
            runner, server.token, api_base=server.api_base, gateway_url=server.gateway_url, patience=PATIENCE
        )
        async with running(server, front):
            yield Hand(server)
        if specification.SPECIFICATION.exists():
            sent = [(one.method, one.path, one.body) for one in server.requests]
            assert specification.problems(sent) == []


async def said(hand: Hand, asked: Interaction) -> str:
    """Return the text of the answer."""
    await hand.server.until(lambda: asked.messages)
    return words(hand.server.messages[asked.messages[0]])


async def test_an_attached_file_reaches_the_command(hand: Hand) -> None:
    option = hand.server.commands[0]["options"][0]["options"][0]
    assert (option["name"], option["type"], option["required"]) == ("file", 11, True)
    answer = await said(hand, await hand.slash("admin", "papers take", file=PEOPLE, note="hello"))
    assert answer == "### people.csv, hello\nrow 2: nia@example.org / 007"
    (asked,) = hand.server.files.asked
    assert "Authorization" not in asked
    assert hand.server.token not in str(asked)


async def test_a_form_has_a_place_for_a_file(hand: Hand) -> None:
    await hand.answered(await hand.slash("admin", "papers show"))
    opened = await hand.press("admin", "Hand it over")
    field = (await hand.answered(opened))["data"]["components"][0]["component"]
    assert {key: field[key] for key in ("type", "custom_id", "required", "min_values", "max_values")} == {
        "type": 19,
        "custom_id": "file",
        "required": True,
        "min_values": 1,
        "max_values": 1,
    }
    assert await said(hand, await hand.submit("admin", opened, file=PEOPLE)) == "### 1 rows"


async def test_what_is_said_to_be_too_large_is_not_fetched(hand: Hand) -> None:
    answer = await said(hand, await hand.slash("admin", "papers take", file=("people.csv", b"x" * 1001)))
    assert "people.csv is larger than" in answer
    assert hand.server.files.asked == []


@pytest.mark.parametrize("trouble", ["elsewhere", "broken"])
async def test_what_cannot_be_fetched_is_said(hand: Hand, trouble: str) -> None:
    hand.server.files.trouble = trouble
    answer = await said(hand, await hand.slash("admin", "papers take", file=PEOPLE))
    assert "people.csv could not be fetched." in answer
    assert len(hand.server.files.asked) == 1


async def fetched(store: FileServer, content: bytes, **more: Any) -> bytes:
    described = {**store.attachment("1", "people.csv", content), **more}
    found = Attached.of_form({"resolved": {"attachments": {"1": described}}}, ["1"])
    assert found is not None
    return await found.read(1000)


async def test_a_lie_about_the_size_is_found_out_while_it_is_fetched() -> None:
    async with FileServer(trouble="endless") as store:
        with pytest.raises(BadFile) as bad:
            await fetched(store, b"x", size=10)
        assert (bad.value.trouble, bad.value.most) == (FileTrouble.TOO_LARGE, 1000)


async def test_nothing_is_unpacked_on_the_way() -> None:
    packed = gzip.compress(b"x" * 500_000)
    async with FileServer(trouble="gzip") as store:
        assert await fetched(store, packed) == packed


async def test_a_store_that_is_gone_is_said() -> None:
    async with FileServer() as store:
        described = store.attachment("1", "people.csv", b"x")
    with pytest.raises(BadFile) as bad:
        await Attached("people.csv", 1, described["url"]).read(1000)
    assert bad.value.trouble is FileTrouble.GONE


def test_a_file_is_asked_for_last_because_nothing_keeps_it_between_two_steps() -> None:
    options = [Option("The file", "file", OptionKind.FILE, required=True, formats=("csv",))]
    options += [Option("A note", f"note{number}") for number in range(6)]
    form = Form(say("Import"), Action("papers take"), tuple(Field(one) for one in options), say("Go"))
    names = [[field.option.name for field in part] for part in steps(form)]
    assert names == [["note0", "note1", "note2", "note3", "note4"], ["note5", "file"]]
    upload = modal(form, 1).children[1]
    assert isinstance(upload, discord.ui.Label)
    assert isinstance(upload.component, discord.ui.FileUpload)

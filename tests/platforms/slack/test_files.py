"""Files that people attach on Slack: only their own, and only from Slack's own host."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.cards.refusals.refusals import Words
from bot.chat.commands import Registry
from bot.chat.options import Option, OptionKind
from bot.core.files import BadFile, FileTrouble
from bot.core.values import replace
from bot.platforms.slack.api import client
from bot.platforms.slack.attached import Attached, Files, _is_slack
from bot.platforms.slack.installing.clients import OneClient
from bot.sheets.bounds import Bounds
from tests.chat.papers import papers
from tests.platforms.slack.small import SmallDatabase, small_runner
from tests.platforms.slack.test_forms import element_of
from tests.servers.files import FileServer
from tests.servers.slack.hand import Hand
from tests.servers.slack.reading import text_of
from tests.servers.slack.running import front_for, over_http, over_socket
from tests.servers.slack.server import BOT_TOKEN, SlackServer, Trouble
from tests.servers.slack.workspace import Person, UploadedFile

PEOPLE = b"email,id\nnia@example.org,007\n"


class Office:
    """A local Slack with people, and a bot that accepts files of up to 1,000 bytes."""

    def __init__(self, server: SlackServer, hand: Hand, front: Any) -> None:
        self.server, self.hand, self.front = server, hand, front
        self.ann: Person = server.workspace.person("ann")
        self.bob: Person = server.workspace.person("bob")

    def given(self, by: Person | None = None, content: bytes = PEOPLE, **more: Any) -> UploadedFile:
        """Upload a file."""
        made = self.server.workspace.upload((by or self.ann).id, "people.csv", content)
        made.more = more
        return made

    async def type(self, text: str) -> str:
        """Type as ann; return the newest message that she sees."""
        await self.hand.type(self.ann, text)
        await self.front.idle()
        seen = self.server.workspace.seen_by(self.ann.id)
        return text_of(seen[-1]) if seen else ""


@pytest.fixture(params=["http", "socket"])
async def office(request: pytest.FixtureRequest, server: SlackServer) -> AsyncIterator[Office]:
    runner = small_runner(SmallDatabase())
    runner = replace(runner, registry=Registry([papers]), words=Words(), bounds=Bounds(bytes=1000))
    front = front_for(runner, server)
    opened = over_http(front) if request.param == "http" else over_socket(front, server)
    async with opened as line:
        yield Office(server, Hand(server, line), front)
    assert server.problems == []


async def test_a_file_is_named_by_its_link_or_its_id(office: Office) -> None:
    told = "people.csv, hello\nrow 2: nia@example.org / 007"
    for named in (office.given().permalink, office.given().id):
        assert await office.type(f"papers take file:{named} note:hello") == told
        assert await office.type(f"papers take {named}") == told.replace("hello", "")


async def test_nobody_can_hand_over_a_file_that_only_the_bot_sees(office: Office) -> None:
    other = office.given(by=office.bob)
    for named in (other.id, "F099999999"):
        assert await office.type(f"papers take file:{named}") == (
            f"⚠️ “{named}” is not a file that you have sent.\n"
            "Send the command without it, and choose the file in the form that opens."
        )
    assert office.server.called("download") == []


async def test_without_a_file_the_form_asks_for_one(office: Office) -> None:
    for line in ("papers take", "papers take file:people.csv"):
        await office.type(line)
        opened = office.hand.opened(office.ann)
        assert opened is not None
        element = opened.view["blocks"][0]["element"]
        asked = {"type": "file_input", "filetypes": ["csv", "xlsx"], "max_files": 1}
        assert element == {**asked, "action_id": element["action_id"]}
        # People may attach any file that Slack lets them choose, whoever uploaded it.
        await office.hand.submit(office.ann, file=office.given(by=office.bob).id, note="x")
        await office.front.idle()
        assert text_of(office.server.workspace.seen_by(office.ann.id)[-1]).startswith("people.csv, x")


async def test_a_file_that_cannot_be_read_is_told_under_its_field(office: Office) -> None:
    await office.type("papers take")
    await office.hand.submit(office.ann, file=office.given(content=b'email\n"x').id)
    opened = office.hand.opened(office.ann)
    assert opened is not None
    assert "do not match" in opened.errors["file"]


async def test_a_file_that_is_refused_after_its_form_was_closed_is_asked_for_again(
    server: SlackServer,
) -> None:
    runner = replace(small_runner(SmallDatabase()), registry=Registry([papers]), words=Words())
    front = front_for(runner, server, patience=0)
    async with over_http(front) as line:
        office = Office(server, Hand(server, line), front)
        await office.type("papers take")
        await office.hand.submit(office.ann, file=office.given(content=b'email\n"x').id, note="kept")
        await front.idle()
        assert office.hand.opened(office.ann) is None
        assert "do not match" in text_of(server.workspace.seen_by(office.ann.id)[-1])
        await office.hand.click(office.ann, "Open the form")
        await front.idle()
        opened = office.hand.opened(office.ann)
        assert opened is not None
        asked = {one["block_id"]: one["element"] for one in opened.view["blocks"] if one["type"] == "input"}
        assert (asked["file"]["type"], asked["note"]["initial_value"]) == ("file_input", "kept")
        await office.hand.submit(office.ann, file=office.given().id, note="kept")
        await front.idle()
        assert "people.csv, kept" in text_of(server.workspace.seen_by(office.ann.id)[-1])


async def test_a_file_that_is_too_large_is_not_fetched(office: Office) -> None:
    large = office.given(content=b"x" * 1001)
    assert "people.csv is larger than" in await office.type(f"papers take {large.id}")
    lying = office.given(content=b"x" * 1001, size=5)
    assert "people.csv is larger than" in await office.type(f"papers take {lying.id}")
    assert len(office.server.called("download")) == 1


async def test_the_token_goes_to_no_other_host(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with FileServer() as elsewhere:
        kept = elsewhere.keep("people.csv", PEOPLE)
        moved = office.given(url_private_download=kept, url_private=kept)
        assert "could not be fetched" in await office.type(f"papers take {moved.id}")
        redirected = office.given()
        redirected.url = f"{office.server.origin}/files-pri/{redirected.id}/people.csv?to={kept}"
        assert "could not be fetched" in await office.type(f"papers take {redirected.id}")
        assert elsewhere.asked == []
    assert BOT_TOKEN not in caplog.text
    assert "nia@example.org" not in caplog.text


@pytest.mark.parametrize("error", ["missing_scope", "ratelimited", "internal_error"])
async def test_when_slack_does_not_tell_of_a_file_the_operator_is_named(office: Office, error: str) -> None:
    office.server.fail("files.info", Trouble(error))
    assert "tell your operator" in await office.type(f"papers take {office.given().id}")


async def test_a_file_that_is_not_in_slack_is_none(office: Office) -> None:
    away = office.given(mode="external", is_external=True)
    assert "is not a file that you have sent" in await office.type(f"papers take {away.id}")


@pytest.mark.parametrize(
    ("base", "url", "taken"),
    [
        (None, "https://files.slack.com/files-pri/T1-F1/people.csv", True),
        (None, "https://slack.com/files-pri/T1-F1/people.csv", True),
        ("https://slack-gov.com/api/", "https://files.slack-gov.com/files-pri/T1-F1/people.csv", True),
        (None, "https://files.slack-gov.com/files-pri/T1-F1/people.csv", False),
        (None, "http://files.slack.com/files-pri/T1-F1/people.csv", False),
        (None, "https://files.slack.com.evil.example/x", False),
        (None, "https://files.slack.com@evil.example/x", False),
        (None, "https://evil.example/files.slack.com", False),
        (None, "https://files.slack.com:444/x", False),
        (None, "//files.slack.com/x", False),
        (None, "", False),
    ],
)
def test_which_host_is_slack(base: str | None, url: str, taken: bool) -> None:
    assert _is_slack(client("xoxb-1", base), url) is taken


@pytest.mark.parametrize(
    "text", ["people.csv", "F1", "f0123456", "xF0123456", "F0123456 x", "https://x.y/F0123456"]
)
def test_what_names_no_file(text: str) -> None:
    assert Files(OneClient(client("xoxb-1", None))).typed(text, "T1", "U1") is None


def test_a_field_for_a_file() -> None:
    option = Option("The people", "file", OptionKind.FILE, required=True, formats=("csv",))
    assert element_of(option, "F1") == {"type": "file_input", "filetypes": ["csv"], "max_files": 1}


async def test_slack_that_cannot_be_reached_is_told(server: SlackServer) -> None:
    clients = OneClient(client(BOT_TOKEN, "http://127.0.0.1:9/api/"))
    with pytest.raises(BadFile) as bad:
        await Attached(clients, "T0000001", "F0000001").read(10)
    assert bad.value.trouble is FileTrouble.GONE

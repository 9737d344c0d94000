"""The playground over a real server and a real websocket."""

import asyncio
import json
import os
import socket
from pathlib import Path

import pytest
import websockets

from bot.chat.replies import Card
from bot.chat.text import say
from bot.core.notices.notices import Destination
from tests.platforms.web.conftest import NIA
from tests.platforms.web.reading import buttons, card, selects, text
from tests.platforms.web.served import Page

HOSTILE = "<script>alert(1)</script> <b>x</b> @everyone <!channel> <@U1> **bold** `code`"


def newest(page: Page, who: str = "Ada") -> dict:
    return page.seen_by(who)[-1]


def form_of(page: Page, who: str) -> dict:
    form = page.forms[who]
    assert form is not None
    return form


def button(page: Page, label: str, who: str = "Ada") -> tuple[dict, dict]:
    return next(
        (message, one)
        for message in reversed(page.seen_by(who))
        for one in buttons(message)
        if one["label"] == label
    )


async def click(page: Page, label: str, who: str = "Ada") -> dict:
    message, one = button(page, label, who)
    return await page.ask(who, "click", message=message["id"], action=one["action"])


async def test_every_block_arrives(page):
    await page.type("Ada", "/show every note:Maple")
    assert text(newest(page)).splitlines() == [
        "Everything for Maple",
        "A strong word, code and a page",
        "Said by Maple",
        "Name: Maple",
        "Code: AB-12",
        "Who | Status",
        "Nia | waits",
        "Leo | is in",
        "(A dot)",
        "(rows.csv: The rows)",
        "Rows read 3/4",
        "[Open] [Bad]",
    ]
    assert newest(page, "Nia")["via"] == {"who": "Ada", "command": "show every"}


async def test_an_address_that_would_run_in_the_page_is_left_out(page):
    await page.type("Ada", "/show every")
    assert "javascript" not in page.frames[-2]


async def test_talk_reaches_everyone_and_no_command_is_run(page):
    await page.type("Nia", "good morning")
    assert text(newest(page)) == "good morning"
    assert newest(page)["author"] == "Nia"


async def test_hostile_text_stays_text(page):
    await page.type("Nia", HOSTILE)
    assert newest(page)["text"] == [{"kind": "plain", "text": HOSTILE}]
    await page.type("Nia", "a\u202eb\u200bc\x07d")
    assert text(newest(page)) == "abcd"


async def test_what_cannot_be_a_command_is_refused_to_its_author_alone(page):
    await page.type("Nia", "/pol strat")
    assert newest(page, "Nia")["only"] == "Nia"
    assert newest(page, "Nia")["card"]["tone"] == "bad"
    assert page.seen_by("Ada") == []


@pytest.mark.parametrize("start", ["", "/show every "])
async def test_ten_thousand_characters_are_refused_in_words(page, start):
    await page.type("Nia", start + "x" * 10_000)
    assert "4,000" in text(newest(page, "Nia"))
    assert newest(page, "Nia")["only"] == "Nia"
    assert page.seen_by("Ada") == []


async def test_a_click_redraws_the_card_for_everyone(page):
    await page.type("Ada", "/poll start")
    before = newest(page, "Nia")
    await click(page, "Count", "Nia")
    after = newest(page, "Ada")
    assert (before["id"], card(after["card"]).splitlines()[0]) == (after["id"], "Vote: 1")
    assert after["version"] == 2


async def test_a_choice_runs_its_action_with_the_item(page):
    await page.type("Ada", "/poll start")
    message = newest(page)
    (select,) = selects(message)
    wish = {"message": message["id"], "action": select["action"], "fills": select["fills"]}
    await page.ask("Ada", "choose", **wish, value="20")
    assert text(newest(page)).startswith("Vote: 20")


async def test_a_missing_option_opens_the_form(page):
    await page.type("Ada", "/poll set mood:wild")
    form = form_of(page, "Ada")
    fields = {one["name"]: one for one in form["fields"]}
    assert form["title"] == "Set a vote up"
    assert fields["mood"]["value"] == "wild"
    assert [one["value"] for one in fields["channel"]["items"]] == ["general", "approvals"]
    answers = {
        "place": "Elm",
        "mood": "very wild",
        "loud": "yes",
        "ends": "",
        "channel": "general",
        "seats": "3",
    }
    await page.ask("Ada", "submit", action=form["action"], clicked=None, answers=answers)
    assert page.forms["Ada"] is None
    assert text(newest(page)) == "Set: Elm / very wild / True / None / general / 3"


async def test_a_refused_form_stays_open_says_why_and_keeps_its_answers(page):
    await page.type("Ada", "/poll set")
    wish = {"action": form_of(page, "Ada")["action"], "clicked": None}
    await page.ask("Ada", "submit", **wish, answers={"place": "Elm", "seats": "99"})
    form = form_of(page, "Ada")
    assert "at most 9" in card(form["refusal"])
    assert {one["name"]: one["value"] for one in form["fields"]}["seats"] == "99"
    await page.ask("Ada", "submit", **wish, answers={"place": "Elm", "seats": "9"})
    assert page.forms["Ada"] is None


async def test_a_form_can_be_put_away(page):
    await page.type("Ada", "/poll set")
    await page.ask("Ada", "close")
    assert page.forms["Ada"] is None


async def test_an_open_form_is_there_again_after_a_reload(page, address):
    await page.type("Ada", "/poll set")
    async with Page(address) as again:
        assert form_of(again, "Ada")["title"] == "Set a vote up"
        assert [text(one) for one in again.seen_by("Ada")] == ["/poll set"]


async def test_a_form_from_a_button_answers_in_private(page):
    await page.type("Ada", "/poll start")
    await click(page, "Explain", "Nia")
    form = form_of(page, "Nia")
    wish = {"action": form["action"], "clicked": form["clicked"]}
    await page.ask("Nia", "submit", **wish, answers={"why": "because"})
    assert "says nothing" in card(form_of(page, "Nia")["refusal"])
    await page.ask("Nia", "submit", **wish, answers={"why": "It rains"})
    assert text(newest(page, "Nia")) == "Explained: It rains"
    assert text(newest(page, "Ada")).startswith("Vote: 0")


async def test_a_channel_is_typed_with_its_sign_and_an_unknown_one_refused(page):
    await page.type("Ada", "/poll set place:Elm channel:#approvals")
    assert "approvals" in text(newest(page))
    assert "#approvals" not in text(newest(page))
    await page.type("Ada", "/poll set place:Elm channel:#cellar")
    assert text(newest(page)) == "There is no channel #cellar here.\nChoose one of #general, #approvals."


async def test_direct_messages_need_no_slash(page):
    await page.type("Nia", "poll set place:Elm", "@Nia")
    assert text(newest(page, "Nia")).startswith("Set: Elm")
    assert newest(page, "Nia")["only"] is None
    assert page.seen_by("Ada") == []


async def test_a_notice_reaches_an_open_page(page, room):
    place, message = await room.post(Destination.direct(NIA.account), Card(say("Welcome")))
    await page.until(lambda: message in page.messages)
    assert page.messages[message]["place"] == place == "@Nia"


async def test_a_person_is_answered_in_the_order_in_which_they_acted(page):
    lines = [f"/poll set place:{number}" for number in range(9)]
    await asyncio.gather(*(page.type("Ada", line) for line in lines))
    expected = [one for number, line in enumerate(lines) for one in (line, f"Set: {number} /")]
    seen = [text(one) for one in page.seen_by("Ada")]
    assert [one[: len(wanted)] for one, wanted in zip(seen, expected, strict=True)] == expected


async def test_completion_and_suggestions_answer_the_asker(page):
    found = await page.ask("Ada", "complete", line="/poll st", cursor=8)
    assert [one["text"] for one in found["items"]] == ["/poll start "]
    wish = {"command": "poll set", "option": "place", "typed": "oak", "values": {}}
    assert [one["value"] for one in (await page.ask("Ada", "suggest", **wish))["items"]] == ["Oak Lane"]
    assert (await page.ask("Ada", "suggest", **{**wish, "option": "nothing"}))["items"] == []


async def test_a_failure_of_the_bot_is_said_in_words(page):
    await page.type("Ada", "/poll broken")
    assert "Something went wrong on my side" in text(newest(page))


async def test_a_button_nobody_made_is_refused_in_words(page):
    await page.type("Ada", "/poll start")
    message = newest(page)["id"]
    for action in ("", "run:", "nonsense", "run:poll vote?votes", "run:no such command"):
        await page.ask("Ada", "click", message=message, action=action)
        assert newest(page)["card"]["tone"] == "bad"
        assert newest(page)["only"] == "Ada"


async def test_nobody_clicks_what_they_do_not_see(page):
    await page.type("Ada", "/poll broken")
    hidden = newest(page)["id"]
    answer = await page.ask("Nia", "click", message=hidden, action="run:poll vote?votes=9")
    assert answer["unreadable"]
    assert page.seen_by("Nia") == []


@pytest.mark.parametrize(
    ("who", "place"), [("Nobody", "#general"), ("Nia", "#approvals"), ("Nia", "@Ada"), ("Nia", "#cellar")]
)
async def test_nobody_speaks_for_strangers_or_where_they_are_not(page, who, place):
    assert (await page.ask(who, "type", place=place, line="hello"))["unreadable"]
    assert page.messages == {}


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "no json",
        "[]",
        '{"id": 1}',
        json.dumps({"id": "1", "who": "Ada", "place": "#general", "do": "type", "line": "x"}),
        json.dumps({"id": 1, "who": "Ada", "place": "#general", "do": "dance"}),
        json.dumps({"id": 1, "who": "Ada", "place": "#general", "do": "submit", "action": "x", "clicked": 5}),
        json.dumps({"id": 1, "who": "Ada", "place": "#general", "do": "type", "line": "\ud800"}),
        "[" * 50_000,
    ],
)
async def test_a_frame_that_no_page_sends_ends_the_connection_and_nothing_else(page, address, frame):
    await page.send(frame)
    await page._socket.wait_closed()
    assert page._socket.close_code == 1008
    async with Page(address) as again:
        await again.type("Ada", "still here")


async def test_a_frame_that_is_too_big_ends_the_connection_and_nothing_else(page, address):
    await page.send("x" * 300_000)
    await page._socket.wait_closed()
    async with Page(address) as again:
        await again.type("Ada", "still here")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://evil.example"),
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("127.0.0.1", "null"),
        ("127.0.0.1", None),
        ("evil.example", "http://evil.example"),
        ("127.0.0.1.evil.example", "http://127.0.0.1.evil.example"),
    ],
)
async def test_a_websocket_of_another_site_is_refused(address, host, origin):
    port = address.rpartition(":")[2]
    named = origin and origin + f":{port}" if origin == f"http://{host}" else origin
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(
            f"ws://{host}:{port}/playground/socket", host="127.0.0.1", port=int(port), origin=named
        )
    assert refused.value.response.status_code == 403


async def test_a_small_frame_does_not_wait_for_the_one_before(address):
    """With Nagle's algorithm, the second of two small frames would come 40 ms later."""
    async with Page(address) as page:
        await page.type("Ada", "/poll start")
        (ours,) = _accepted(int(address.rpartition(":")[2]))
        with ours:
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def _accepted(port: int) -> list[socket.socket]:
    """Return the connections that a server in this process has accepted; the caller closes them."""
    opened = [int(one.name) for one in Path("/proc/self/fd").iterdir() if one.is_socket()]
    sockets = [socket.socket(fileno=os.dup(number)) for number in opened]
    found = []
    for one in sockets:
        if one.family == socket.AF_INET and one.getsockname()[1] == port and not _listens(one):
            found.append(one)
        else:
            one.close()
    return found


def _listens(one: socket.socket) -> bool:
    return bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))

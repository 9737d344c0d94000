"""Completion: commands, then options, then values, all from the registry."""

import pytest

from bot.platforms.web.playground.complete import Completer, Completion
from tests.platforms.web.conftest import ADA

CHANNELS = ("general", "approvals")


@pytest.fixture
def complete(runner):
    completer = Completer(runner, CHANNELS)
    caller = ADA.caller("#general", "Playground", "UTC")

    async def at_end(line: str, cursor: int | None = None) -> Completion:
        return await completer.line(caller, line, len(line) if cursor is None else cursor)

    return at_end


def texts(found: Completion) -> list[str]:
    return [one.text for one in found.proposals]


async def test_a_slash_proposes_every_command_that_can_be_typed(complete):
    found = await complete("/")
    assert texts(found) == ["/show every ", "/poll start ", "/poll set ", "/poll broken "]
    assert found.proposals[0].hint == "Show every block"
    assert found.pick


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("/po", ["/poll start ", "/poll set ", "/poll broken "]),
        ("/poll s", ["/poll start ", "/poll set "]),
        ("/start", ["/poll start "]),
        ("/vote", ["/poll start ", "/poll set "]),
        ("/POLL  SE", ["/poll set "]),
        ("/nothing", []),
    ],
)
async def test_commands_are_found_by_their_start_a_word_or_what_they_do(complete, typed, expected):
    assert texts(await complete(typed)) == expected


async def test_a_whole_command_is_not_taken_again_by_enter(complete):
    assert not (await complete("/poll start")).pick


async def test_what_only_buttons_call_is_not_completed(complete):
    for line in ("/poll vote votes:", "/poll explain why:because", "/poll explain "):
        found = await complete(line)
        assert found.usage is None
        assert not any("votes" in one or "why" in one for one in texts(found))


async def test_talk_is_not_completed(complete):
    assert texts(await complete("hello /po")) == []


async def test_options_come_after_the_command_and_each_once(complete):
    found = await complete("/poll set place:Elm ")
    assert texts(found) == ["mood:", "loud:", "ends:", "channel:", "seats:"]
    assert not found.pick
    assert [one["name"] for one in found.usage["options"] if one["used"]] == ["place"]


async def test_the_first_needed_option_also_proposes_its_values(complete):
    assert texts(await complete("/poll set "))[-3:] == [
        'place:"Maple Street" ',
        'place:"Oak Lane" ',
        "place:Elm ",
    ]


async def test_the_start_of_an_option_is_completed(complete):
    found = await complete("/poll set place:Elm mo")
    assert texts(found) == ["mood:"]
    assert found.pick
    assert found.usage["hint"] == "How it feels"


async def test_words_that_go_on_without_quotes_are_one_value_and_enter_sends_them(complete):
    found = await complete("/poll set place:Elm Street mo")
    assert texts(found) == ["mood:"]
    assert not found.pick
    assert texts(await complete("/poll set place:Elm Street "))[0] == "mood:"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("mood:", ["calm ", "wild ", '"very wild" ', "asleep "]),
        ("mood:wi", ["wild ", '"very wild" ']),
        ('mood:"very w', ['"very wild" ']),
        ("loud:", ["yes ", "no "]),
        ("channel:", ["general ", "approvals "]),
        ("channel:#app", ["approvals "]),
        ("ends:", ["1d ", "7d ", "30d "]),
        ("ends:7", ["7d "]),
        ("seats:", []),
        ("nonsense:", []),
    ],
)
async def test_values_come_after_the_colon(complete, typed, expected):
    assert texts(await complete(f"/poll set place:Elm {typed}")) == expected


async def test_what_is_proposed_takes_the_place_of_what_was_typed(complete):
    line = '/poll set place:Elm mood:"very w'
    found = await complete(line)
    assert line[: found.start] + found.proposals[0].text == '/poll set place:Elm mood:"very wild" '


async def test_only_what_stands_before_the_cursor_counts(complete):
    found = await complete("/poll set place:Elm mood:wi loud:yes", cursor=len("/poll set place:Elm mood:wi"))
    assert texts(found) == ["wild ", '"very wild" ']


async def test_a_value_that_stands_there_is_not_taken_again_by_enter(complete):
    assert not (await complete("/poll set place:Elm mood:wild")).pick


async def test_text_in_closed_quotes_is_done(complete):
    assert "mood:" in texts(await complete('/poll set place:"Oak Lane"'))


async def test_a_very_long_line_is_not_completed(complete):
    assert texts(await complete("/" + "x" * 10_000)) == []

"""A person who is mentioned in a typed command is found, and called by their name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.options import PEOPLE
from bot.commands import REGISTRY
from bot.platforms.slack.parsing import text_as_typed
from tests.platforms.slack.installs import House, house
from tests.servers.slack.server import SlackServer, Trouble
from tests.servers.slack.workspace import Person

TEAM = "T0000100"


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[House]:
    """A workspace with a school."""
    async with SlackServer() as server, house(server, tmp_path) as made:
        made.branch(TEAM, "north")
        await made.install(TEAM)
        await made.type(TEAM, server.workspaces[TEAM].person("boss", admin=True), "school create Maple")
        yield made
        assert server.problems == []


def boss(school: House) -> Person:
    return next(one for one in school.server.workspaces[TEAM].people.values() if one.name == "boss")


@pytest.mark.parametrize("line", ["invite person @nia", 'invite person to:@nia note:"hello @nia"'])
async def test_whoever_is_mentioned_is_invited_by_their_name(school: House, line: str) -> None:
    school.server.workspaces[TEAM].person("nia", display_name="Nia Okafor")
    await school.type(TEAM, boss(school), line)
    assert "To: Nia Okafor" in school.seen(TEAM, boss(school))
    assert "<@" not in school.seen(TEAM, boss(school))


async def test_a_form_that_is_sent_names_whoever_is_mentioned(school: House) -> None:
    nia = school.server.workspaces[TEAM].person("nia", display_name="Nia Okafor")
    await school.type(TEAM, boss(school), "")
    hand = school.hand(TEAM)
    await hand.submit(boss(school), command="invite person")
    await school.front.idle()
    await hand.submit(boss(school), to=f"<@{nia.id}>")
    await school.front.idle()
    assert "To: Nia Okafor" in school.seen(TEAM, boss(school))


async def test_people_without_a_name_on_slack_are_called_by_their_id(school: House) -> None:
    nia = school.server.workspaces[TEAM].person("nia")
    await school.type(TEAM, boss(school), "help")
    school.server.fail("users.info", Trouble("user_not_found"))
    await school.type(TEAM, boss(school), "invite person @nia")
    assert f"To: {nia.id}" in school.seen(TEAM, boss(school))


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("member show <@U1|ann>", "member show <@U1>"),
        ("member show person:<@U1|ann>", "member show person:<@U1>"),
        ("invite person TO=<@U1>", "invite person TO=<@U1>"),
        ("member transfer <@U1|ann> to:<@U2|bob>", "member transfer <@U1> to:<@U2>"),
        ('member show "<@U1|ann>"', 'member show "<@U1>"'),
        ("member show “<@U1|ann>”", "member show “<@U1>”"),
        ('member show "with <@U1|ann>"', 'member show "with @ann"'),
        ("member show person: <@U1|ann>", "member show person: <@U1>"),
        ("member show person = <@U1|ann>", "member show person = <@U1>"),
        ("invite person roles:Staff <@U1|ann>", "invite person roles:Staff to:<@U1>"),
        ("invite person note:“for <@U2|bob>” <@U1|ann>", "invite person note:“for @bob” to:<@U1>"),
        ('invite person note:"<@U2|bob> hello" <@U1|ann>', 'invite person note:"@bob hello" to:<@U1>'),
        ('invite person roles:Staff to:"<@U1|ann>"', 'invite person roles:Staff to:"<@U1>"'),
        ("invite person note:for <@U1|ann>", "invite person note:for @ann"),
        ("invite person <@U1|ann> roles:Staff <@U2|bob>", "invite person <@U1> roles:Staff @bob"),
        ("invite person to:<@U1|ann> note:see <@U2|bob>", "invite person to:<@U1> note:see @bob"),
        ("invite person to:<@U1|ann> note:<@U2|bob>", "invite person to:<@U1> note:@bob"),
        ("message new <@U1|ann>", "message new @ann"),
        ("member show <@|ann>", "member show @ann"),
    ],
)
def test_a_mention_is_kept_where_a_person_is_wanted(sent: str, meant: str) -> None:
    assert text_as_typed(sent, REGISTRY) == meant


def test_every_option_that_offers_people_takes_a_mention() -> None:
    offers = {"people", "_people", "suggested", "_suggesting"}
    named = {
        option.name
        for command in REGISTRY
        for option in command.options
        if getattr(option.suggest, "__qualname__", "").partition(".")[0] in offers
    }
    assert named == PEOPLE

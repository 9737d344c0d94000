"""Every declared command: its words, its help, and the limits of the platforms."""

import pytest

from bot.cards.common import PAGE
from bot.chat.commands import Command, Group
from bot.chat.options import OptionKind
from bot.chat.text import clean
from bot.commands import REGISTRY
from bot.platforms.discord import limits as discord
from tests.core.door import BROKEN, heard, maple, open_door
from tests.world import caller

COMMANDS = list(REGISTRY)
# Discord's documentation, "Application Command Object": name, description and value of a command,
# its subcommands, options and choices together.
COMMAND_TEXT = 8000


def _name(command: Command) -> str:
    return command.path


@pytest.mark.parametrize("command", COMMANDS, ids=_name)
def test_commands_and_options_have_clear_words(command: Command) -> None:
    for text in (command.description, *(option.description for option in command.options)):
        assert text[0].isupper(), text
        assert not text.endswith("."), text
        assert clean(text) == text
    assert [option.required for option in command.options] == sorted(
        (option.required for option in command.options), reverse=True
    )


@pytest.mark.parametrize("command", COMMANDS, ids=_name)
def test_its_values_fit(command: Command) -> None:
    for option in command.options:
        for stored, shown in option.choices:
            assert 0 < len(shown) <= discord.CHOICE_NAME
            assert 0 < len(stored) <= discord.CHOICE_VALUE
        if option.kind is OptionKind.TEXT and option.maximum:
            assert option.maximum <= min(discord.STRING_LENGTH, discord.FIELD_VALUE)
        if option.kind is OptionKind.WHOLE:
            assert abs(option.maximum or 0) <= discord.INTEGER
            assert abs(option.minimum or 0) <= discord.INTEGER


@pytest.mark.parametrize("group", REGISTRY.groups, ids=lambda group: group.name)
def test_a_group_fits_discord_as_a_whole(group: Group) -> None:
    size = len(group.name) + len(group.description)
    for command in group.commands:
        size += len(command.path.split(" ")[-1]) + len(command.description)
        for option in command.options:
            size += len(option.name) + len(option.description)
            size += sum(len(stored) + len(shown) for stored, shown in option.choices)
    assert size <= COMMAND_TEXT


@pytest.mark.parametrize("command", [one for one in COMMANDS if not one.hidden], ids=_name)
async def test_help_explains_it(command: Command) -> None:
    door = open_door("web:root")
    said = heard(await door.says("root", f"/help {command.path}"))
    assert f"/{command.path}" in said
    assert command.description in said
    for option in command.options:
        assert option.name in said


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.hidden], ids=_name)
async def test_help_does_not_speak_of_what_cannot_be_typed(command: Command) -> None:
    door = open_door("web:root")
    said = heard(await door.says("root", f"/help {command.path}"))
    assert said.startswith(("I cannot find that command", "There is no such command"))
    assert f"/{command.path}\n" not in said


async def test_help_lists_what_one_may_use() -> None:
    door = open_door()
    await maple(door)
    for_admin = heard(await door.says("ada", "/help"))
    for_stranger = heard(await door.says("eve", "/help"))
    assert "/invite create" in for_admin
    assert "/join" in for_stranger
    assert "/invite create" not in for_stranger


async def test_help_of_very_many_commands_goes_by_groups() -> None:
    door = open_door()
    await maple(door)
    said = await door.says("ada", "/help")
    assert len(heard(said)) < 4000
    for group in REGISTRY.groups:
        listed = heard(await door.says("ada", f"/help {group.name}"))
        allowed = [one for one in group.commands if f"/{one.path}\n" in listed or f"/{one.path}:" in listed]
        assert (f"/{group.name}" in heard(said)) is bool(allowed), group.name
    assert "/member suspend" in heard(await door.says("ada", "/help member"))
    assert "/system" not in heard(await door.says("nora", "/help system"))


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("how do I invite someone", "/invite create"),
        ("Inviting people", "/invite person"),
        ("remove a member", "/member remove"),
        ("who is waiting?", "/request list"),
        ("reset password", "/member password"),
        ("how do I delete a user", "/member remove"),
        ("csv", "/roster import"),
        ("upload excel", "/roster import"),
        ("qr code", "/invite create"),
        ("ban somebody", "/member suspend"),
        ("undo import", "/roster imports"),
        ("announcement to everyone", "/message send"),
        ("statistics", "/report members"),
        ("history", "/audit list"),
        ("add a teacher", "/member create"),
        ("when does a code expire", "/invite create"),
    ],
)
async def test_help_finds_commands_by_what_people_want(typed: str, best: str) -> None:
    door = open_door()
    await maple(door)
    said = heard(await door.says("ada", f'/help "{typed}"')).split("\n")
    assert said[0] == "There is no such command, but perhaps you want one of these"
    assert best in said
    assert len([one for one in said if one.startswith("/")]) <= 2 * PAGE
    assert best not in heard(await door.says("eve", f'/help "{typed}"')), "nothing that one may not use"
    offered = await door.runner.suggest("help", "command", typed, caller("ada"))
    assert f"/{offered[0].value}" == next(one for one in said if one.startswith("/"))


async def test_help_finds_nothing_in_what_says_nothing() -> None:
    door = open_door()
    await maple(door)
    for typed in ("qwertyz", "of a to", "???"):
        assert "I cannot find that command here." in heard(await door.says("ada", f'/help "{typed}"')), typed


HOSTILE = [
    "@everyone", "<!channel>", "<@U1>", "<script>alert(1)</script>", "\u202eevil", "\x00\x1b[31m",
    "'; DROP TABLE persons; --", "%_%", "{0}{name}", "**bold** `code`", "", " ", "-1", "9" * 30,
    "\ud800", "\n\n", "x" * 10_000, "ABCD-EFGH-JKMNP", "null", "../../etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=_name)
async def test_no_input_breaks_it(command: Command) -> None:
    """Whatever the values of its options, people get an answer and never an internal error."""
    door = open_door("web:root")
    await maple(door, 'approval:"by request"')
    await door.says("nora", f"/join {await door.code()}")
    for who in ("root", "ada", "nora", "stranger"):
        for text in HOSTILE:
            values = {option.name: text for option in command.options}
            reply = await door.runner.run(command.path, caller(who, administers=who == "ada"), values)
            assert BROKEN not in heard(reply), (who, text)
            for option in command.options:
                reply = await door.runner.run(command.path, caller(who), {option.name: text}, clicked=True)
                assert BROKEN not in heard(reply), (who, option.name, text)

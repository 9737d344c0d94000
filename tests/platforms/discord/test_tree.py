"""The registry as slash commands, and when they are uploaded to Discord."""

from typing import Any

import discord
import pytest

from bot.chat import limits as chat_limits
from bot.chat.commands import Registry
from bot.commands import REGISTRY
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.platforms.discord import limits, needs, sync, tree
from tests.platforms.discord import specification
from tests.platforms.discord.conftest import Stage
from tests.platforms.discord.small import REGISTRY as SMALL


async def _unused(*_: Any) -> Any:
    raise AssertionError


def payloads(
    registry: Registry, *, hide_commands: bool = True, locales: sync.Locales | None = None
) -> list[dict[str, Any]]:
    client = discord.Client(intents=discord.Intents.none())
    made = tree.Tree(client, _unused)
    tree.fill(made, registry, _unused, _unused, _unused, hide_commands=hide_commands)
    return sync.payloads(made, locales or {})


def test_a_command_as_discord_gets_it():
    desk = next(one for one in payloads(SMALL) if one["name"] == "desk")
    assert {key: value for key, value in desk.items() if key != "options"} == {
        "name": "desk",
        "description": "What is on the desk",
        "type": 1,
        "nsfw": False,
        "dm_permission": True,
        "default_member_permissions": None,
        "contexts": [0],
        "integration_types": [0],
    }
    assert desk["options"][0] == {
        "name": "say_it",
        "description": "Say something",
        "type": 1,
        "options": [
            {
                "type": 3,
                "name": "text",
                "description": "What to say",
                "required": True,
                "max_length": 1000,
            },
            {
                "type": 4,
                "name": "times",
                "description": "How often",
                "required": False,
                "min_value": 1,
                "max_value": 5,
            },
            {"type": 5, "name": "loud", "description": "Loudly?", "required": False},
            {
                "type": 3,
                "name": "colour",
                "description": "In which colour",
                "required": False,
                "choices": [{"name": "Red", "value": "Red"}, {"name": "Blue", "value": "Blue"}],
            },
            {
                "type": 3,
                "name": "room",
                "description": "Where",
                "required": False,
                "autocomplete": True,
                "max_length": 200,
            },
            {"type": 3, "name": "at", "description": "When", "required": False, "max_length": 200},
            {
                "type": 7,
                "name": "channel",
                "description": "In which channel",
                "required": False,
                "channel_types": [0, 5],
            },
        ],
    }


def test_every_command_of_the_bot_fits_discord():
    commands = payloads(REGISTRY)
    menus = [one for one in commands if one["type"] == 2]
    assert len(menus) <= limits.PERSON_COMMANDS
    assert len(commands) - len(menus) <= limits.COMMANDS
    for command in _all(commands):
        # The published description does not say that names of slash commands and options are lower case.
        assert command in menus or command["name"] == command["name"].lower()
        if command in menus:
            assert "description" not in command
            continue
        assert len(command["name"]) <= 32
        assert 1 <= len(command["description"]) <= limits.COMMAND_DESCRIPTION
        assert len(command.get("options", [])) <= limits.COMMAND_OPTIONS
    # One that is larger keeps Discord from taking any ("Slash Commands": 8000 characters).
    assert max(_size(command) for command in commands) <= limits.COMMAND
    specification.required()
    assert specification.problem("PUT", "/applications/1/commands", commands) is None


def _size(thing: dict[str, Any]) -> int:
    said = sum(len(str(thing.get(key, ""))) for key in ("name", "description", "value"))
    return said + sum(_size(one) for key in ("options", "choices") for one in thing.get(key, ()))


def test_what_no_role_of_a_school_lets_do_is_hidden():
    needed = {one["name"]: one["default_member_permissions"] for one in payloads(REGISTRY)}
    manage = discord.Permissions(manage_guild=True).value
    hidden = {name for name, value in needed.items() if value == manage}
    assert hidden == {"oneroster", "scim", "system"}
    assert {value for name, value in needed.items() if name not in hidden} == {None}
    assert {one["default_member_permissions"] for one in payloads(REGISTRY, hide_commands=False)} == {None}


def test_what_hides_a_command_is_what_it_needs():
    for command in REGISTRY.typed():
        above = {Permission.SYSTEM_MANAGE, Permission.DISTRICT_MANAGE, Permission.SCHOOL_CREATE}
        server = command.needs is None and command.may is not None
        hidden = needs.permission_to_see([command]) is not None
        assert hidden is (command.needs in above or server), command.path


def test_a_schools_admins_see_all_that_they_use():
    shown = {one["name"] for one in payloads(REGISTRY) if one["default_member_permissions"] is None}
    for command in (*REGISTRY.typed(), *REGISTRY.on_person()):
        if command.needs in SCHOOL_ADMIN.holds:
            assert command.path.split(" ")[0] in shown, command.path
            assert not command.on_person or command.on_person in shown


def test_a_persons_menu():
    (menu,) = [one for one in payloads(REGISTRY) if one["name"] == "Membership…"]
    assert menu == {
        "name": "Membership…",
        "type": 2,
        "dm_permission": True,
        "contexts": [0],
        "integration_types": [0],
        "default_member_permissions": None,
        "nsfw": False,
    }


def test_what_is_ones_own_is_there_in_direct_messages():
    direct = {one["name"] for one in payloads(REGISTRY) if 1 in one["contexts"]}
    assert direct == {"help", "join", "me", "account"}


_GERMAN = {
    "desk": "tisch",
    "What is on the desk": "Was auf dem Tisch liegt",
    "say_it": "SAG ES",
    "Say something": "z" * 101,
    "text": "",
    "room": "Zimmer",
    "times": "mal",
    "What to say": "Was gesagt wird",
    "Red": "Rot",
}


def test_other_languages_are_told_where_there_are_any():
    desk = next(
        one
        for one in payloads(SMALL, locales={"de": lambda words: _GERMAN.get(words, words)})
        if one["name"] == "desk"
    )
    assert desk["name_localizations"] == {"de": "tisch"}
    assert desk["description_localizations"] == {"de": "Was auf dem Tisch liegt"}
    say_it = desk["options"][0]
    assert not {"name_localizations", "description_localizations"} & set(say_it)  # they would not fit
    assert "name_localizations" not in say_it["options"][0]
    assert say_it["options"][0]["description_localizations"] == {"de": "Was gesagt wird"}
    options = {one["name"]: one for one in say_it["options"]}
    assert options["times"]["name_localizations"] == {"de": "mal"}
    assert "name_localizations" not in options["room"]  # names of options must be in lower case
    assert options["colour"]["choices"][0] == {
        "name": "Red",
        "value": "Red",
        "name_localizations": {"de": "Rot"},
    }
    specification.required()
    assert specification.problem("PUT", "/applications/1/commands", [desk]) is None


def test_permissions_are_told_as_numbers_and_shown_as_text():
    ours = payloads(REGISTRY)
    there = [
        {**one, "default_member_permissions": shown and str(shown)}
        for one in ours
        for shown in [one["default_member_permissions"]]
    ]
    assert sync.same_commands(there, ours)
    there[-1]["default_member_permissions"] = "8"
    assert not sync.same_commands(there, ours)


async def test_a_foreign_change_is_mended(stage: Stage):
    there = stage.env.backend.commands[None]
    before = {one["name"] for one in there.values()}
    there.pop(next(iter(there)))
    await stage.restart()
    assert {one["name"] for one in stage.env.backend.commands[None].values()} == before


def _all(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for command in commands for one in (command, *_all(command.get("options", [])))]


def test_what_a_command_may_be_anywhere_fits_discord():
    assert chat_limits.DESCRIPTION <= limits.COMMAND_DESCRIPTION
    assert chat_limits.DESCRIPTION <= limits.FIELD_DESCRIPTION
    assert chat_limits.OPTIONS <= limits.COMMAND_OPTIONS
    assert chat_limits.CHOICES <= limits.OPTION_CHOICES
    assert chat_limits.GROUPS <= limits.COMMANDS
    assert chat_limits.COMMANDS_IN_GROUP <= limits.COMMAND_OPTIONS
    assert chat_limits.SUGGESTIONS <= limits.OPTION_CHOICES
    assert min(limits.STRING_LENGTH, limits.FIELD_VALUE) >= chat_limits.LONG_TEXT
    assert 10**chat_limits.DIGITS <= limits.INTEGER


async def test_a_start_without_changes_tells_discord_nothing(stage: Stage):
    await stage.restart()
    told = [method for method, path, _ in stage.requests if path.endswith("/commands")]
    assert told == ["GET", "PUT", "GET"]


@pytest.mark.parametrize(
    "change",
    [
        lambda commands: commands[0].update(description="Old"),
        lambda commands: commands[0]["options"][0]["options"].pop(),
        lambda commands: commands[0]["options"][0]["options"][1].update(max_value=9),
        lambda commands: commands[0].update(contexts=[0, 1]),
        lambda commands: commands[0].update(default_member_permissions="8"),
        lambda commands: commands[0].update(name_localizations={"de": "tisch"}),
        lambda commands: commands[0]["options"][0].update(description_localizations={"de": "Sag was"}),
    ],
)
async def test_a_change_is_told(stage: Stage, change: Any):
    change(list(stage.env.backend.commands[None].values()))
    await stage.restart()
    told = [method for method, path, _ in stage.requests if path.endswith("/commands")]
    assert told == ["GET", "PUT", "GET", "PUT"]


async def test_what_discord_adds_by_itself_is_no_change(stage: Stage):
    for command in stage.env.backend.commands[None].values():
        command.update(version="1", name_localizations=None, dm_permission=True, nsfw=False, handler=None)
        for one in command.get("options", []):
            one.setdefault("required", False)
            one["description_localizations"] = None
    await stage.restart()
    assert [method for method, path, _ in stage.requests if path.endswith("/commands")][-1] == "GET"


async def test_a_command_that_changed_under_someones_hands_is_answered(stage: Stage):
    stage.env.bot.tree.remove_command("desk")
    said = await stage.alice.slash(stage.general, "desk whoami")
    assert said.ephemeral
    assert stage.env.errors  # discord.py tells of it; the person is answered all the same

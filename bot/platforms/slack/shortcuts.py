"""Shortcuts: the global menu of commands, and commands on a message about its author or its file.

They are derived from the command declarations, and so is the manifest's list of them.
"""

from collections.abc import Mapping
from typing import Any

from bot.cards.slack import MENU_SHORTCUT, author_shortcut, no_author, no_file_there
from bot.chat.actions import UnreadableAction
from bot.chat.commands import Command, Registry
from bot.chat.options import OptionKind
from bot.chat.replies import Card
from bot.core.values import dataclass
from bot.platforms.slack import ids
from bot.platforms.slack.attached import Files
from bot.platforms.slack.people.people import SlackUser

_AUTHOR, _FILE = f"{ids.PREFIX}author:", f"{ids.PREFIX}file:"


def declared(registry: Registry) -> list[dict[str, str]]:
    """Return all shortcuts as the manifest lists them."""
    menu = {"type": "global", "name": MENU_SHORTCUT[0], "callback_id": ids.MENU}
    return [
        {**menu, "description": MENU_SHORTCUT[1]},
        *(_on_message(author_shortcut(one.on_person), _AUTHOR, one) for one in registry.on_person()),
        *(_on_message(one.on_file, _FILE, one) for one in registry if one.on_file),
    ]


def _on_message(name: str, kind: str, command: Command) -> dict[str, str]:
    named = {"type": "message", "name": name, "callback_id": f"{kind}{command.path}"}
    return {**named, "description": command.description}


@dataclass(frozen=True, slots=True)
class ChosenCommand:
    """A command chosen on a message; with `ask`, its form comes first."""

    path: str
    values: Mapping[str, Any]
    ask: bool = False


def chosen_command(
    body: Mapping[str, Any], registry: Registry, files: Files, who: SlackUser
) -> ChosenCommand | Card:
    """Return the command chosen on a message, or a card that says why it cannot be run.

    Raises `UnreadableAction` if the shortcut is not one of ours.
    """
    name, message = str(body["callback_id"]), body.get("message") or {}
    for kind, read in ((_AUTHOR, _of_author), (_FILE, _of_file)):
        command = registry.get(name.removeprefix(kind)) if name.startswith(kind) else None
        if command is not None and (command.on_person if kind == _AUTHOR else command.on_file):
            return read(command, message, files, who)
    raise UnreadableAction(name)


def _of_author(
    command: Command, message: Mapping[str, Any], _: Files, who: SlackUser
) -> ChosenCommand | Card:
    """Use the message's author; in a shared channel, people of other workspaces are refused."""
    user, team = str(message.get("user") or ""), message.get("user_team") or message.get("team") or who.home
    if not user or message.get("bot_id") or team != who.home:
        return no_author()
    return ChosenCommand(command.path, {command.options[0].name: f"<@{user}>"}, command.more_to_ask)


def _of_file(
    command: Command, message: Mapping[str, Any], files: Files, who: SlackUser
) -> ChosenCommand | Card:
    """Use the first file with a suitable extension: Slack vouches that the person can see the message."""
    option = next(one for one in command.options if one.kind is OptionKind.FILE)
    for file in message.get("files") or ():
        if str(file.get("name") or "").casefold().endswith(tuple(f".{one}" for one in option.formats)):
            return ChosenCommand(command.path, {option.name: files.chosen(who.team, str(file["id"]))})
    return no_file_there(option.formats)

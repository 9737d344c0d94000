"""Builds Discord's slash commands and context menus from the registry."""

import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.chat import limits as chat_limits
from bot.chat.commands import Command, Group, Registry
from bot.chat.options import Option, OptionKind
from bot.chat.replies import Item
from bot.chat.text import plain
from bot.platforms.discord import limits, needs
from bot.platforms.discord.attached import Attached
from bot.platforms.discord.caller import Interaction
from bot.platforms.discord.rendering.text import shortened

Run: TypeAlias = Callable[[Interaction, str, Mapping[str, Any]], Awaitable[None]]
Suggest: TypeAlias = Callable[[Interaction, str, str, str], Awaitable[Sequence[Item]]]
Menu: TypeAlias = Callable[[Interaction, Command, discord.User | discord.Member], Awaitable[None]]
AnswerUnknown: TypeAlias = Callable[[Interaction], Awaitable[None]]
_AnyCommand: TypeAlias = app_commands.Command[Any, Any, Any]

_log = logging.getLogger(__name__)

# Commands that also work in direct messages: people who share no server with the bot yet can ask for help and
# redeem a code, and what concerns only oneself needs no server.
ALSO_IN_DIRECT_MESSAGES = frozenset({"help", "join", "me", "account"})
_CHANNEL = re.compile(r"<#(\d{1,20})>")
CHANNELS = [discord.ChannelType.text, discord.ChannelType.news]
_TYPES = {
    OptionKind.TEXT: discord.AppCommandOptionType.string,
    OptionKind.WHOLE: discord.AppCommandOptionType.integer,
    OptionKind.YES_NO: discord.AppCommandOptionType.boolean,
    OptionKind.CHOICE: discord.AppCommandOptionType.string,
    OptionKind.WHEN: discord.AppCommandOptionType.string,
    OptionKind.CHANNEL: discord.AppCommandOptionType.channel,
    OptionKind.NATIVE: discord.AppCommandOptionType.role,
    OptionKind.FILE: discord.AppCommandOptionType.attachment,
}


class _Entry(app_commands.Transformer):
    """An option as a parameter of a discord.py command."""

    def __init__(self, option: Option) -> None:
        self.option = option

    @property
    def type(self) -> discord.AppCommandOptionType:
        return _TYPES[self.option.kind]

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return CHANNELS

    @property
    def min_value(self) -> int | None:
        return self.option.minimum

    @property
    def max_value(self) -> int | None:
        match self.option.kind:
            case OptionKind.TEXT if self.option.maximum is None:
                return chat_limits.LONG_TEXT if self.option.lines else chat_limits.SHORT_TEXT
            case OptionKind.WHEN:
                return chat_limits.SHORT_TEXT
            case _:
                return self.option.maximum

    @property
    def choices(self) -> list[app_commands.Choice[str | int | float]] | None:
        shown = [
            app_commands.Choice[str | int | float](name=name, value=value)
            for value, name in self.option.choices
        ]
        return shown or None

    async def transform(self, interaction: Interaction, value: Any, /) -> Any:
        match self.option.kind:
            case OptionKind.TEXT:
                return _with_channel_names(interaction.guild, value)
            case OptionKind.CHANNEL | OptionKind.NATIVE:
                return str(value.id)
            case OptionKind.FILE:
                return Attached.of(value)
            case _:
                return value


def _with_channel_names(guild: discord.Guild | None, text: str) -> str:
    """Replace channel mentions by channel names: Discord's client turns a typed name into a mention."""

    def name(mention: re.Match[str]) -> str:
        found = guild.get_channel_or_thread(int(mention[1])) if guild else None
        return f"#{found.name}" if found else mention[0]

    return _CHANNEL.sub(name, text)


class Tree(app_commands.CommandTree[discord.Client]):
    """The command tree; commands that Discord still shows but that no longer exist are answered too."""

    def __init__(self, client: discord.Client, answer_unknown: AnswerUnknown) -> None:
        """Create an empty tree; `answer_unknown` answers commands that cannot be matched with it."""
        super().__init__(client)
        self._answer_unknown = answer_unknown

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """Answer a command that discord.py could not match with the tree."""
        _log.warning("A slash command could not be parsed", extra={"error": type(error).__name__})
        if interaction.type is discord.InteractionType.application_command:
            await self._answer_unknown(interaction)


def fill(
    tree: Tree, registry: Registry, run: Run, suggest: Suggest, menu: Menu, *, hide_commands: bool = True
) -> None:
    """Add every command that people can type or find in a person's context menu.

    With `hide_commands`, commands that no role of a school allows are hidden from ordinary members of a
    server.
    """
    for group in registry.groups:
        typed = [command for command in group.commands if not command.hidden]
        if typed:
            tree.add_command(_top(group, typed, run, suggest, hide_commands=hide_commands))
    for command in registry.on_person():
        tree.add_command(_in_menu(command, menu, hide_commands=hide_commands))


def _top(
    group: Group, typed: list[Command], run: Run, suggest: Suggest, *, hide_commands: bool
) -> _AnyCommand | app_commands.Group:
    needed = needs.permission_to_see(typed) if hide_commands else None
    places = _places(also_direct=group.name in ALSO_IN_DIRECT_MESSAGES)
    if any(command.path == group.name for command in typed):
        single = _command(typed[0], group.name, run, suggest, **places)
        single.default_permissions = needed
        return single
    made = app_commands.Group(
        name=group.name, description=group.description, default_permissions=needed, **places
    )
    for command in typed:
        made.add_command(_command(command, command.path.partition(" ")[2], run, suggest))
    return made


def _places(*, also_direct: bool = False) -> dict[str, Any]:
    """Return where a command is available: in servers with the bot, and some also in direct messages."""
    return {
        "allowed_contexts": app_commands.AppCommandContext(
            guild=True, dm_channel=also_direct, private_channel=False
        ),
        "allowed_installs": app_commands.AppInstallationType(guild=True, user=False),
    }


def _in_menu(command: Command, menu: Menu, *, hide_commands: bool) -> app_commands.ContextMenu:
    async def callback(interaction: Interaction, user: discord.User | discord.Member) -> None:
        await menu(interaction, command, user)

    # discord.py reads the kind of menu from the type hints of the callback.
    made = app_commands.ContextMenu(name=command.on_person, callback=callback, **_places())
    made.default_permissions = needs.permission_to_see([command]) if hide_commands else None
    return made


def _command(command: Command, name: str, run: Run, suggest: Suggest, **places: Any) -> _AnyCommand:
    async def callback(interaction: Interaction, **values: Any) -> None:
        entered = {name: value for name, value in values.items() if value is not None}
        await run(interaction, command.path, entered)

    parameters = [inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [_parameter(option) for option in command.options]
    # discord.py reads the options from the callback's signature, so one is made from the registry.
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    app_commands.describe(**{option.name: option.description for option in command.options})(callback)
    made: _AnyCommand = app_commands.Command(
        name=name,
        description=command.description,
        callback=callback,  # type: ignore[arg-type]  # its signature is the one above
        **places,
    )
    for option in command.options:
        if option.suggest is not None:
            made.autocomplete(option.name)(_suggesting(command, option, suggest))
    return made


def _parameter(option: Option) -> inspect.Parameter:
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=_Entry(option),
        default=inspect.Parameter.empty if option.required else None,
    )


def _label_with_hint(item: Item) -> str:
    """Return an item's label with its hint: a suggestion has one line for both."""
    label, hint = plain(item.label).strip(), plain(item.hint).strip() if item.hint else ""
    return f"{label} · {hint}" if label and hint else label


def _suggesting(command: Command, option: Option, suggest: Suggest) -> Any:
    async def offer(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [
            app_commands.Choice(name=shortened(label, limits.CHOICE_NAME), value=item.value)
            for item in await suggest(interaction, command.path, option.name, typed)
            if (label := _label_with_hint(item)) and 0 < len(item.value) <= limits.CHOICE_VALUE
        ][: limits.OPTION_CHOICES]

    return offer

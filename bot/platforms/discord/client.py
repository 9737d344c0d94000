"""The Discord client: every interaction becomes one call of the Runner."""

import asyncio
import functools
import logging
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, Self

import discord
from discord import ui

from bot.cards.fronts import not_wholly_here, unreadable
from bot.chat import call_reference
from bot.chat.actions import Action, UnreadableAction
from bot.chat.commands import APP, Command
from bot.chat.replies import Item, Reply
from bot.chat.runner import Runner
from bot.chat.text import LOCALES, clean
from bot.platforms.discord import ids, naming, needs, sync, tree
from bot.platforms.discord.caller import Interaction, caller_of, delivery_key
from bot.platforms.discord.forms import confirming, filling
from bot.platforms.discord.ids import Control
from bot.platforms.discord.servers.catching_up import CatchUp
from bot.platforms.discord.servers.workspace_events import WorkspaceEvents
from bot.platforms.discord.turn import PATIENCE, Outcome, Turn

P = ParamSpec("P")
_log = logging.getLogger(__name__)
_LONGEST_RATELIMIT = 30.0  # seconds that discord.py may wait by itself


def _or_catch_up(
    handler: Callable[Concatenate["HomeroomClient", P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate["HomeroomClient", P], Coroutine[Any, Any, None]]:
    """Make an event handler catch up on all servers if it fails: Discord sends each event once."""

    @functools.wraps(handler)
    async def noted(self: "HomeroomClient", /, *args: P.args, **more: P.kwargs) -> None:
        try:
            await handler(self, *args, **more)
        except Exception:  # noqa: BLE001 - for example, no database
            _log.exception("An event of a Discord server could not be stored")
            self._catch_up.look_again()

    return noted


class HomeroomClient(discord.Client):
    """Receives interactions and events from Discord; keeps nothing that a restart would lose."""

    def __init__(
        self,
        runner: Runner,
        *,
        patience: float = PATIENCE,
        shard: int = 0,
        shards: int = 1,
        hide_commands: bool = True,
        members: bool = True,
        proxy: str | None = None,
    ) -> None:
        """Prepare without connecting; `members` asks for the members intent. See `DiscordFront`."""
        # The bot has no voice, so discord.py need not warn of missing voice libraries.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=needs.INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=_LONGEST_RATELIMIT,
            proxy=proxy,
            shard_id=shard if shards > 1 else None,
            shard_count=shards if shards > 1 else None,
        )
        self.runner = runner
        self._events = WorkspaceEvents(runner)
        name = f"discord shard {shard} of {shards}"
        self._catch_up = CatchUp(self, runner.database, self._events, name)
        self._patience = patience
        self._working: set[asyncio.Task[Any]] = set()
        self._hide_commands = hide_commands
        self._members = members
        self._registered = False
        self.tree = tree.Tree(self, self._answer_unknown)

    async def setup_hook(self) -> None:
        """Register the commands, and the handler for the controls of all messages, older ones included."""
        ways = (self._typed, self._suggest, self._chosen)
        tree.fill(self.tree, self.runner.registry, *ways, hide_commands=self._hide_commands)
        self.add_dynamic_items(_Pressed)
        if self._members and self.application and needs.has_members_intent(self.application.flags):
            # The flags are known only after the login, when discord.py has no public way to change intents.
            self._connection._intents = needs.INTENTS | needs.MEMBERS  # noqa: SLF001
        await self._register_commands()

    async def _register_commands(self) -> None:
        """Register the slash commands, and remember whether that worked."""
        if self.application_id is not None:
            self._registered = await sync.register(self.tree, self.application_id, LOCALES)

    async def on_ready(self) -> None:
        """Log that a new session has begun, and catch up on what was missed."""
        details = {"guilds": len(self.guilds), "shard": self.shard_id}
        _log.info("Discord is connected", extra=details)
        self._catch_up.session_started()
        if not self._registered:
            await self._register_commands()

    async def on_resumed(self) -> None:
        """Record that events are received again, and that none were missed."""
        self._catch_up.set_connected(connected=True)

    async def on_disconnect(self) -> None:
        """Record that no events are received."""
        self._catch_up.set_connected(connected=False)

    @_or_catch_up
    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Record that no events of a server are received."""
        await self._catch_up.guild_unavailable(guild.id)

    @_or_catch_up
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Catch up on a server that is available again."""
        await self._catch_up.guild_available(guild.id)

    async def close(self) -> None:
        """Stop catching up, and disconnect."""
        await self._catch_up.close()
        await super().close()

    def dispatch(self, event: str, /, *args: Any, **more: Any) -> None:
        """Dispatch an event, but not commands and controls: they are handled without another task."""
        if event != "interaction" or args[0].type is discord.InteractionType.modal_submit:
            super().dispatch(event, *args, **more)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Handle a submitted form."""
        await self.submitted(interaction)

    @_or_catch_up
    async def on_member_join(self, member: discord.Member) -> None:
        """Welcome a member who has joined a server."""
        await self._events.member_joined(member)

    @_or_catch_up
    async def on_raw_member_remove(self, gone: discord.RawMemberRemoveEvent) -> None:
        """Handle a user who has left a server, was kicked or was banned."""
        await self._events.left(gone.guild_id, gone.user.id)

    @_or_catch_up
    async def on_member_ban(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """Record a ban."""
        await self._events.banned(guild.id, user.id)

    @_or_catch_up
    async def on_member_unban(self, guild: discord.Guild, user: discord.User) -> None:
        """Record that a ban was lifted."""
        await self._events.unbanned(guild.id, user.id)

    @_or_catch_up
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Handle the bot's removal from a server; an outage of the server is a different event."""
        await self._events.removed(guild.id)

    @_or_catch_up
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Handle a deleted channel."""
        await self._events.channel_closed(channel.guild.id, channel.id)

    @_or_catch_up
    async def on_raw_thread_delete(self, thread: discord.RawThreadDeleteEvent) -> None:
        """Handle a deleted thread."""
        await self._events.channel_closed(thread.guild_id, thread.thread_id)

    async def finish(self, within: float) -> None:
        """Wait, for at most `within` seconds, until everything that people asked for is answered."""
        await asyncio.sleep(0)  # let interactions that were received just now start
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=within)
            if late:
                _log.warning("Some replies were not finished in time", extra={"number": len(late)})

    async def pressed(self, interaction: Interaction) -> None:
        """Answer a button or a select."""
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        turn = Turn(interaction, self._patience)
        try:
            control = ids.read(custom_id)
        except UnreadableAction:
            await self._take(turn, _at_once(Reply(unreadable())))
            return
        if control.does == "ask":
            asked = confirming.confirmation_of(interaction.message, custom_id, control.action)
            await self._take(turn, _at_once(asked))
        else:
            chosen = str(next(iter(data.get("values") or ()), ""))
            await self._take(turn, self._act(interaction, control, chosen))

    async def submitted(self, interaction: Interaction) -> None:
        """Answer a submitted form, or lead on to its next step."""
        data: Mapping[str, Any] = interaction.data or {}
        turn = Turn(interaction, self._patience)
        try:
            control = ids.read(str(data.get("custom_id", "")))
        except UnreadableAction:
            await self._take(turn, _at_once(Reply(unreadable())))
            return
        await self._take(turn, filling.submitted(self.runner, interaction, control.action, data))

    async def _take(self, turn: Turn, work: Coroutine[Any, Any, Outcome]) -> None:
        # Every interaction has its own task, kept here so that `finish` can wait for it.
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("An interaction is answered in a task")
        self._working.add(task)
        try:
            await turn.take(work)
        finally:
            self._working.discard(task)

    async def _typed(self, interaction: Interaction, path: str, values: Mapping[str, Any]) -> None:
        await self._take(Turn(interaction, self._patience), self._run(interaction, path, values))

    async def _run(self, interaction: Interaction, path: str, values: Mapping[str, Any]) -> Outcome:
        if interaction.guild_id and self.get_guild(interaction.guild_id) is None:
            return Reply(not_wholly_here(needs.install_url(self.application_id or 0)))
        named = await naming.completed(interaction, self.runner.registry.get(path), values)
        return await filling.typed(self.runner, interaction, path, named)

    async def _chosen(
        self, interaction: Interaction, command: Command, user: discord.User | discord.Member
    ) -> None:
        """Run a command chosen in a person's context menu, or open the form that it needs."""
        turn = Turn(interaction, self._patience)
        caller, key = caller_of(interaction), delivery_key(interaction)
        action = Action(command.path, {command.options[0].name: f"<@{user.id}>"}, ask=command.more_to_ask)
        if user.bot:
            known = {**action.values, APP: True}
            await self._take(turn, self.runner.run(command.path, caller, known, clicked=True, delivery=key))
        elif action.ask:
            named = {"name": clean(user.display_name)} if command.option("name") else {}
            await self._take(turn, self.runner.form(action, caller, filled=named, delivery=key))
        else:
            await self._take(turn, self.runner.act(action, caller, delivery=key))

    async def _answer_unknown(self, interaction: Interaction) -> None:
        await self._take(Turn(interaction, self._patience), _at_once(Reply(unreadable())))

    async def _act(self, interaction: Interaction, control: Control, chosen: str) -> Outcome:
        action, caller, key = control.action, caller_of(interaction), delivery_key(interaction)
        if control.does == "continue":
            return await filling.at_step(self.runner, interaction, action, control.step)
        if control.does == "choose":
            action = action.filled(**{control.fills: chosen})
        if action.ask:
            return await self.runner.form(action, caller, delivery=key)
        return await self.runner.act(action, caller, delivery=key)

    @call_reference.per_run
    async def _suggest(self, interaction: Interaction, path: str, option: str, typed: str) -> Sequence[Item]:
        entered = {name: value for name, value in interaction.namespace if name != option}
        values = {name: str(getattr(value, "id", value)) for name, value in entered.items()}
        try:
            async with asyncio.timeout(self._patience):
                return await self.runner.suggest(path, option, typed, caller_of(interaction), values)
        except TimeoutError:
            _log.warning("Autocomplete took too long", extra={"command": path, "option": option})
            return ()
        except Exception:  # noqa: BLE001 - whatever broke, the person can go on typing
            _log.exception("Autocomplete failed", extra={"command": path, "option": option})
            return ()


async def _at_once(outcome: Outcome) -> Outcome:
    return outcome


class _Pressed(ui.DynamicItem[ui.Item[Any]], template=r"(?s:.+)"):
    """Any control of any of our messages: its custom id says what it does."""

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: ui.Item[Any],
        match: re.Match[str],  # noqa: ARG003 - `ids` reads the whole id
        /,
    ) -> Self:
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        if isinstance(interaction.client, HomeroomClient):
            await interaction.client.pressed(interaction)

"""Scenarios on Discord: the real discord.py client against a simulated Discord."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import discord
import simcord
from simcord.actors import MemberActor
from simcord.backend.access import message_accessible
from simcord.backend.errors import OptionError
from simcord.builders import ChannelHandle, RoleHandle, UserHandle
from simcord.results import InteractionResult, ResponseMessage

from bot.chat.grammar import Typed, parse
from bot.chat.options import Option, OptionKind
from bot.core.errors import BadCommand
from bot.core.rights.actors import Platform
from bot.platforms.discord.client import HomeroomClient
from bot.platforms.discord.notifier import DiscordNotifier
from bot.platforms.discord.servers.role_sync import RoleSync
from tests.patience import PATIENCE
from tests.platforms.discord import specification
from tests.scenarios.fronts.discord_reading import BUTTON, SELECT, TEXT, lines, named, plain, walk
from tests.servers.files import FileServer
from tests.world import World

# How many seconds the simulation waits for the bot to settle: more than its default, since machines are busy.
# With thirty it would wait for timers, too.
SETTLES = 9
PEOPLE = ("admin", "approver", "newcomer", "second", "third", "stranger")
CHANNELS = ("general", "approvals")
_TYPED_CHANNEL = re.compile(rf"#({'|'.join(CHANNELS)})\b")
NATIVES = ("staff", "teacher")


@dataclass
class Hand:
    """What one person has open in their Discord client; `told` are messages from the client itself."""

    member: MemberActor
    modal: InteractionResult | None = None
    entry: tuple[Typed, str] | None = None
    told: dict[int, str] = field(default_factory=dict)


class Driver:
    """Does on Discord what a scenario says."""

    platform = Platform.DISCORD

    def __init__(self, world: World, *, hide_commands: bool = False) -> None:
        self.world = world
        self._hide_commands = hide_commands  # false in stories: school admins have no rights in the guild
        self.channels: dict[str, ChannelHandle] = {}
        self.roles: dict[str, RoleHandle] = {}
        self.hands: dict[str, Hand] = {}
        self.files: dict[str, bytes] = {}
        self._store = FileServer()
        self._client = HomeroomClient(world.runner, hide_commands=hide_commands, patience=PATIENCE)
        self._simulation = simcord.run(self._client, settle_timeout=SETTLES)
        self.env: Any = None
        self._guild: Any = None

    async def __aenter__(self) -> Self:
        await self._store.__aenter__()
        self.env = await self._simulation.__aenter__()
        self._keep_files_on_a_socket(self.env.backend.cdn)
        guild = self._guild = self.env.create_guild("Maple")
        admins = guild.create_role("Admins", permissions=discord.Permissions(administrator=True))
        self.channels = {name: guild.create_text_channel(name) for name in CHANNELS}
        for name in PEOPLE:
            user = self.env.create_user(name, global_name=name.capitalize())
            self.hands[name] = Hand(guild.add_member(user, roles=[admins] if name == "admin" else []))
        self.roles = {name: guild.create_role(name) for name in NATIVES}
        self.world.notifiers[Platform.DISCORD] = DiscordNotifier(lambda: self._client)
        self.world.runner.native_syncs[Platform.DISCORD] = RoleSync(lambda: self._client)
        await self.env.settle()  # else these members would count as newcomers of a school created later
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._simulation.__aexit__(*exc_info)
        await self._store.__aexit__()
        if specification.SPECIFICATION.exists():
            requests = [(one.method, one.path, one.json) for one in self.env.http_requests]
            assert specification.problems(requests) == []

    def _keep_files_on_a_socket(self, cdn: Any) -> None:
        """Serve attachments at real addresses, since the bot downloads them by itself."""
        kept = cdn.store_attachment

        def store(number: int, channel: int, name: str, content: bytes, alt: str | None) -> dict[str, Any]:
            return {
                **kept(number, channel, name, content, alt),
                **self._store.attachment(str(number), name, content),
            }

        cdn.store_attachment = store

    async def restart(self) -> None:
        """Replace the client by a new one, as a restart of the process does."""
        self._client = HomeroomClient(self.world.runner, hide_commands=self._hide_commands, patience=PATIENCE)
        await self.env.restart_bot(self._client)

    def add_app(self, name: str) -> None:
        """Add another app to the guild."""
        user = self.env.create_user(name, bot=True)
        self.hands[name] = Hand(self._guild.add_member(user))

    def leave(self, who: str) -> None:
        """Leave the only guild shared with the bot, which can then no longer write to the person."""
        member = self.hands[who].member
        self._guild.remove_member(member)
        direct = self.env.backend.get_dm_channel(member.id)
        path = f"/channels/{direct.id}/messages"
        self.env.inject_error("POST", path, status=403, code=50278, times=None)

    def native(self, name: str) -> set[str]:
        """Return the names of those who have a role of the guild."""
        role = self.roles[name].id
        return {who for who, hand in self.hands.items() if role in self._stored(hand).role_ids}

    def by_hand(self, name: str, who: str, *, has: bool) -> None:
        """Give or take a role of the guild, as one of its moderators does."""
        change = self.env.backend.add_member_role if has else self.env.backend.remove_member_role
        change(self._guild.id, self.hands[who].member.id, self.roles[name].id)

    def _stored(self, hand: Hand) -> Any:
        return self.env.backend.get_member(self._guild.id, hand.member.id)

    def mention(self, who: str) -> str:
        """Return a mention as Discord writes it."""
        return f"<@{self.hands[who].member.id}>"

    async def type(self, who: str, line: str, channel: str = "general") -> None:
        """Enter a command; what Discord's own client would refuse is shown to the person as a message."""
        hand = self.hands[who]
        try:
            typed = parse(line, self.world.runner.registry, "/")
        except BadCommand as refusal:
            self._tell(hand, refusal.problem)
            return
        if any(option.required and not typed.values.get(option.name) for option in typed.command.options):
            hand.entry = (typed, channel)  # the client asks for required options first
            return
        await self._enter(hand, typed, channel)

    async def _enter(self, hand: Hand, typed: Typed, channel: str) -> None:
        try:
            options = {name: self._native(typed, name, value) for name, value in typed.values.items()}
            result = await hand.member.slash(self.channels[channel], typed.command.path, **options)
        except (OptionError, ValueError) as refusal:
            self._tell(hand, str(refusal))
            return
        self._keep(hand, result)

    async def menu(self, who: str, entry: str, on: str, channel: str = "general") -> None:
        """Choose a command from the context menu of a person."""
        hand = self.hands[who]
        chosen = await hand.member.context_menu(self.channels[channel], entry, self.hands[on].member)
        self._keep(hand, chosen)

    def _native(self, typed: Typed, name: str, value: str) -> Any:
        option = typed.command.option(name)
        assert option is not None
        match option.kind:
            case OptionKind.WHOLE if value.replace(",", "").lstrip("-").isdecimal():
                return int(value.replace(",", ""))
            case OptionKind.WHOLE:
                raise ValueError(f"{name} wants a whole number")
            case OptionKind.YES_NO if value.casefold() in {"yes", "no"}:
                return value.casefold() == "yes"
            case OptionKind.YES_NO:
                raise ValueError(f"{name} wants yes or no")
            case OptionKind.CHANNEL | OptionKind.NATIVE:
                return {**self.channels, **self.roles}[value.lstrip("#@")]
            case OptionKind.CHOICE:
                return _chosen(option, value)
            case OptionKind.FILE:
                return value, self.files[value]
            case _:  # the client converts channel names to mentions
                return _TYPED_CHANNEL.sub(lambda found: f"<#{self.channels[found[1]].id}>", value)

    def _tell(self, hand: Hand, words: str) -> None:
        hand.told[self.env.backend.snowflake()] = words

    def _keep(self, hand: Hand, result: InteractionResult) -> None:
        hand.modal = result if result.modal is not None else None

    async def click(self, who: str, label: str) -> None:
        """Click the newest visible button with that label, and confirm if it asks for that."""
        hand = self.hands[who]
        await self._press(hand, *self._newest(hand, label))

    async def _press(self, hand: Hand, message: Any, button: Any) -> None:
        actor = self._actor(hand, message)
        result = await actor.click(ResponseMessage(self.env, message), custom_id=button["custom_id"])
        if result.modal and all(one["type"] == TEXT for one in result.modal["components"]):
            result = await actor.submit_modal(result, {})
        self._keep(hand, result)

    async def choose(self, who: str, placeholder: str, item_label: str) -> None:
        """Choose from the newest visible select with that placeholder, or press the button beside the row."""
        hand = self.hands[who]
        message, menu = self._newest(hand, placeholder, item_label)
        if menu["type"] == BUTTON:
            await self._press(hand, message, menu)
            return
        value = next(one["value"] for one in menu["options"] if one["label"] == item_label)
        actor = self._actor(hand, message)
        result = await actor.select(ResponseMessage(self.env, message), [value], custom_id=menu["custom_id"])
        self._keep(hand, result)

    async def fill(self, who: str, **answers: str) -> None:
        """Answer the open form and submit it, through all its steps."""
        hand = self.hands[who]
        if hand.entry is not None:
            typed, channel = hand.entry
            hand.entry = None
            await self._enter(hand, Typed(typed.command, {**typed.values, **answers}), channel)
            return
        while answers or hand.modal is not None:
            assert hand.modal is not None, f"{who} has no form open for {answers}"
            assert hand.modal.modal is not None
            controls = [one for one in walk(hand.modal.modal["components"]) if "custom_id" in one]
            values = {
                name: self._answer(one, answers.pop(name)) if name in answers else _there(one)
                for one in controls
                if (name := one["custom_id"]) in answers or _there(one)
            }
            actor = hand.member if hand.modal._interaction.guild_id else hand.member.user
            result = await actor.submit_modal(hand.modal, values)
            self._keep(hand, result)
            if answers:
                await self.click(who, self._continue(hand))

    def _continue(self, hand: Hand) -> str:
        labels = [
            one["label"]
            for message in self._messages(hand)
            for one in walk(message.components)
            if one["type"] == BUTTON and str(one.get("label")).startswith("Continue (")
        ]
        return str(labels[-1])

    def _answer(self, control: Any, answer: str) -> Any:
        match control["type"]:
            case 3:
                options = control["options"]
                return [one["value"] for one in options if answer in {one["label"], one["value"]}]
            case 8:
                return [self.channels[answer.lstrip("#")]]
            case 19:
                return answer, self.files[answer]
            case _:
                return answer

    def form(self, who: str) -> str | None:
        """Return the title of the form that is open for a person; None if there is none."""
        hand = self.hands[who]
        if hand.entry is not None:
            return hand.entry[0].command.description
        if hand.modal is None or hand.modal.modal is None:
            return None
        first = hand.modal.modal["components"][0]
        # A title that is too long for Discord's field is repeated in full at the top of the form.
        long = "…" in hand.modal.modal["title"] and first["type"] == TEXT
        return plain(first["content"]).split("\n")[0] if long else str(hand.modal.modal["title"])

    def visible(self, who: str) -> list[str]:
        """Return the text of all messages that a person sees, oldest first."""
        hand = self.hands[who]
        seen = {
            message.id: "\n".join(lines(message.content, message.components))
            for message in self._messages(hand)
        }
        return [text for _, text in sorted({**seen, **hand.told}.items())]

    def _messages(self, hand: Hand) -> Iterator[Any]:
        backend = self.env.backend
        everything = [
            message
            for channel, messages in backend.messages.items()
            for message in messages.values()
            if message_accessible(backend, channel, message, hand.member.id)
        ]
        yield from sorted(everything, key=lambda message: int(message.id))

    def _newest(self, hand: Hand, wanted: str, row: str = "") -> tuple[Any, Any]:
        """Find the newest button or select of that name, or the newest button beside the row `row`."""
        found = [
            (message, control)
            for message in self._messages(hand)
            for component in walk(message.components)
            if (control := named(component, wanted, row))
        ]
        assert found, f"no {wanted!r} among {[lines('', one.components) for one in self._messages(hand)]}"
        return found[-1]

    def _actor(self, hand: Hand, message: Any) -> MemberActor | UserHandle:
        in_a_server = self.env.backend.get_channel(message.channel_id).guild_id is not None
        return hand.member if in_a_server else hand.member.user


def _there(control: Any) -> Any:
    """Return the initial value of a form's control, which Discord's client sends if it is not changed."""
    if control["type"] == SELECT:
        return [one["value"] for one in control["options"] if one.get("default")]
    return control.get("value")


def _chosen(option: Option, value: str) -> str:
    wanted = value.casefold()
    for stored, shown in option.choices:
        if wanted in {stored.casefold(), shown.casefold()}:
            return stored
    raise ValueError(f"{option.name} cannot be {value}")

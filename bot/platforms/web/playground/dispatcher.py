"""Turns what a person does in the playground into one call of the Runner, and shows its reply."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, assert_never

from bot.cards.fronts import no_channel, too_long, unreadable
from bot.chat import limits
from bot.chat.actions import Action, UnreadableAction, unpack
from bot.chat.commands import Command
from bot.chat.options import OptionKind
from bot.chat.replies import Actions, Card, Form, Reply, Select
from bot.chat.runner import Runner
from bot.core.rights.actors import Caller
from bot.core.values import dataclass, field, replace
from bot.platforms.web.draw import Json, item
from bot.platforms.web.playground import mailbox
from bot.platforms.web.playground.complete import Completer
from bot.platforms.web.playground.people import Player
from bot.platforms.web.playground.room import Message, Room
from bot.platforms.web.playground.wire import (
    Click,
    Close,
    Complete,
    Request,
    Submit,
    Suggest,
    Type,
    Unreadable,
    UserAction,
)


class _NoChannel(Exception):
    """Raised if somebody typed a channel that the room does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Dispatcher:
    """Serves the people of one room; the actions of each are done one after the other."""

    runner: Runner
    room: Room
    _turns: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def serve(self, request: Request, zone: str | None = None) -> Json:
        """Serve a request of a page: return its answer, and show changes to everybody through the room."""
        who = self.room.people.get(request.who)
        if who is None or request.place not in self.room.places(who):
            raise Unreadable("no such person or place")
        caller = self._caller(who, request.place, zone)
        match request.payload:
            case Complete(line, cursor):
                return (await self._completer().line(caller, line, cursor)).drawn()
            case Suggest() as suggest:
                return await self._suggest(suggest, caller)
            case user_action:
                async with self._turns[who.name]:
                    await self._act(who, request.place, user_action, caller)
                return {}

    def _caller(self, who: Player, place: str, zone: str | None) -> Caller:
        caller = who.caller(place, self.room.name, zone)
        # If mails are shown instead of being sent, everybody can read them, and every address is proven.
        return replace(caller, verified_email=who.email) if self.room.mail else caller

    async def _act(self, who: Player, place: str, user_action: UserAction, caller: Caller) -> None:
        match user_action:
            case Type() | Submit() if place == mailbox.MAIL:
                raise Unreadable("nobody answers a mail")
            case Type(line):
                await self._type(who, place, line, caller)
            case Click():
                await self._click(who, user_action, caller)
            case Submit():
                await self._submit(who, place, user_action, caller)
            case Close():
                self.room.close_form(who)
            case _:
                assert_never(user_action)

    def _completer(self) -> Completer:
        return Completer(self.runner, self.room.channels)

    async def _type(self, who: Player, place: str, line: str, caller: Caller) -> None:
        slash = self.runner.links.slashes[caller.platform]
        if not line.strip():
            return
        if not line.lstrip().startswith(slash) and place != who.direct:
            if len(line) > limits.LINE:
                self.room.answer(too_long(limits.LINE), who, place)
            else:
                self.room.say(who, place, line)
            return
        self.room.say(who, place, line, command=True)
        via: str | None = None

        async def complete(command: Command, values: Mapping[str, Any]) -> Mapping[str, Any]:
            nonlocal via
            via = command.path
            return {**values, **self._channels(command, values)}

        try:
            read = self.runner.read(line, caller.platform)
            reply = await self.runner.typed(read, caller, complete=complete)
        except _NoChannel as none:
            known = ", ".join(f"#{one}" for one in self.room.channels)
            self.room.answer(no_channel(none.name, known), who, place)
            return
        self._show(reply, who, place, via=via)

    def _channels(self, command: Command, values: Mapping[str, Any]) -> Mapping[str, str]:
        """Return typed channels by their ids, which are their names here; raises `_NoChannel`."""
        typed = {one.name for one in command.options if one.kind is OptionKind.CHANNEL} & values.keys()
        found = {name: str(values[name]).removeprefix("#") for name in typed}
        for channel in found.values():
            if channel not in self.room.channels:
                raise _NoChannel(channel)
        return found

    async def _click(self, who: Player, click: Click, caller: Caller) -> None:
        message = self.room.sees(who, click.message)
        if message is None:
            raise Unreadable("no such message")
        try:
            action = unpack(click.action)
        except UnreadableAction:
            self.room.answer(unreadable(), who, message.place)
            return
        if click.fills:
            action = Action(action.command, {**action.values, click.fills: click.value}, action.ask)
        reply = await (self.runner.form(action, caller) if action.ask else self.runner.act(action, caller))
        self._show(reply, who, message.place, clicked=message)

    async def _submit(self, who: Player, place: str, submit: Submit, caller: Caller) -> None:
        try:
            action = unpack(submit.action)
        except UnreadableAction:
            self.room.close_form(who)
            self.room.answer(unreadable(), who, place)
            return
        values = {**action.values, **self._with_files(who, action.command, submit.answers)}
        reply = await self.runner.run(action.command, caller, values, clicked=True)
        if (refusal := _correctable(reply)) is not None and self.room.form_of(who.name):
            self.room.refuse_form(who, refusal, dict(submit.answers))
            return
        self.room.close_form(who)
        clicked = self.room.sees(who, submit.clicked) if submit.clicked else None
        self._show(reply, who, place, clicked=clicked, via=action.command)

    def _with_files(self, who: Player, path: str, answers: Mapping[str, str]) -> dict[str, Any]:
        """Replace the ids of uploaded files with the files; one that is no longer kept becomes empty."""
        command = self.runner.registry.get(path)
        files = {one.name for one in command.options if one.kind is OptionKind.FILE} if command else set()
        return {
            name: (self.room.uploads.find(who.name, answer) or "") if name in files else answer
            for name, answer in answers.items()
        }

    async def _suggest(self, suggest: Suggest, caller: Caller) -> Json:
        command = self.runner.registry.get(suggest.command)
        option = command.option(suggest.option) if command else None
        if option is None:
            return {"items": []}
        found = await self._completer().values(
            caller, suggest.command, option, suggest.typed, dict(suggest.values)
        )
        return {"items": [item(one) for one in found]}

    def _show(
        self, reply: Reply, who: Player, place: str, *, clicked: Message | None = None, via: str | None = None
    ) -> None:
        if clicked is not None and reply.redraw is not None:
            self.room.replace(clicked, reply.redraw)
        match reply.answer if clicked is not None else reply.alone:
            case Card() as answer:
                self.room.answer(answer, who, place, via)
            case Form() as form:
                self.room.open_form(form, who, place, clicked.id if clicked else None)
            case None:
                pass


def _correctable(reply: Reply) -> Card | None:
    """Return the refusal to show in the open form, where answers can be corrected; None to close the form."""
    card = reply.answer
    if not reply.refused or not isinstance(card, Card) or reply.redraw is not None:
        return None
    leads_on = any(isinstance(block, Actions | Select) for block in card.blocks)
    return None if leads_on else card

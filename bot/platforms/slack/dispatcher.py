"""Turns what Slack sends into calls of the Runner, with our own rule for when to acknowledge."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Mapping
from functools import partial
from typing import Any, Protocol

from slack_bolt.response import BoltResponse

from bot.cards.fronts import unreadable
from bot.cards.slack import ONE_MOMENT, no_menu
from bot.chat import drawing
from bot.chat.actions import Action, UnreadableAction
from bot.chat.commands import APP
from bot.chat.grammar import Typed
from bot.chat.replies import Card, File, Form, Image, Reply
from bot.chat.runner import Runner
from bot.chat.text import plain
from bot.core.errors import Refusal
from bot.core.rights.actors import Platform
from bot.core.values import dataclass, replace
from bot.platforms.slack import clicks, ids
from bot.platforms.slack.answers import Answers, acknowledgement, card_of
from bot.platforms.slack.api import SlackRefused
from bot.platforms.slack.attached import Files
from bot.platforms.slack.events import Events
from bot.platforms.slack.forms import (
    action_of,
    answers,
    chosen_files,
    menu,
    modal,
    notice,
    suggested,
    under_field,
)
from bot.platforms.slack.home import HomePages
from bot.platforms.slack.parsing import text_as_typed, with_known_channels
from bot.platforms.slack.people.naming import with_mentioned_person
from bot.platforms.slack.people.people import People, SlackUser
from bot.platforms.slack.place import Place, metadata
from bot.platforms.slack.rendering.render import Message, render
from bot.platforms.slack.reopening import FilledForm
from bot.platforms.slack.shortcuts import ChosenCommand, chosen_command
from bot.platforms.slack.turn import Turn
from bot.platforms.slack.work import InFlight

_log = logging.getLogger(__name__)

# Seconds for which an acknowledgement waits for the answer, so that Slack has it well within one second.
PATIENCE = 0.5
# Seconds until a view's acknowledgement has surely arrived: an update before it would be overwritten.
_ACK_ARRIVES = 0.3
_drawn = drawing.cached(render)

Body = Mapping[str, Any]


class Ack(Protocol):
    """Bolt's acknowledgement."""

    def __call__(self, **answer: Any) -> Awaitable[BoltResponse]:
        """Acknowledge Slack's request."""
        ...


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Turns what Slack sends into calls of the Runner, and replies into what Slack shows."""

    runner: Runner
    people: People
    answers: Answers
    work: InFlight
    files: Files
    home_pages: HomePages
    events: Events
    patience: float = PATIENCE

    async def command(self, ack: Ack, body: Body) -> BoltResponse | None:
        """Run a typed command; without any text, open a menu of commands."""
        line = text_as_typed(body.get("text") or "", self.runner.registry)
        who = SlackUser.of_command(body)
        turn = Turn(Place.of_command(body), body.get("trigger_id"))
        if not line.strip():
            self.work.spawn(self._open_menu(turn, who))
            return await ack()
        attach = partial(self.files.typed, team=who.team, user=who.user)
        read = self.runner.read(line, Platform.SLACK, attach)
        task = await self._patiently(self._typed(read, who, ids.delivery_key(body)))
        reply = task.result() if task.done() else None
        card = card_of(reply) if reply is not None and reply.correction is None else None
        messages = _acknowledgeable(card) if card else ()
        if card and messages:
            if more := messages[1:]:
                self.work.spawn(self.answers.sender.post_messages(turn.place, more, private=card.private))
            return acknowledgement(messages[0], private=card.private)
        turn = replace(turn, expects_form=isinstance(read, Typed) and read.opens_form)
        self.work.spawn(self.answers.deliver_later(task, turn))
        return await ack()

    async def action(self, ack: Ack, body: Body) -> None:
        """Run the action of a button or select."""
        clicked = body["actions"][0]
        turn = Turn(Place.of_click(body), body.get("trigger_id"))
        if clicked["type"] == "button" and "value" not in clicked:  # a link: the browser has opened it
            await ack()
            return
        try:
            action, filled = clicks.read(clicked)
        except UnreadableAction:
            await ack()
            self.work.spawn(self.answers.sender.show(turn.place, unreadable()))
            return
        turn = replace(turn, expects_form=action.ask)
        who = SlackUser.of_interaction(body, turn.place.channel)
        work = self._act(action, who, ids.delivery_key(body), filled)
        if turn.place.home:
            turn = replace(turn, place=_with_school(turn.place, action))
            work = self.home_pages.redraw_after(work, turn.place, who, action.command)
        task = await self._patiently(work)
        await ack()
        self.work.spawn(self.answers.deliver_later(task, turn))

    async def shortcut(self, ack: Ack, body: Body) -> None:
        """Open the menu of commands, or run the command that was chosen for a message."""
        turn = Turn(Place.of_shortcut(body), body.get("trigger_id"))
        who = SlackUser.of_interaction(body, turn.place.channel)
        if body["callback_id"] == ids.MENU:
            self.work.spawn(self._open_menu(turn, who))
            await ack()
            return
        try:
            found = chosen_command(body, self.runner.registry, self.files, who)
        except UnreadableAction:
            found = unreadable()
        if isinstance(found, Card):
            await ack()
            self.work.spawn(self.answers.sender.show(turn.place, found))
            return
        task = await self._patiently(self._run_chosen(found, who, ids.delivery_key(body)))
        await ack()
        self.work.spawn(self.answers.deliver_later(task, replace(turn, expects_form=found.ask)))

    async def view(self, ack: Ack, body: Body) -> None:
        """Handle a submitted form, or a choice from the menu of commands."""
        view = body["view"]
        turn = Turn(Place.unpack(body, metadata(view).get("place")))
        who = SlackUser.of_interaction(body, turn.place.channel)
        does = self._chosen if view["callback_id"] == ids.MENU else self._submitted
        try:
            work = does(view, who, ids.delivery_key(body))
            turn = replace(turn, filled=self._filled(view))
        except UnreadableAction:
            await ack()
            self.work.spawn(self.answers.sender.show(turn.place, unreadable()))
            return
        if turn.place.home:
            work = self.home_pages.redraw_after(work, turn.place, who, "")
        task = await self._patiently(work)
        if not task.done():
            await self._answer_late(ack, task, view, turn)
            return
        reply = task.result()
        if errors := under_field(reply, view):
            await ack(response_action="errors", errors=errors)
            return
        if isinstance(reply.answer, Form):
            await ack(response_action="update", view=modal(reply.answer, turn.place))
            reply = replace(reply, answer=None)
        else:
            await ack()
        self.work.spawn(self.answers.deliver(reply, turn))

    async def _answer_late(self, ack: Ack, task: asyncio.Task[Reply], view: Body, turn: Turn) -> None:
        """Close a form whose answer takes long; the menu stays open for the form that follows it."""
        if view["callback_id"] != ids.MENU:
            await ack()
            self.work.spawn(self.answers.deliver_later(task, turn))
            return
        await ack(response_action="update", view=notice(plain(ONE_MOMENT), turn.place))
        self.work.spawn(self.answers.deliver_later(task, turn.shown_in(view["id"]), after=_ACK_ARRIVES))

    async def event(self, ack: Ack, body: Body) -> None:
        """Handle an event; if that fails, it is not acknowledged, so that Slack sends it again."""
        await self.work.spawn(self.events.happened(body))
        await ack()

    async def options(self, ack: Ack, body: Body) -> None:
        """Suggest values while a person types in a form."""
        line = str(body.get("value") or "")
        try:
            async with asyncio.timeout(self.patience):
                action = action_of(body["view"])
                place = Place.unpack(body, metadata(body["view"]).get("place"))
                caller = await self.people.caller(SlackUser.of_interaction(body, place.channel))
                items = await self.runner.suggest(
                    action.command, body["block_id"], line, caller, action.values
                )
        except (UnreadableAction, SlackRefused, TimeoutError):
            items = ()
        await ack(options=suggested(items, line))

    async def _patiently(self, work: Coroutine[Any, Any, Reply]) -> asyncio.Task[Reply]:
        task = self.work.spawn(self._safely(work))
        await asyncio.wait({task}, timeout=self.patience)
        return task

    async def _safely(self, work: Coroutine[Any, Any, Reply]) -> Reply:
        try:
            return await work
        except Exception:  # noqa: BLE001 - whatever broke, the person is told
            return Reply(self.answers.failed(), refused=True)

    async def _typed(self, read: Typed | Refusal, who: SlackUser, delivery: str) -> Reply:
        caller = await self.people.caller(who)
        complete = partial(with_mentioned_person, self.people, who.team)
        read = with_known_channels(read)
        return await self.runner.typed(read, caller, delivery=delivery, complete=complete)

    async def _act(self, action: Action, who: SlackUser, delivery: str, filled: Mapping[str, str]) -> Reply:
        caller = await self.people.caller(who)
        if action.ask:
            return await self.runner.form(action, caller, filled=filled, delivery=delivery)
        return await self.runner.act(action, caller, delivery=delivery)

    async def _run_chosen(self, to: ChosenCommand, who: SlackUser, delivery: str) -> Reply:
        caller, command = await self.people.caller(who), self.runner.registry[to.path]
        if not to.ask:
            return await self.runner.run(to.path, caller, to.values, clicked=True, delivery=delivery)
        known = await with_mentioned_person(self.people, who.team, command, to.values)
        if known.get(APP):
            return await self.runner.run(to.path, caller, known, clicked=True, delivery=delivery)
        action = Action(to.path, to.values, ask=True)
        filled = {"name": known["name"]} if known.get("name") else {}
        return await self.runner.form(action, caller, filled=filled, delivery=delivery)

    def _submitted(self, view: Body, who: SlackUser, delivery: str) -> Coroutine[Any, Any, Reply]:
        action = action_of(view)
        files = {name: self.files.chosen(who.team, number) for name, number in chosen_files(view).items()}
        return self._complete(action.command, {**action.values, **answers(view), **files}, who, delivery)

    def _filled(self, view: Body) -> FilledForm | None:
        """Return what was typed into a form, to offer it again if it is refused; None for the menu."""
        if view["callback_id"] == ids.MENU:
            return None
        action = action_of(view)
        command = self.runner.registry.get(action.command)
        return FilledForm.of_answers(command, action, answers(view)) if command else None

    async def _complete(self, path: str, values: Mapping[str, Any], who: SlackUser, delivery: str) -> Reply:
        caller, command = await self.people.caller(who), self.runner.registry.get(path)
        values = await with_mentioned_person(self.people, who.team, command, values)
        return await self.runner.run(path, caller, values, clicked=True, delivery=delivery)

    async def _chosen(self, view: Body, who: SlackUser, delivery: str) -> Reply:
        caller = await self.people.caller(who)
        action = Action(answers(view).get("command", ""), ask=True)
        reply = await self.runner.form(action, caller, fixed=False, delivery=delivery)
        if isinstance(reply.answer, Form) and not reply.answer.fields:
            return await self.runner.act(reply.answer.action, caller, delivery=delivery)
        return reply

    async def _open_menu(self, turn: Turn, who: SlackUser) -> None:
        drawing = asyncio.ensure_future(self._menu(turn, who))
        await asyncio.wait({drawing}, timeout=self.patience)
        if not drawing.done():
            turn = await self.answers.with_waiting_modal(turn)
        try:
            shown = await drawing
            if not turn.answered_elsewhere:
                await self.answers.sender.open_view(turn, shown)
        except SlackRefused as refused:
            _log.info("Slack did not open the menu: %s", refused.told)
            await self.answers.sender.show(turn.place, no_menu(self.runner.links.slashes[Platform.SLACK]))
        except Exception:  # noqa: BLE001 - whatever broke, the person is told
            await self.answers.deliver(Reply(self.answers.failed()), turn)

    async def _menu(self, turn: Turn, who: SlackUser) -> dict[str, Any]:
        offered = await self.runner.offered(await self.people.caller(who)) or self.runner.registry.typed()
        return menu(self.runner.registry, offered, turn.place)


def _with_school(place: Place, action: Action) -> Place:
    """Return the place with the school that was chosen on the App Home page."""
    school = action.values.get("school", "") if action.command == "home open" else ""
    return replace(place, home=school) if school else place


def _acknowledgeable(card: Card) -> tuple[Message, ...]:
    """Render a card for the acknowledgement; empty if it needs uploads or cannot be rendered."""
    if any(isinstance(block, Image | File) for block in card.blocks):
        return ()
    try:
        return _drawn(card)
    except ValueError:
        return ()

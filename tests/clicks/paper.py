"""Plays stories in memory, in the playground over the fake database, and keeps what is drawn."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, cast

from bot.chat.replies import Card
from bot.core.notices.notices import Destination
from bot.core.rights.actors import Platform
from bot.platforms.web.playground import wire
from bot.platforms.web.playground.dispatcher import Dispatcher
from bot.platforms.web.playground.room import Room
from tests.fakes.database import FakeDatabase
from tests.fakes.state import State
from tests.platforms.web import reading
from tests.scenarios.fronts import web
from tests.world import World

Json = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A button, item of a select or form with its packed action, who sees it, and the state at that time."""

    kind: str
    packed: str
    values: Mapping[str, Any]
    who: tuple[str, ...]
    state: State = field(repr=False)
    at: datetime

    @property
    def path(self) -> str:
        """The path of the command that the action calls."""
        return self.packed.partition(":")[2].partition("?")[0]

    @property
    def shape(self) -> tuple[str, ...]:
        """What controls of the same kind have in common: all but the values."""
        names = (pair.partition("=")[0] for pair in self.packed.partition("?")[2].split("&"))
        return (self.kind, self.packed.partition("?")[0], *sorted({*names, *self.values}))


class MemoryPage:
    """Takes the place of the web driver's page: calls the playground's dispatcher without a socket."""

    def __init__(self, room: Room, desk: Dispatcher, saw: "MemoryDriver") -> None:
        self._room, self._desk, self._saw = room, desk, saw

    @property
    def forms(self) -> Json:
        """The forms that are open."""
        return {name: self._room.form_of(name) for name in self._room.people}

    def seen_by(self, who: str) -> list[Json]:
        """List the messages that a person sees, oldest first."""
        return [one.drawn() for one in reading.seen_by(self._room, who)]

    async def ask(self, who: str, do: str, *, place: str = "#general", **wish: Any) -> Json:
        """Send a request as the page would, and keep what was submitted."""
        if do == "submit":
            chosen = {name: self._room.uploads.find(who, one) or one for name, one in wish["answers"].items()}
            self._saw.keep("submit", wish["action"], chosen, (who,))
        request = wire.read(json.dumps({"id": 1, "who": who, "place": place, "do": do, **wish}))
        return await self._desk.serve(request, "UTC")

    async def type(self, who: str, line: str, place: str = "#general") -> None:
        """Send a typed line."""
        await self.ask(who, "type", place=place, line=line)

    async def upload(self, who: str, name: str, content: bytes) -> str:
        """Choose a file in a form; return the value that the form has for it."""
        return self._room.uploads.keep(who, name, content)


class MemoryDriver(web.Driver):
    """Does in memory what a scenario says, and keeps each control with the state when it was drawn."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.drawn: list[Drawn] = []

    async def __aenter__(self) -> Self:
        await self._start()
        self._running.enter_context(self.room.watched_by(self._saw))
        return self

    async def _start(self) -> None:
        sheet = MemoryPage(self.room, Dispatcher(self.world.runner, self.room), self)
        self.page = cast("Any", sheet)
        self.world.notifiers[Platform.WEB] = _Told(self.room)
        self.world.runner.native_syncs[Platform.WEB] = self.room.badges

    async def restart(self) -> None:
        """Start a new dispatcher; the room keeps its messages."""
        await self._start()

    def _saw(self, change: Json) -> None:
        if change["do"] == "form" and change["form"]:
            fields = {one["name"]: _answer(one) for one in change["form"]["fields"]}
            self.keep("form", change["form"]["action"], fields, (change["who"],))
        if change["do"] == "message":
            message = change["message"]
            who = tuple(one.name for one in self.room.people.values() if self.room.sees(one, message["id"]))
            for button in reading.buttons(message):
                self.keep("button", button["action"], {}, who)
            for select in reading.selects(message):
                for one in select["items"][:1] + select["items"][1:][-1:]:
                    self.keep("select", select["action"], {select["fills"]: one["value"]}, who)

    def keep(self, kind: str, packed: str, values: Mapping[str, Any], who: tuple[str, ...]) -> None:
        """Keep a control with the current state, which the fake database never changes in place."""
        database = cast("FakeDatabase", self.world.database)
        self.drawn.append(Drawn(kind, packed, dict(values), who, database.state, self.world.clock.at))


class _Told:
    """A notifier that posts to the room; there is no page to wait for."""

    def __init__(self, room: Room) -> None:
        self.post = room.post
        self._room = room

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        await self._room.redraw(to, channel, message, card)


def _answer(field: Json) -> str:
    """Answer a field of a form with its initial value, or with the simplest valid answer."""
    if field["value"] or not field["required"]:
        return str(field["value"])
    return str(field["items"][0]["value"]) if field["items"] else "1" if field["number"] else "Something"

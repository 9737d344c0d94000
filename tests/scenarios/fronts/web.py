"""Scenarios in the playground: a real server and a real websocket, without a browser."""

import re
from contextlib import AsyncExitStack
from typing import Any, Self

from bot.chat.replies import Card
from bot.core.notices.notices import Destination
from bot.core.rights.actors import Platform
from bot.platforms.web.link_view import InvitationView
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.people import APPROVALS, GENERAL, Player
from bot.platforms.web.playground.room import Room
from bot.platforms.web.server import build
from tests.platforms.web import reading
from tests.platforms.web.served import Page, served
from tests.world import World

_NAMED = re.compile(r" (\w+):(\S+)")
PEOPLE = ("admin", "approver", "newcomer", "second", "third", "stranger")
Json = dict[str, Any]


class Driver:
    """Does in the playground what a scenario says."""

    platform = Platform.WEB

    def __init__(self, world: World) -> None:
        self.world = world
        self.room = Room(
            [
                Player(_name(one), one, "#3b5bdb", one == "admin", channels=(GENERAL, APPROVALS))
                for one in PEOPLE
            ]
        )
        self._running = AsyncExitStack()
        self.files: dict[str, bytes] = {}
        self.page: Page

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._running.aclose()

    async def _start(self) -> None:
        app = build(
            self.world.runner,
            look_up=_no_invitation,
            joins={Platform.WEB: "/"},
            playground=Playground(self.room),
        )
        address = await self._running.enter_async_context(served(app))
        self.page = await self._running.enter_async_context(Page(address))
        self.world.notifiers[Platform.WEB] = _Shown(self.room, self.page)
        self.world.runner.native_syncs[Platform.WEB] = self.room.badges

    async def restart(self) -> None:
        """Stop the server and start a new one; the room keeps its messages."""
        await self._running.aclose()
        await self._start()

    def leave(self, who: str) -> None:
        """Take a person out of the room."""
        del self.room.people[_name(who)]

    def native(self, name: str) -> set[str]:
        """Return the names of those who wear a badge."""
        return set(self.room.badges.wearers(name.capitalize()))

    def by_hand(self, name: str, who: str, *, has: bool) -> None:
        """Give a badge to a person, or take it away."""
        change = self.room.badges.give if has else self.room.badges.take
        change(name.capitalize(), who)

    def mention(self, who: str) -> str:
        """Return a mention of a person."""
        return f"<@{_name(who)}>"

    async def type(self, who: str, line: str, channel: str = "general") -> None:
        """Type a line in a channel; a file cannot be typed, so it goes into the form that opens."""
        files = {option: name for option, name in _NAMED.findall(line) if name in self.files}
        for option, name in files.items():
            line = line.replace(f" {option}:{name}", "")
        await self.page.type(_name(who), line, f"#{channel}")
        if files:
            await self.fill(who, **files)

    async def click(self, who: str, label: str) -> None:
        """Click the newest visible button with that label, with yes as the answer to its question, if any."""
        found = [
            (message, button)
            for message in self.page.seen_by(_name(who))
            for button in reading.buttons(message)
            if button["label"] == label
        ]
        assert found, f"{who} sees no button {label!r}: {self.visible(who)}"
        message, button = found[-1]
        await self._do(who, "click", message["place"], message=message["id"], action=button["action"])

    async def choose(self, who: str, placeholder: str, item_label: str) -> None:
        """Choose from the newest visible select with that placeholder."""
        found = [
            (message, select)
            for message in self.page.seen_by(_name(who))
            for select in reading.selects(message)
            if select["placeholder"] == placeholder
        ]
        assert found, f"{who} sees no select {placeholder!r}: {self.visible(who)}"
        message, select = found[-1]
        value = next(item["value"] for item in select["items"] if item["label"] == item_label)
        await self._do(
            who,
            "choose",
            message["place"],
            message=message["id"],
            action=select["action"],
            fills=select["fills"],
            value=value,
        )

    async def fill(self, who: str, **answers: str) -> None:
        """Answer the open form and submit it."""
        form = self._form(who)
        assert form is not None, f"{who} has no form open for {answers}"
        fields = {one["name"]: one for one in form["fields"]}
        assert answers.keys() <= fields.keys(), f"the form asks for {list(fields)}"
        filled = {name: one["value"] for name, one in fields.items()}
        filled |= {name: _stored(fields[name], answer) for name, answer in answers.items()}
        for name in (name for name in answers if fields[name]["formats"]):
            filled[name] = await self.page.upload(_name(who), answers[name], self.files[answers[name]])
        wish = {"action": form["action"], "clicked": form["clicked"], "answers": filled}
        await self._do(who, "submit", form["place"], **wish)

    async def _do(self, who: str, verb: str, place: str, **wish: object) -> None:
        answer = await self.page.ask(_name(who), verb, place=place, **wish)
        assert not {"failed", "unreadable"} & answer.keys()

    def form(self, who: str) -> str | None:
        """Return the title of the form that is open for a person; None if there is none."""
        form = self._form(who)
        return None if form is None else str(form["title"])

    def _form(self, who: str) -> Json | None:
        return self.page.forms.get(_name(who))

    def visible(self, who: str) -> list[str]:
        """Return what others wrote to a person, oldest first, and last the refusal in their open form.

        Commands that people typed are left out: the playground shows these, but other platforms do not.
        """
        seen = self.page.seen_by(_name(who))
        texts = [reading.text(message) for message in seen if message["kind"] != "line"]
        form = self._form(who)
        if form is not None and form["refusal"]:
            texts.append(reading.card(form["refusal"]))
        return texts


class _Shown:
    """A notifier that posts to the room, and waits until the page shows the card."""

    def __init__(self, room: Room, page: Page) -> None:
        self._room = room
        self._page = page

    async def post(self, to: Destination, card: Card, key: str = "") -> tuple[str, str]:
        channel, message = await self._room.post(to, card, key)
        await self._page.until(lambda: message in self._page.messages)
        return channel, message

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        await self._room.redraw(to, channel, message, card)
        version = next(one["version"] for one in self._room.state()["messages"] if one["id"] == message)
        await self._page.until(lambda: self._page.messages[message]["version"] >= version)


def _name(who: str) -> str:
    return who.capitalize()


def _stored(field: Json, answer: str) -> str:
    by_label = {item["label"]: item["value"] for item in field["items"]}
    return str(by_label.get(answer, answer))


async def _no_invitation(_: str, _visitor: object) -> InvitationView | None:
    return None

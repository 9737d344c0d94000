"""The playground's room, in memory: its people, channels, direct messages and open forms."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage

from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card, Form
from bot.core.notices.notices import Destination
from bot.core.values import asdict, dataclass, replace
from bot.platforms.web import draw, limits
from bot.platforms.web.draw import Json
from bot.platforms.web.playground import mailbox
from bot.platforms.web.playground.badges import Badges
from bot.platforms.web.playground.people import APPROVALS, GENERAL, WORKSPACE, Player, Tour
from bot.platforms.web.playground.uploads import Uploads

Watcher = Callable[[Json], None]


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `author` is None for the bot, and `only` names the one person who sees it, if any.

    `via` is the command that it answers, and who ran it. `version` counts its changes.
    """

    id: str
    place: str
    at: datetime
    body: Json
    author: str | None = None
    only: str | None = None
    via: Json | None = None
    version: int = 1

    def drawn(self) -> Json:
        """Return the message as JSON."""
        return {
            "id": self.id,
            "place": self.place,
            "at": self.at.isoformat(),
            "author": self.author,
            "only": self.only,
            "via": self.via,
            "version": self.version,
            **self.body,
        }


class Room:
    """Keeps the messages, tells watchers about every change, and is the Notifier of the web platform."""

    def __init__(
        self,
        people: Sequence[Player],
        *,
        mail: bool = False,
        tour: Tour | None = None,
    ) -> None:
        """Make a room for these people; with `mail`, mails are shown here instead of being sent.

        A `tour` guides first visitors through a whole join.
        """
        self.id = secrets.token_urlsafe(8)
        self.people = {one.name: one for one in people}
        self.channels = (GENERAL, APPROVALS)
        self.name = "Playground"
        self.mail = mail
        self.tour = tour
        self.uploads = Uploads()
        self.badges = Badges(lambda: [one.account.subject for one in self.people.values()], self._tell_badges)
        self._messages: dict[str, Message] = {}
        self._mails: dict[str, str] = {}
        self._forms: dict[str, Json] = {}
        self._watchers: set[Watcher] = set()

    # What people see.

    def places(self, who: Player) -> tuple[str, ...]:
        """Return the places that a person sees."""
        return (*who.places, mailbox.MAIL) if self.mail else who.places

    def mail_page(self, message_id: str) -> str | None:
        """Return the HTML of a mail; None if the mail is gone."""
        return self._mails.get(message_id)

    def sees(self, who: Player, message_id: str) -> Message | None:
        """Return a message if the person can see it; else None."""
        message = self._messages.get(message_id)
        if message is None or message.place not in self.places(who) or message.only not in {None, who.name}:
            return None
        return message

    def form_of(self, name: str) -> Json | None:
        """Return a person's open form; None if there is none."""
        return self._forms.get(name)

    def state(self) -> Json:
        """Return everything in the room as JSON, for a page that has just connected."""
        return {
            "do": "state",
            "room": self.id,
            "name": self.name,
            "channels": list(self.channels),
            "tour": self.tour and asdict(self.tour),
            "people": [
                {
                    "name": one.name,
                    "title": one.title,
                    "color": one.color,
                    "places": list(self.places(one)),
                    "email": one.email,
                    "tries": list(one.tries),
                    "badges": self.badges.of(one.account.subject),
                }
                for one in self.people.values()
            ],
            "messages": [one.drawn() for one in self._messages.values()],
            "forms": dict(self._forms),
        }

    @contextmanager
    def watched_by(self, watcher: Watcher) -> Iterator[None]:
        """Tell a watcher about every change while the block runs."""
        self._watchers.add(watcher)
        try:
            yield
        finally:
            self._watchers.discard(watcher)

    # What changes it.

    def say(self, who: Player, place: str, text: str, *, command: bool = False) -> Message:
        """Show what a person typed; only they see their commands."""
        body: Json = {"kind": "line" if command else "talk", "text": draw.written(text)}
        only = who.name if command and place != who.direct else None
        return self._add(Message(self._fresh(), place, datetime.now(UTC), body, who.name, only))

    def answer(self, card: Card, who: Player, place: str, via: str | None = None) -> Message:
        """Show the bot's answer to a person in the place where they are; only they see a private one."""
        only = who.name if card.private and place != who.direct else None
        body: Json = {"kind": "card", "card": draw.card(card)}
        shown_via = None if via is None or card.private else {"who": who.name, "command": via}
        return self._add(Message(self._fresh(), place, datetime.now(UTC), body, only=only, via=shown_via))

    def replace(self, message: Message, card: Card) -> None:
        """Replace the card of a message; an equal one changes nothing."""
        present = self._messages.get(message.id)
        body: Json = {"kind": "card", "card": draw.card(card)}
        if present is None or present.body == body:
            return
        changed = replace(present, body=body, version=present.version + 1)
        self._messages[message.id] = changed
        self._tell({"do": "message", "message": changed.drawn()})

    def open_form(self, form: Form, who: Player, place: str, clicked: str | None) -> None:
        """Open a form for a person, in place of any that is open."""
        drawn = {"id": self._fresh(), **draw.form(form, self.channels)}
        self._forms[who.name] = {**drawn, "place": place, "clicked": clicked, "refusal": None}
        self._tell_form(who.name)

    def refuse_form(self, who: Player, card: Card, answers: dict[str, str]) -> None:
        """Show in a person's open form why its answers were refused, and keep the answers."""
        form = self._forms.get(who.name)
        if form is None:
            return
        fields = [{**one, **self._answered(who, one, answers.get(one["name"], ""))} for one in form["fields"]]
        self._forms[who.name] = {**form, "fields": fields, "refusal": draw.card(card)}
        self._tell_form(who.name)

    def _answered(self, who: Player, field: Json, answer: str) -> Json:
        """Return the answer to a field, with the name of its file if that is still kept."""
        chosen = self.uploads.find(who.name, answer) if field["formats"] else None
        return {"value": answer, "chosen": chosen.name if chosen else ""}

    def close_form(self, who: Player) -> None:
        """Close a person's form."""
        self.uploads.clear(who.name)
        if self._forms.pop(who.name, None) is not None:
            self._tell_form(who.name)

    async def take_mail(self, message: EmailMessage) -> None:
        """Show a mail to its recipient, or to everybody if the recipient is not in the room."""
        fresh = self._fresh()
        self._mails[fresh] = mailbox.html(message)
        body = mailbox.drawn(message, f"/playground/mail/{fresh}")
        only = mailbox.owner(message, self.people)
        self._add(Message(fresh, mailbox.MAIL, datetime.now(UTC), body, only=only))

    # The Notifier.

    async def post(self, to: Destination, card: Card, _: str = "") -> tuple[str, str]:
        """Post a card to a channel, or to a person as a direct message; return its place and its id."""
        place = self._place(to)
        body: Json = {"kind": "card", "card": draw.card(card)}
        return place, self._add(Message(self._fresh(), place, datetime.now(UTC), body)).id

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        """Replace a card that was posted; raises `DeliveryFailed` if it is gone."""
        sent = self._messages.get(message)
        if sent is None or sent.place != channel:
            raise DeliveryFailed(f"The playground has no message {message} in {to}.", final=True)
        self.replace(sent, card)

    def _place(self, to: Destination) -> str:
        wanted = (to.account or "").casefold()
        person = next((one for one in self.people.values() if one.account.subject == wanted), None)
        if person is not None:
            return person.direct
        channel = (to.channel or "").removeprefix("#")
        if to.account is None and to.workspace == WORKSPACE.external_id and channel in self.channels:
            return f"#{channel}"
        raise DeliveryFailed(
            f"The playground has no such place: {to}.", final=True, gone=to.account is not None
        )

    def _add(self, message: Message) -> Message:
        self._messages[message.id] = message
        in_place = [one.id for one in self._messages.values() if one.place == message.place]
        for old in in_place[: -limits.MESSAGES_IN_PLACE]:
            del self._messages[old]
            self._mails.pop(old, None)
        self._tell({"do": "message", "message": message.drawn()})
        return message

    def _tell_form(self, name: str) -> None:
        self._tell({"do": "form", "who": name, "form": self._forms.get(name)})

    def _tell_badges(self, account: str) -> None:
        for one in self.people.values():
            if one.account.subject == account:
                self._tell({"do": "badges", "who": one.name, "badges": self.badges.of(account)})

    def _tell(self, change: Json) -> None:
        for watcher in tuple(self._watchers):
            watcher(change)

    @staticmethod
    def _fresh() -> str:
        # The database keeps ids of messages, with what their cards are about: a new room must not reuse one.
        return secrets.token_urlsafe(12)

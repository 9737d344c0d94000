"""Sends invitations in tests, to a fake mail platform and fake chats that accept or refuse them."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Actions, Button, Card, LinkButton, Reply
from bot.chat.text import plain
from bot.core.invitations import sending
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.notices.notices import Destination
from bot.core.people import members
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person, Platform
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.values import replace
from bot.jobs.delivery import Delivery
from tests.core.door import Door, heard
from tests.storage import build
from tests.world import BASE_URL, deliver_due

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


ADA, NIA = AccountKey("web", "ada"), AccountKey("slack", "T1/U9")


REFUSED = DeliveryFailed("The mail server refuses the recipient (550 5.1.1)", final=True)


PUT_OFF = DeliveryFailed("The mail server refuses the recipient (450 4.2.0)")


OURS = DeliveryFailed("The mail server refuses mail.password (535)", ours=True, retry_after=60)


@dataclass
class Post:
    """A fake platform that keeps the cards it gets, or fails with `fails`."""

    changes: bool
    fails: DeliveryFailed | None = None
    once: bool = False
    cards: list[tuple[str, Card]] = field(default_factory=list)
    redrawn: list[Card] = field(default_factory=list)

    async def post(self, to: Destination, card: Card, _: str = "") -> tuple[str, str] | None:
        if (failure := self.fails) is not None:
            self.fails = None if self.once else failure
            raise failure
        self.cards.append((str(to), card))
        return ("channel", str(len(self.cards))) if self.changes else None

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:  # noqa: ARG002
        self.redrawn.append(card)


class Desk:
    """Delivers the invitations of one door to fake platforms."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.mail, self.chat, self.slack = Post(changes=False), Post(changes=True), Post(changes=True)
        notifiers = {Platform.EMAIL: self.mail, Platform.WEB: self.chat, Platform.SLACK: self.slack}
        self.delivery = Delivery(door.database, notifiers, door.clock, Links(BASE_URL))

    async def deliver(self) -> None:
        while await deliver_due(self.delivery):
            pass

    async def now(self, invitation: Invitation) -> Invitation:
        found = await self.door.database.read(lambda uow: uow.invitations.by_id(invitation.id))
        assert found is not None
        return found

    async def state(self, invitation: Invitation) -> InvitationState:
        return (await self.now(invitation)).state(self.door.clock.now())

    async def opened(self, link: str) -> Invitation | None:
        token = link.removeprefix(f"{BASE_URL}/i/")
        return await self.door.database.read(lambda uow: uow.invitations.by_token(token))


async def invited(
    desk: Desk,
    *,
    at: timedelta | None = None,
    lives: timedelta = 7 * DAY,
    inviter_account: AccountKey | None = ADA,
    **to: object,
) -> Invitation:
    """Make an invitation from Ada for Nia, by default by mail, and queue it."""
    settings = {"email": "nia@example.org", "way": Way.EMAIL, **to}

    def unit(uow: UnitOfWork) -> Invitation:
        maple = build.school(uow, zone="Europe/Berlin", support_contact="the office")
        ada = Person(build.fresh_id(), "Ada", None)
        if inviter_account:
            assert uow.people.add(ada, inviter_account)
        else:
            uow.people.add_unlinked(ada)
            uow.people.save_details(ada.id, PersonDetails("Ada", "L", email="ada@example.org"))
        members.activate(uow, maple.id, ada.id, SCHOOL_ADMIN.name, by=None)
        nia = Person(build.fresh_id(), "Nia", None)
        uow.people.add_unlinked(nia)
        made = build.invitation(
            uow,
            maple,
            ada,
            uses_allowed=1,
            note="See you on Monday",
            expires_at=uow.now + lives,
            to=Addressee(nia.id, "Nia Okafor", **settings),  # type: ignore[arg-type]
        )
        uow.addressed.grant(made.id, [Grant(maple.id, "Staff"), Grant(maple.id, "Observer")])
        return sending.queue(uow, made, uow.now + at if at else None)

    return await desk.door.database.run(unit)


def close(uow: UnitOfWork, of: Invitation, *, at: bool = True) -> None:
    """Archive the school of an invitation, or restore it."""
    school = uow.schools.by_id(of.school_id)
    assert school is not None
    assert uow.schools.save(replace(school, archived_at=uow.now if at else None))


def link_of(card: Card) -> str:
    rows = [block.buttons for block in card.blocks if isinstance(block, Actions)]
    (link,) = [one.url for row in rows for one in row if isinstance(one, LinkButton)]
    return link


def buttons(card: Card) -> dict[str, Action]:
    rows = [block.buttons for block in card.blocks if isinstance(block, Actions)]
    return {plain(one.label): one.action for row in rows for one in row if isinstance(one, Button)}


def said(card: Card) -> str:
    return heard(Reply(card))

"""What time does to invitations, on any database."""

from datetime import datetime, timedelta

import pytest

from bot.core.invitations import clock as invitation_clock
from bot.core.invitations import reminders
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.people import members
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.schools.settings import SchoolSettings
from bot.core.stuck import ItemTracker
from bot.jobs.sweeps import Sweep, sweep
from tests.core.door import Door
from tests.core.letters import DAY, HOUR, Desk, buttons, close, invited, link_of, said
from tests.core.place import Place, discord
from tests.fakes.sendings import FakeSendings
from tests.storage import build
from tests.world import START

INVITATIONS = Sweep("invitations", 60, invitation_clock.sweep, "invitation")
NIA = AccountKey("web", "nia")


@pytest.fixture
def desk(door: Door) -> Desk:
    return Desk(door)


async def passes(desk: Desk, span: timedelta) -> int:
    """Let time pass; return how many messages the addressee got by that."""
    before = len(desk.mail.cards) + len(desk.chat.cards)
    desk.door.clock.forward(span)
    await sweep(desk.door.database, INVITATIONS)
    await desk.deliver()
    return len(desk.mail.cards) + len(desk.chat.cards) - before


async def sent(desk: Desk, days: int = 30, **to: object) -> Invitation:
    """Send Nia an invitation that is valid for this many days."""
    made = await invited(desk, lives=days * DAY, **to)  # type: ignore[arg-type]
    await desk.deliver()
    return made


async def test_the_addressee_is_reminded_at_half_and_nine_tenths_of_the_time(desk: Desk) -> None:
    made = await sent(desk)
    assert await passes(desk, 15 * DAY - HOUR) == 0
    assert await passes(desk, HOUR) == 1
    to, card = desk.mail.cards[-1]
    assert to == f"email/@invitation:{made.id}"
    assert "Reminder: Ada invited you to Maple Grove" in said(card)
    assert "still waiting for your answer" in said(card)
    assert await desk.opened(link_of(card)) == await desk.now(made)
    assert await passes(desk, 12 * DAY - HOUR) == 0
    assert await passes(desk, HOUR) == 1
    assert await passes(desk, 3 * DAY) == 0
    assert await desk.state(made) is InvitationState.EXPIRED
    assert await desk.door.audited() == ["invitation.sent", "invitation.reminded", "invitation.reminded"]
    assert await desk.door.database.read(lambda uow: uow.sendings.due(uow.now + 999 * DAY, 9)) == []


async def test_a_reminder_in_a_chat_is_answered_there_and_ends_with_the_invitation(desk: Desk) -> None:
    made = await sent(desk, email="", way=Way.DM, account=NIA)
    assert await passes(desk, 15 * DAY) == 1
    to, card = desk.chat.cards[-1]
    assert to == "web/@nia"
    assert {"Accept", "Decline"} <= set(buttons(card))
    assert await passes(desk, 12 * DAY) == 1
    desk.chat.redrawn.clear()
    assert await passes(desk, 3 * DAY) == 0
    assert len(desk.chat.redrawn) == 3
    assert all("It has expired" in said(card) and not buttons(card) for card in desk.chat.redrawn)
    assert await desk.state(made) is InvitationState.EXPIRED


@pytest.mark.parametrize(
    ("lives", "spans", "reminded"),
    [
        (7, [84, 72], [1, 0]),  # nine tenths lie in the last day
        (1, [12, 11], [0, 0]),
        (30, [28 * 24], [1]),  # both were slept through
        (30, [29 * 24 + 1], [0]),
        (30, [16 * 24, 24], [1, 0]),
    ],
)
async def test_late_and_short_ones(desk: Desk, lives: int, spans: list[int], reminded: list[int]) -> None:
    await sent(desk, lives)
    assert [await passes(desk, span * HOUR) for span in spans] == reminded


async def test_nobody_is_reminded_where_the_school_or_they_do_not_want_it(desk: Desk) -> None:
    made = await sent(desk)
    off = SchoolSettings(invitee_reminders=False)
    await desk.door.database.run(lambda uow: uow.settings.save(made.school_id, off))
    assert await passes(desk, 15 * DAY) == 0
    await desk.door.database.run(lambda uow: uow.settings.save(made.school_id, SchoolSettings()))
    assert made.to is not None
    nia = made.to.person_id
    quiet = PersonDetails("Nia", "Okafor", message_notifications=False)
    await desk.door.database.run(lambda uow: uow.people.save_details(nia, quiet))
    assert await passes(desk, 12 * DAY) == 0
    assert await desk.door.audited() == ["invitation.sent"]


@pytest.mark.parametrize("end", ["revoked", "declined", "cleared", "accepted"])
async def test_nobody_is_reminded_of_what_has_ended(desk: Desk, end: str) -> None:
    made = await sent(desk)

    def unit(uow: UnitOfWork) -> bool:
        match end:
            case "revoked":
                return uow.invitations.revoke(made.id, by=made.created_by, at=uow.now)
            case "declined":
                return uow.addressed.decline(made.id, uow.now)
            case "cleared":
                return uow.addressed.clear(made.id, uow.now)
        return uow.invitations.take_use(made.id, uow.now)

    assert await desk.door.database.run(unit)
    assert await passes(desk, 15 * DAY) == await passes(desk, 15 * DAY) == 0


async def test_the_reminder_of_an_invitation_that_ends_meanwhile_is_not_sent(desk: Desk) -> None:
    made = await sent(desk, email="", way=Way.DM, account=NIA)
    desk.door.clock.forward(15 * DAY)
    assert await sweep(desk.door.database, INVITATIONS) == 1
    await desk.door.database.run(lambda uow: uow.addressed.clear(made.id, uow.now))
    await desk.deliver()
    assert len(desk.chat.cards) == 1


async def test_nobody_is_reminded_of_one_that_leads_nowhere_while_it_does(desk: Desk) -> None:
    made = await sent(desk)
    await desk.door.database.run(lambda uow: close(uow, made))
    assert await passes(desk, 15 * DAY) == 0
    assert await desk.door.audited() == ["invitation.sent"]
    await desk.door.database.run(lambda uow: close(uow, made, at=False))
    assert await passes(desk, 12 * DAY) == 1


async def test_who_is_not_reached_is_not_reminded(desk: Desk) -> None:
    await invited(desk, lives=30 * DAY, at=20 * DAY)
    assert await passes(desk, 15 * DAY) == 0
    assert await passes(desk, 5 * DAY) == 1  # the invitation itself
    assert await passes(desk, 5 * DAY) == 1  # at half of the remaining time


async def test_what_is_handed_over_brings_no_reminder(desk: Desk) -> None:
    await sent(desk, email="", way=Way.HAND)
    assert await passes(desk, 15 * DAY) == 0


EXPIRES = START + 10 * DAY


def _invitation(expires_at: datetime | None, sent_at: datetime | None) -> Invitation:
    to = Addressee("p", "Nia", sent_at=sent_at)
    return Invitation("i", "s", "t", "c", "a", START, expires_at=expires_at, to=to)


@pytest.mark.parametrize(
    ("expires_at", "sent_at", "now", "at"),
    [
        (EXPIRES, START, START, START + 5 * DAY),
        (EXPIRES, START, START + 5 * DAY, START + 9 * DAY),
        (EXPIRES, START, START + 9 * DAY, EXPIRES),
        (EXPIRES, START, EXPIRES, None),
        (EXPIRES, None, START, EXPIRES),
        (None, START, START, None),
        (EXPIRES, EXPIRES - 3 * DAY, START + 8 * DAY, EXPIRES - 36 * HOUR),
        (EXPIRES, EXPIRES - HOUR, START, EXPIRES),
    ],
)
def test_the_next_step(
    expires_at: datetime | None, sent_at: datetime | None, now: datetime, at: datetime | None
) -> None:
    assert reminders.next_step(_invitation(expires_at, sent_at), now) == at


# The rules themselves, in memory.


@pytest.fixture
def place() -> Place:
    """A school that has sent Nia an invitation to her chat, which lives for ten days."""
    one = Place()
    nia = one.person("nia")
    to = Addressee(nia.id, "Nia", account=discord("nia"), way=Way.DM, sent_at=START)
    made = build.invitation(one.uow, one.school, one.admin.known_person, to=to, expires_at=EXPIRES)
    one.uow.addressed.grant(made.id, [Grant(one.school.id, "Viewer")])
    return one


def looks(place: Place, after: timedelta, due: timedelta | None = None) -> int:
    """Run the sweep on the invitation as due at some time, by default now."""
    (made,) = place.state.invitations
    place.clock.at = START + after
    place.uow.sendings.schedule_step(made, START + (after if due is None else due))
    return invitation_clock.sweep(place.uow, ItemTracker())


@pytest.mark.parametrize(
    ("after", "due", "reminded"),
    [
        (5 * DAY, 5 * DAY, True),
        (8 * DAY, 5 * DAY, True),
        (9 * DAY, 9 * DAY, True),
        (9 * DAY + HOUR, 9 * DAY, False),
        (6 * DAY, 6 * DAY, False),
        (4 * DAY, 4 * DAY, False),
    ],
)
def test_somebody_is_reminded_if_a_reminder_was_due_and_it_is_not_too_late(
    place: Place, after: timedelta, due: timedelta, *, reminded: bool
) -> None:
    (made,) = place.state.invitations.values()
    assert looks(place, after, due) == 1
    assert place.told() == ([(made.subject, "discord/@nia")] if reminded else [])
    told = [f"- (clock) invitation.reminded {made.subject} at Maple Grove"]
    assert place.logged() == (told if reminded else [])
    assert place.uow.sendings.due(EXPIRES + DAY, 9)[0].due_at == reminders.next_step(made, START + after)


@pytest.mark.parametrize(("role", "reminded"), [("Viewer", False), ("Staff", True)])
def test_nobody_is_reminded_of_what_gives_them_nothing_new(
    place: Place, role: str, *, reminded: bool
) -> None:
    (made,) = place.state.invitations.values()
    assert made.to is not None
    nia = made.to.person_id
    members.activate(place.uow, place.school.id, nia, role, by=None)
    assert looks(place, 5 * DAY) == 1
    assert bool(place.told()) is reminded


def test_cards_are_drawn_again_when_it_expires(place: Place) -> None:
    (made,) = place.state.invitations.values()
    place.shown(made.subject)
    assert looks(place, 10 * DAY) == 1
    assert (place.redrawn(), place.told(), place.logged()) == ([made.subject], [], [])
    assert looks(place, 11 * DAY, 10 * DAY) == 1
    assert place.uow.sendings.due(EXPIRES + 99 * DAY, 9) == []


def test_what_another_replica_did_is_not_done_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeSendings, "advance_step", lambda *_, **__: False)
    assert looks(place, 5 * DAY) == 0
    assert place.told() == []

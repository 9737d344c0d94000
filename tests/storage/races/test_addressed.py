"""An addressed invitation is answered and revoked at the same moment, on both databases."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest

from bot.chat.replies import Reply
from bot.core.invitations import addressed
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from tests.chains import flaws
from tests.core.door import Door, door_of, heard, maple
from tests.core.invited import ADA, signed_in, state
from tests.storage.rounds import ROUNDS
from tests.world import World

AT_ONCE = 25
WELCOME = "Welcome to Maple Grove"
Try = Callable[[Invitation, int], Awaitable[Reply]]


@pytest.fixture
def door(world: World, caplog: pytest.LogCaptureFixture) -> Door:
    caplog.set_level(logging.WARNING)
    return door_of(world)


async def _invite(door: Door) -> Sequence[Invitation]:
    """Invite one person for each round, as Ada."""
    await maple(door, invite=None)
    school = await door.school()

    def unit(uow: UnitOfWork) -> list[Invitation]:
        ada = Actor(ADA, uow.people.by_account(ADA.account))
        offer = Offer(((school, "Staff"),))
        people = (Invitee(f"P{number}", f"p{number}@example.org") for number in range(ROUNDS))
        return [addressed.create(uow, ada, one, offer) for one in people]

    return await door.database.run(unit)


async def _race(door: Door, first: Try, second: Try) -> tuple[Counter[tuple[str, str]], Sequence[Invitation]]:
    """Do both at once to every invitation; count the beginnings of the two answers."""
    invited = await _invite(door)
    ended: Counter[tuple[str, str]] = Counter()

    async def once(number: int, invitation: Invitation) -> None:
        tries = [first(invitation, number), second(invitation, number)]
        turn = number % 2  # who begins
        said = await asyncio.gather(*(tries[turn:] + tries[:turn]))
        one, other = said[turn:] + said[:turn]
        ended[_start(one), _start(other)] += 1

    for begin in range(0, ROUNDS, AT_ONCE):
        batch = list(enumerate(invited))[begin : begin + AT_ONCE]
        await asyncio.gather(*(once(number, one) for number, one in batch))
    await _whole(door)
    return ended, invited


def _start(reply: Reply) -> str:
    return heard(reply).split("\n")[0]


async def _whole(door: Door) -> None:
    """Check that no chain of the audit log has forked, and that nobody is stored twice."""
    assert await door.database.read(flaws) == {None}
    assert len(await door.members()) == ROUNDS + 2


def _accepting(door: Door, subject: str) -> Try:
    """Accept with an account whose e-mail address is verified."""

    def accept(invitation: Invitation, number: int) -> Awaitable[Reply]:
        nia = signed_in(f"{subject}{number}", f"p{number}@example.org")
        return door.clicks(nia, "invite accept", invitation=invitation.token)

    return accept


async def _states(door: Door, invited: Sequence[Invitation]) -> Counter[InvitationState]:
    return Counter([await state(door, one) for one in invited])


async def test_one_account_accepts_twice_at_once(door: Door) -> None:
    ended, invited = await _race(door, _accepting(door, "nia"), _accepting(door, "nia"))
    again = "Your invitation is accepted."
    assert ended[WELCOME, again] + ended[again, WELCOME] == ROUNDS, ended
    assert await _states(door, invited) == {InvitationState.ACCEPTED: ROUNDS}
    assert (await door.audited()).count("invitation.accepted") == ROUNDS


async def test_two_accounts_with_the_same_verified_address_accept_at_once(door: Door) -> None:
    """One becomes a member; the other learns as little as any stranger with a dead link."""
    ended, invited = await _race(door, _accepting(door, "nia"), _accepting(door, "eve"))
    dead = "That invitation cannot be used."
    over = "Your invitation is accepted."
    assert sum(number for both, number in ended.items() if WELCOME in both) == ROUNDS, ended
    assert {one for both in ended for one in both} <= {WELCOME, dead, over}, ended
    assert await _states(door, invited) == {InvitationState.ACCEPTED: ROUNDS}
    assert (await door.audited()).count("invitation.accepted") == ROUNDS


@pytest.mark.parametrize(
    ("command", "done", "over"),
    [
        ("invite revoke", "Invitation revoked", InvitationState.REVOKED),
        ("invite clear", "Invitation for P", InvitationState.CLEARED),
        ("invite decline", "You have declined", InvitationState.DECLINED),
    ],
)
async def test_it_is_accepted_or_ended_and_never_both(
    door: Door, command: str, done: str, over: InvitationState
) -> None:
    def end(invitation: Invitation, number: int) -> Awaitable[Reply]:
        own = command == "invite decline"
        who = signed_in(f"nia{number}", f"p{number}@example.org") if own else ADA
        return door.clicks(who, command, invitation=invitation.token if own else invitation.id)

    ended, invited = await _race(door, _accepting(door, "nia"), end)
    states = await _states(door, invited)
    welcomed = sum(number for (one, _), number in ended.items() if one == WELCOME)
    assert states[InvitationState.ACCEPTED] == welcomed, ended
    assert states[over] == ROUNDS - welcomed, (states, ended)
    for one, other in ended:
        assert (one == WELCOME) != other.startswith(done), (one, other)
    assert Counter((await door.members()).values()) == {"active": welcomed + 2, "pending": ROUNDS - welcomed}
    assert (await door.audited()).count("invitation.accepted") == welcomed
    assert (await door.audited()).count(f"invitation.{over.value}") == ROUNDS - welcomed


@pytest.mark.parametrize("command", ["invite send", "invite resend"])
async def test_two_who_send_it_at_once_leave_one_mail(door: Door, command: str) -> None:
    def send(invitation: Invitation, _: int) -> Awaitable[Reply]:
        return door.clicks(ADA, command, invitation=invitation.id)

    ended, _ = await _race(door, send, send)
    assert all(one == other and "goes out" in one for one, other in ended), ended
    assert await door.database.read(lambda uow: uow.outbox.count_waiting()) == ROUNDS

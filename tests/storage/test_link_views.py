"""What a link shows to whom, on both databases; viewing takes no lock and writes nothing."""

from datetime import timedelta

import pytest

from bot.core.invitations import link_views
from bot.core.invitations.invitations import InvitationState
from bot.core.invitations.link_views import AlreadyKnown, Ended, LinkView, Open
from bot.core.people.own_schools import INVITED, own_schools
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform
from bot.core.values import replace
from tests.core.door import Door, door_of, maple
from tests.world import World

NIA = Caller(AccountKey("google", "1"), "Nia", Platform.WEB, verified_email="nia@example.org")
OMAR = Caller(AccountKey("google", "2"), "Omar", Platform.WEB, verified_email="omar@example.org")
UNVERIFIED = replace(NIA, verified_email="")


@pytest.fixture
async def door(world: World) -> Door:
    door = door_of(world)
    await maple(door)
    return door


async def _look(door: Door, token: str, caller: Caller | None) -> LinkView | None:
    def unit(uow: UnitOfWork) -> LinkView | None:
        actor = Actor(caller, uow.people.by_account(caller.account)) if caller else None
        return link_views.look(uow, token, actor)

    seen: LinkView | None = await door.database.read(unit)
    return seen


async def test_an_invitation_for_one_is_open_for_its_addressee_alone(door: Door):
    await door.says("ada", '/invite person to:NIA@example.org name:"Nia" expires:1h')
    made = (await door.invitations())[0]
    for caller, theirs in ((None, False), (NIA, True), (OMAR, False), (UNVERIFIED, False)):
        seen = await _look(door, made.token, caller)
        assert isinstance(seen, Open)
        assert seen.theirs is theirs
    door.clock.forward(timedelta(hours=2))
    told = [await _look(door, made.token, one) for one in (None, NIA, OMAR, UNVERIFIED)]
    assert [type(one) for one in told] == [type(None), Ended, type(None), type(None)]


async def test_one_whose_inviter_may_not_any_more_shows_strangers_nothing(door: Door):
    await door.says("ada", '/invite person to:nia@example.org name:"Nia"')
    made = (await door.invitations())[0]
    await door.database.run(lambda uow: _leaves(uow, made.created_by, made.school_id))
    assert await _look(door, made.token, None) is None
    assert isinstance(await _look(door, made.token, NIA), Ended)


def _leaves(uow: UnitOfWork, person_id: str, school_id: str) -> None:
    for role in uow.members.roles(school_id, person_id):
        uow.members.unassign(person_id, role, school_id)


async def test_whoever_has_accepted_is_known(door: Door):
    await door.says("ada", '/invite person to:nia@example.org name:"Nia"')
    made = (await door.invitations())[0]
    await door.clicks(NIA, "invite accept", invitation=made.token)
    seen = await _look(door, made.token, NIA)
    assert isinstance(seen, AlreadyKnown)
    assert seen.here.state == "active"
    assert await _look(door, made.token, None) is None


async def test_whoever_was_invited_by_name_still_sees_an_open_one(door: Door):
    """A pending membership must not prevent a person from redeeming another invitation."""
    await door.says("ada", '/invite person to:nia@example.org name:"Nia"')
    await door.says("ada", "/invite create role:Staff")
    open_one = (await door.invitations())[0]
    person_id = (await door.invitations())[1].to.person_id  # type: ignore[union-attr]

    def own(uow: UnitOfWork) -> list[str]:
        uow.accounts.link(NIA.account, person_id, uow.now)
        return [one.state for one in own_schools(uow, person_id)]

    assert await door.database.run(own) == [INVITED]
    assert isinstance(await _look(door, open_one.token, NIA), Open)


@pytest.mark.parametrize("late", [False, True])
async def test_a_late_link_is_open_where_the_school_lets_it_ask(door: Door, late: bool):
    await door.says("ada", "/invite create role:Staff expires:1h")
    made = (await door.invitations())[0]
    if late:
        school = await door.school()
        await door.database.run(lambda uow: uow.schools.save(replace(school, late_codes=True)))
    door.clock.forward(timedelta(hours=2))
    assert made.state(door.clock.now()) is InvitationState.EXPIRED
    seen = await _look(door, made.token, None)
    assert isinstance(seen, Open) == late
    assert seen is None or (isinstance(seen, Open) and seen.waits)

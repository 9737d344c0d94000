"""Who is added to a school besides: what keeps them out is told before anything is done."""

import pytest

from bot.core import organizing
from bot.core.actors import Actor
from bot.core.errors import NotFound
from bot.core.ports import UnitOfWork
from tests.core.door import Door, as_, heard, maple
from tests.core.invited import ADA
from tests.world import caller

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)
ADD = '/member edit nia school:"Maple Grove" schools:"Maple Grove, Oak"'


async def _oak(door: Door) -> None:
    """Let Nia be a member of Maple Grove, beside Oak."""
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, '/school create Oak approval:"by request"')


async def _asks(door: Door) -> None:
    await door.says(ADA, "/invite create school:Oak")
    (oak,) = await door.invitations_of("Oak")
    await door.says("nia", f"/join {oak.code}")


async def test_whoever_waits_there_is_not_added_past_their_request(door: Door) -> None:
    await _oak(door)
    await _asks(door)
    told = await door.says(ADA, ADD)
    assert told.refused
    assert "Nia is pending at Oak" in heard(told)


async def test_whoever_was_turned_away_there_is_not_added(door: Door) -> None:
    await _oak(door)
    await _asks(door)
    (request,) = await door.requests_of("Oak")
    await door.clicks(ADA, "request reject", request=request.id)
    told = await door.says(ADA, ADD)
    assert told.refused
    assert "Nia is rejected at Oak" in heard(told)


async def test_whom_the_district_has_switched_off_there_is_not_added(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _oak(door)

    def off(uow: UnitOfWork) -> None:
        nia = as_(uow, "nia")
        monkeypatch.setattr(type(uow.scim_users), "barred", lambda _, __, who: who == nia.person_id)

    await door.database.read(off)
    told = await door.says(ADA, ADD)
    assert told.refused
    assert "Nia is deactivated at Oak" in heard(told)


async def test_nobody_is_added_to_a_school_that_is_archived_meanwhile(door: Door) -> None:
    await _oak(door)
    await door.says("root", "/school archive school:Oak")
    root = Actor(caller("root"), None, rules_system=True)

    def unit(uow: UnitOfWork) -> None:
        (oak,) = uow.schools.overseen(None, "oak", 9, archived=True)
        nia = as_(uow, "nia")
        assert nia.person_id
        with pytest.raises(NotFound):
            organizing.set_schools(uow, root, nia.person_id, [oak])

    await door.database.run(unit)

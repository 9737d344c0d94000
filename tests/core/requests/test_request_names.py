"""How commands name a request: by the applicant's name or mention; and answers if it is too late."""

from functools import partial

import pytest

from bot.core.errors import NotFound
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.rights.actors import Actor
from bot.core.values import replace
from tests.core.door import Door, heard, maple
from tests.core.waiting import BY_REQUEST, asked
from tests.world import caller


async def test_an_ambiguous_name_approves_nobody(door: Door) -> None:
    await asked(door, "nora", "NORA")
    before = await door.tables()
    for command in ("approve", "reject"):
        said = heard(await door.says("ada", f"/request {command} Nora"))
        assert "Approved" not in said
        assert "could mean several people" in said
    assert await door.tables() == before


@pytest.mark.parametrize("line", ["/join Maple Grove", '/join "maple  grove"', "/join code:Maple Grove"])
async def test_the_name_of_a_public_school_may_stand_where_a_code_does(door: Door, line: str) -> None:
    await maple(door, BY_REQUEST, invite=None)
    unusable = heard(await door.says("nora", "/join Nowhere School"))
    assert "cannot be used" in unusable
    assert heard(await door.says("nora", line)) == unusable, "of one that is not public nobody learns"
    await door.says("ada", "/school edit access:public")
    assert "Choose one to join it" in heard(await door.says("nora", "/join Maple"))
    assert "Your request to join Maple Grove is waiting" in heard(await door.says("nora", line))


async def test_a_request_is_found_by_the_name_of_who_waits(door: Door) -> None:
    await asked(door, "nora", "theo")
    assert "Approved as Viewer" in heard(await door.says("ada", "/request approve nora"))
    assert (await door.members())["Theo"] == "pending"


@pytest.mark.parametrize("typed", ["Nora", "<@nora>"])
async def test_a_name_typed_too_late_tells_who_was_faster(door: Door, typed: str) -> None:
    await asked(door, "nora", "theo")
    await door.says("ada", "/request reject nora reason:full")
    for what in ("approve", "reject", "claim", "snooze"):
        assert "Rejected by Ada" in heard(await door.says("omar", f"/request {what} request:{typed}"))
    assert (await door.members())["Nora"] == "rejected"
    known = "I cannot find that request"
    assert known in heard(await door.says("omar", "/request approve Ada")), "she has never asked"
    assert "You may not" in heard(await door.says("theo", f"/request approve request:{typed}"))


async def test_a_name_means_the_person_who_waits(door: Door) -> None:
    await asked(door, "nora")
    await door.says("ada", "/request approve nora")
    await door.says(replace(caller("other"), name="Nora"), f"/join {await door.code()}")
    assert "Approved as Staff" in heard(await door.says("ada", "/request approve nora role:staff"))
    assert "I cannot find that request" in heard(await door.says("ada", "/request approve nora"))


async def test_ones_own_request_is_found_wherever_the_school_is(door: Door) -> None:
    """Also by whoever is in no workspace of the school; others do not learn that there is one."""
    (request,) = await asked(door, "nora")

    def find(uow: UnitOfWork, name: str, wanted: str) -> str:
        who = Actor(caller(name, workspace=None), uow.people.by_account(caller(name).account))
        return join_requests.find(uow, who, wanted)[1].name

    assert await door.database.read(partial(find, name="nora", wanted=request)) == "Maple Grove"
    for name, wanted in (("eve", request), ("ada", "no-such-request")):
        with pytest.raises(NotFound) as refused:
            await door.database.read(partial(find, name=name, wanted=wanted))
        assert refused.value.what == "request"

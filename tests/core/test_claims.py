"""How the first System Administrator is made."""

from datetime import timedelta
from functools import partial

import pytest

from bot.core.claims import Purpose, issue, offer_system_administrator
from bot.core.ids import grouped, new_id
from bot.core.people.holdings import RecordKind
from bot.core.ports import UnitOfWork
from tests.core.door import Door, as_, heard, maple
from tests.world import caller


async def _offer(door: Door) -> str:
    code = await door.database.run(offer_system_administrator)
    assert code is not None
    return code


async def test_the_operators_code_makes_a_system_administrator(door: Door) -> None:
    code = await _offer(door)
    assert "You are a System Administrator now" in heard(
        await door.says("sue", f"/account claim {grouped(code)}")
    )
    assert await door.database.run(offer_system_administrator) is None
    (entry,) = await door.audit_entries()
    assert (entry.action, entry.new) == ("role.granted", {"role": "System Administrator", "scope": "system"})
    assert entry.subject == f"person:{entry.actor_id}"


async def test_a_claimed_system_administrator_may_do_what_a_named_one_may(door: Door) -> None:
    await maple(door)
    await door.says("sue", f"/account claim {await _offer(door)}")
    for who in ("sue", "root"):
        assert f"{who} school is ready" in heard(await door.says(who, f'/school create "{who} school"'))
        said = heard(await door.says(who, '/invite create role:Staff school:"Maple Grove"'))
        assert "Invitation to Maple Grove" in said, who
        far = caller(who, workspace="far away")
        code = await _code_of(door, "Maple Grove")
        assert "Status" in heard(await door.says(far, f"/invite show {code}")), who
        assert "Welcome" in heard(await door.says(f"guest of {who}", f"/join {code}")), who


async def _code_of(door: Door, name: str) -> str:
    from bot.core.invitations.invitations import InvitationFilter  # noqa: PLC0415

    def unit(uow: UnitOfWork) -> str:
        place = caller("x").workspace
        assert place is not None
        school = next(one for one in uow.schools.linked_to(place) if one.name == name)
        return uow.invitations.listed(school.id, InvitationFilter(), limit=1)[0].code

    return await door.database.read(unit)


@pytest.mark.parametrize("typed", ["ABCD-EFGH-JKMNP", "nonsense", "'; DROP TABLE claims"])
async def test_a_wrong_code_changes_nothing(door: Door, typed: str) -> None:
    await _offer(door)
    before = await door.known()
    assert "That one-time code cannot be used." in heard(await door.says("eve", f'/account claim "{typed}"'))
    assert await door.known() == before


async def test_a_code_works_once_within_a_day(door: Door) -> None:
    late = await _offer(door)
    door.clock.forward(timedelta(hours=24))
    assert "cannot be used" in heard(await door.says("eve", f"/account claim {late}"))
    fresh = await _offer(door)
    assert "now" in heard(await door.says("sue", f"/account claim {fresh}"))
    assert "cannot be used" in heard(await door.says("eve", f"/account claim {fresh}"))
    assert (await door.audited()).count("role.granted") == 1


@pytest.mark.parametrize("used", [0, 1])
async def test_either_of_two_printed_codes_works_and_then_none(door: Door, used: int) -> None:
    codes = [await _offer(door), await _offer(door)]
    assert "now" in heard(await door.says("sue", f"/account claim {codes[used]}"))
    for code in codes:
        assert "cannot be used" in heard(await door.says("eve", f"/account claim {code}"))
    assert (await door.audited()).count("role.granted") == 1


async def test_a_code_that_links_a_school_makes_no_administrator(door: Door) -> None:
    await maple(door)
    said = heard(await door.says("ada", "/school share"))
    code = next(word for word in said.split() if word.count("-") == 2)
    before = await door.known()
    assert "cannot be used" in heard(await door.says("ada", f"/account claim {code}"))
    assert await door.known() == before


async def test_the_use_of_a_claim_is_a_record_of_known_people(door: Door) -> None:
    """A stranger was no known person yet when they used the code."""
    await maple(door)

    def used(who: str, uow: UnitOfWork) -> list[object]:
        rows = uow.holdings.records(RecordKind.CLAIMS, as_(uow, who).known_person.id)
        return [row["purpose"] for row in rows]

    for who, kept in (("omar", [Purpose.SYSTEM_ADMINISTRATOR]), ("sue", [])):
        code = await door.database.run(
            lambda uow: issue(uow, Purpose.SYSTEM_ADMINISTRATOR, subject=new_id(uow.now))
        )
        assert "now" in heard(await door.says(who, f"/account claim {code}"))
        assert await door.database.read(partial(used, who)) == kept

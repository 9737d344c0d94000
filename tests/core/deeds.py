"""Two schools, their admins, and deeds that concern Nia."""

from collections.abc import Mapping

from bot.core.ports import UnitOfWork
from bot.core.scim import tokens, users
from bot.core.scim.model import Address, Wanted
from tests.core.door import Door, actions_in, heard
from tests.core.people.test_accounts import linking_code
from tests.world import caller

ADA, OLA = caller("ada", administers=True), caller("ola", administers=True)
INVITE = "/invite person to:nia roles:Staff school:Maple schools:Oak"
TO_OAK = '/bulk plan act:"replace organizations" schools:Oak school:Maple search:'
OUT = "Kept out, or not let in yet"


async def make_maple_and_oak(door: Door) -> None:
    """Make two schools: Ada heads Maple, Ola heads Oak, Pia is an admin of both. Codes let people in."""
    for who, name in ((ADA, "Maple"), (OLA, "Oak")):
        await door.says(who, f"/school create {name} approval:automatic")
        await door.says(who, f'/invite create role:"School Admin" uses:1 school:{name}')
        await door.says("pia", f"/join {(await door.invitations_of(name))[0].code}")


async def statuses(door: Door, name: str) -> Mapping[str, str]:
    """Return the status of a person in each school where they have a membership."""

    def unit(uow: UnitOfWork) -> dict[str, str]:
        person = uow.people.by_account(caller(name).account)
        assert ADA.workspace is not None
        there = {one.name: one.id for one in uow.schools.linked_to(ADA.workspace)}
        found = {place: uow.members.of(at, person.id) if person else None for place, at in there.items()}
        return {place: one.barred_as or one.status for place, one in found.items() if one}

    return await door.database.read(unit)


async def join_by_code(door: Door, name: str, who: str = "nia") -> str:
    """Let a person join a school by a new code; return the code."""
    await door.says("pia", f"/invite create school:{name}")
    code = (await door.invitations_of(name))[0].code
    assert not (await door.says(who, f"/join {code}")).refused
    return code


async def plan_and_apply(door: Door, line: str, who: str = "pia") -> tuple[str, str]:
    """Plan and apply a bulk act; return the job's id, and the reply."""
    job = actions_in(await door.says(who, line))["Apply"].values["job"]
    return job, heard(await door.clicks(who, "bulk apply", job=job))


async def undo_job(door: Door, job: str, who: str = "pia") -> str:
    return heard(await door.clicks(who, "bulk undo", job=job))


async def put_maple_into_district(door: Door) -> None:
    """Put Maple into a district, and make Nia a member of Maple with an e-mail address."""
    await door.says("root", "/district create North")
    await door.says("root", "/school move school:Maple district:North")
    await join_by_code(door, "Maple")
    await door.says(ADA, "/member edit nia email:nia@example.org school:Maple")


async def set_active_by_provider(door: Door, *, active: bool) -> None:
    """Deactivate or reactivate Nia, as the identity provider of Maple's district does."""

    def unit(uow: UnitOfWork) -> None:
        assert ADA.workspace is not None
        school = next(one for one in uow.schools.linked_to(ADA.workspace) if one.name == "Maple")
        person = uow.people.by_account(caller("nia").account)
        assert person is not None
        address = Address("nia@example.org")
        wanted = Wanted("nia@example.org", first_name="Nia", last_name="Lund", email=address, active=active)
        users.change(uow, tokens.acting_for(school.district_id or ""), person.id, lambda _: wanted)

    await door.database.run(unit)


async def merge_nia_into_nora(door: Door) -> None:
    """Merge Nia into Nora, who proves with a code that both are one person."""
    code = await linking_code(door, "nora")
    merge = actions_in(await door.says("nia", f"/account link {code}"))["Link and merge"]
    assert not (await door.clicks("nia", merge.command, **merge.values)).refused

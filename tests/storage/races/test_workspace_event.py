"""Two replicas get the same join, ban or request at the same moment, on both databases."""

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.core.notices.notices import Audience
from bot.core.ports import UnitOfWork
from bot.core.requests import mirroring
from bot.core.requests.mirror_ports import Mirror, PlatformRequest
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.workspaces import events as workspace_events
from tests.outbox import take_all
from tests.storage import build
from tests.storage.rounds import ROUNDS, Database, Unit, check_audit_chains, race
from tests.world import START


def place(number: int) -> WorkspaceKey:
    return WorkspaceKey(Platform.DISCORD, str(7_000 + number))


def who(number: int) -> AccountKey:
    return AccountKey("discord", str(4_000 + number))


async def schools(database: Database, *, decide: bool = False, number: int = ROUNDS) -> list[str]:
    """Make a school for each round, in a Discord server of its own; return the ids."""

    def unit(uow: UnitOfWork) -> list[str]:
        made = []
        for one in range(number):
            school = build.school(uow, f"School {one}")
            build.workspace(uow, place(one))
            uow.workspaces.link(school.id, place(one), START)
            if decide:
                uow.mirrors.put(Mirror(place(one), school.id, START))
            made.append(school.id)
        return made

    return await database.run(unit)


def together(unit: Callable[[UnitOfWork, int], Any]) -> list[list[Unit]]:
    """Do the same thing in two replicas in each round."""
    return [[lambda uow, one=one: unit(uow, one)] * 2 for one in range(ROUNDS)]  # type: ignore[misc]


async def audited(database: Database, ids: list[str]) -> list[list[str]]:
    def unit(uow: UnitOfWork) -> list[list[str]]:
        listed = (uow.audit.listed(one, action="", person_id=None, after=None, limit=9) for one in ids)
        return [[entry.action for entry in found] for found in listed]

    return await database.read(unit)


async def test_a_coming_told_to_two_is_welcomed_once(database: Database) -> None:
    await schools(database)

    def come(uow: UnitOfWork, number: int) -> None:
        workspace_events.joined(uow, place(number), who(number), "300")

    await race(database, together(come))
    minute = START.replace(second=0, microsecond=0)

    def unit(uow: UnitOfWork) -> tuple[list[str], list[int]]:
        told = [str(one.to) for one in take_all(uow)]
        return told, [uow.workspace_events.newcomers(place(number), minute) for number in range(ROUNDS)]

    told, numbers = await database.run(unit)
    assert sorted(told) == sorted(f"discord/@{who(number).subject}" for number in range(ROUNDS))
    assert numbers == [1] * ROUNDS


async def test_some_of_a_crowd_are_welcomed_and_admins_are_told_once(database: Database) -> None:
    await schools(database, number=1)
    many = workspace_events.MOST_WELCOMED + 15

    def come(uow: UnitOfWork, number: int) -> None:
        workspace_events.joined(uow, place(0), who(number), "300")

    def admin(uow: UnitOfWork) -> str:
        (school,) = uow.schools.linked_to(place(0))
        ada = build.person(uow, "Ada", AccountKey("discord", "1"))
        build.membership(uow, school, ada)
        uow.members.assign(ada.id, "School Admin", school.id, by=None, at=START)
        return school.id

    school = await database.run(admin)
    await race(database, [[partial(come, number=one)] * 2 for one in range(many)])

    def unit(uow: UnitOfWork) -> dict[Audience, int]:
        waiting = [Audience.NEWCOMER, Audience.NEWCOMER_HERE, Audience.ADMIN]
        of = f"discord/{place(0).external_id}"
        subjects = {
            Audience.NEWCOMER: [f"welcome:{of}/300/{who(one).subject}" for one in range(many)],
            Audience.ADMIN: [f"crowd:{school}/{of}/{START:%Y-%m-%dT%H:%M}"],
        }
        subjects[Audience.NEWCOMER_HERE] = [f"welcome:{of}/300/-"]
        return {one: sum(len(uow.outbox.places(each, one)) for each in subjects[one]) for one in waiting}

    assert await database.read(unit) == {
        Audience.NEWCOMER: workspace_events.MOST_WELCOMED,
        Audience.NEWCOMER_HERE: 1,
        Audience.ADMIN: 1,
    }
    of = f"{school}/discord/7000/{START:%Y-%m-%dT%H:%M}"
    assert await database.read(lambda uow: workspace_events.crowd(uow, of)) == ("Maple", many)


async def test_a_ban_told_to_two_is_noted_once_and_lifted_once(database: Database) -> None:
    ids = await schools(database)

    def ban(uow: UnitOfWork, number: int) -> None:
        workspace_events.banned(uow, place(number), who(number))

    def unban(uow: UnitOfWork, number: int) -> None:
        workspace_events.unbanned(uow, place(number), who(number))

    await race(database, together(ban))
    assert await audited(database, ids) == [["school.account_banned"]] * ROUNDS
    await race(database, together(unban))
    assert await audited(database, ids) == [["school.account_unbanned", "school.account_banned"]] * ROUNDS
    await check_audit_chains(database)


async def test_a_request_seen_by_two_is_filed_once(database: Database) -> None:
    ids = await schools(database, decide=True)

    def file(uow: UnitOfWork, number: int) -> None:
        applied = PlatformRequest("900", who(number), f"N{number}")
        mirroring.file(uow, place(number), (applied,), START)

    await race(database, together(file))
    assert await audited(database, ids) == [["join_request.submitted"]] * ROUNDS

    def unit(uow: UnitOfWork) -> set[int]:
        return {len(uow.join_requests.listed(one, None, after=None, limit=9)) for one in ids}

    assert await database.read(unit) == {1}
    await check_audit_chains(database)

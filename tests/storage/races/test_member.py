"""Admins act on each other at the same moment, on both databases."""

from sqlalchemy import update

from bot.core.invitations import invitations, redeeming
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Access, Membership
from bot.core.ports import UnitOfWork
from bot.core.rights import grants
from bot.core.rights.actors import Actor
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.storage.tables import schools
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.storage.rounds import (
    ROUNDS,
    Database,
    Ground,
    Unit,
    actions,
    as_,
    check_audit_chains,
    grounds,
    race,
    refused,
)

_Stored = tuple[str | None, Membership | None, list[str]]
ADMIN = SCHOOL_ADMIN.name


def _roles(name: str, of: Ground, whom: str, *wanted: str) -> Unit:
    return as_(name, of, lambda uow, actor: grants.set_roles(uow, actor, of.school, whom, wanted))


def _verb(name: str, of: Ground, whom: str, verb: Verb) -> Unit:
    def act(uow: UnitOfWork, actor: Actor) -> object:
        return lifecycle.change(uow, actor, of.school, whom, verb)

    return as_(name, of, act)


def _primary(name: str, of: Ground, whom: str) -> Unit:
    return as_(name, of, lambda uow, actor: grants.make_primary(uow, actor, of.school, whom))


async def _stored(database: Database, land: list[Ground]) -> list[_Stored]:
    """Return the Primary Admin of each school, and Omar's state there."""

    def unit(uow: UnitOfWork) -> list[_Stored]:
        found = []
        for of in land:
            school = uow.schools.by_id(of.school.id)
            assert school is not None
            seat, roles = uow.members.of(school.id, of.omar.id), uow.members.roles(school.id, of.omar.id)
            found.append((school.primary_admin_id, seat, list(roles)))
        return found

    return await database.read(unit)


async def test_two_admins_demoting_each_other_leave_one(database: Database) -> None:
    land = await grounds(database, ADMIN)
    rounds = [
        [_roles("nia", of, of.omar.id, "Viewer"), _roles("omar", of, of.nia.id, "Viewer")] for of in land
    ]
    outcomes = await race(database, rounds)
    assert all(refused(one) == ["NotPermitted"] for one in outcomes)
    firsts = sum(one[0] is None for one in outcomes)
    assert 0 < firsts < ROUNDS, "each was the first now and then"
    demoted = [roles == ["Viewer"] for _, _, roles in await _stored(database, land)]
    assert demoted == [one[0] is None for one in outcomes]
    await check_audit_chains(database)


async def test_the_later_of_two_changes_of_roles_stays(database: Database) -> None:
    """Roles are replaced, not added: the result is what one of the two set, and the log says which."""
    land = await grounds(database)
    rounds = [
        [_roles("ada", of, of.nia.id, "Staff"), _roles("omar", of, of.nia.id, "Viewer", "Observer")]
        for of in land
    ]
    outcomes = await race(database, rounds)
    assert not any(refused(one) for one in outcomes)

    def unit(uow: UnitOfWork) -> None:
        for of in land:
            chain = [sealed.entry for sealed in uow.audit.chain(of.school.id)]
            first, last = (one for one in chain if one.action == "role.changed")
            assert last.old == first.new
            assert last.new == {"roles": sorted(uow.members.roles(of.school.id, of.nia.id))}

    await database.read(unit)
    await check_audit_chains(database)


async def test_two_suspensions_count_once(database: Database) -> None:
    land = await grounds(database)
    rounds = [[_verb(name, of, of.nia.id, Verb.SUSPEND) for name in ("ada", "omar")] for of in land]
    outcomes = await race(database, rounds)
    assert all(refused(one) == ["NothingToChange"] for one in outcomes)
    assert (await actions(database)).count("member.suspended") == ROUNDS
    await check_audit_chains(database)


async def test_primary_made_and_suspended_at_once_is_never_a_suspended_primary(database: Database) -> None:
    land = await grounds(database)
    rounds = [[_primary("ada", of, of.omar.id), _verb("ada", of, of.omar.id, Verb.SUSPEND)] for of in land]
    outcomes = await race(database, rounds)
    for of, one, (primary, seat, _) in zip(land, outcomes, await _stored(database, land), strict=True):
        assert refused(one) in (["PrimaryAdminProtected"], ["NotAdmin"])
        assert seat is not None
        assert (primary == of.omar.id) is (seat.access is Access.OK)


async def test_primary_made_and_demoted_at_once_is_never_a_primary_without_the_role(
    database: Database,
) -> None:
    land = await grounds(database, ADMIN)
    rounds = [[_primary("ada", of, of.omar.id), _roles("nia", of, of.omar.id, "Viewer")] for of in land]
    outcomes = await race(database, rounds)
    for of, one, (primary, _, roles) in zip(land, outcomes, await _stored(database, land), strict=True):
        assert refused(one) in (["PrimaryAdminProtected"], ["NotAdmin"])
        assert (primary == of.omar.id) is (roles == [ADMIN])


async def test_two_first_admins_make_one_primary(database: Database) -> None:
    """A school without a Primary Admin, and two people who become its first admins at once."""
    land = await grounds(database)
    codes = await database.run(lambda uow: [_invited(uow, of) for of in land])
    await database.run(_without_primary)

    def joins(name: str, of: Ground, code: str) -> Unit:
        return as_(name, of, lambda uow, actor: redeeming.redeem(uow, actor, code))

    await race(
        database,
        [[joins(name, of, code) for name in ("leo", "mia")] for of, code in zip(land, codes, strict=True)],
    )

    def unit(uow: UnitOfWork) -> None:
        for of in land:
            school = uow.schools.by_id(of.school.id)
            assert school is not None
            primary = uow.people.by_id(school.primary_admin_id or "")
            assert primary is not None
            assert primary.name in {f"Leo{of.number}", f"Mia{of.number}"}

    await database.read(unit)
    await check_audit_chains(database)


def _invited(uow: UnitOfWork, of: Ground) -> str:
    units = as_("ada", of, lambda uow, actor: invitations.create(uow, actor, of.school, role=ADMIN))
    code: str = units(uow).code
    return code


def _without_primary(uow: UnitOfWork) -> None:
    """Remove the Primary Admins of schools, which no command can do."""
    assert isinstance(uow, SqlUnitOfWork)
    uow.members.connection.execute(update(schools).values(primary_admin_id=None))

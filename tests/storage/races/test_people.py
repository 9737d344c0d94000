"""People are added and edited at the same moment, on both databases."""

from functools import partial

import pytest

from bot.core.invitations import addressed
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.people import corrections, people
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, Person
from bot.core.rights.roles import SCHOOL_ADMIN
from tests.storage import build
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


def _edits(name: str, of: Ground, whom: Person, **changes: object) -> Unit:
    def act(uow: UnitOfWork, actor: Actor) -> object:
        return people.edit(uow, actor, of.school, whom.id, changes)

    return as_(name, of, act)


def _known(uow: UnitOfWork, land: list[Ground]) -> None:
    """Enter details of the members; each is also a member of the previous round's school."""
    for of in land:
        uow.people.save_details(of.nia.id, PersonDetails("Nia", "Okafor"))
        build.membership(uow, land[of.number - 1].school, of.nia)


async def _details(database: Database, some: list[Person]) -> list[PersonDetails]:
    return await database.read(lambda uow: [uow.people.details(one.id) for one in some])


async def test_two_admins_of_two_schools_who_add_one_address_at_once_make_one_person(
    database: Database,
) -> None:
    land = await grounds(database)

    def adds(of: Ground, address: str) -> Unit:
        details = PersonDetails("Nia", "Okafor", email=address)
        return as_("ada", of, lambda uow, actor: people.create(uow, actor, of.school, details))

    rounds = [
        [adds(of, f"n{of.number}@example.org"), adds(land[of.number - 1], f"N{of.number}@EXAMPLE.org")]
        for of in land
    ]
    outcomes = await race(database, rounds)
    assert all(refused(one) == ["EmailTaken"] for one in outcomes)
    assert (await actions(database)).count("person.created") == ROUNDS
    await check_audit_chains(database)


@pytest.mark.parametrize("schools", ["one", "two"])
async def test_two_edits_of_one_person_at_once_keep_both(database: Database, schools: str) -> None:
    land = await grounds(database)
    await database.run(lambda uow: _known(uow, land))

    def units(of: Ground) -> list[Unit]:
        other = of if schools == "one" else land[of.number - 1]
        name = "omar" if schools == "one" else "ada"
        return [
            _edits("ada", of, of.nia, educator_id=str(of.number)),
            _edits(name, other, of.nia, first_name=f"Nia{of.number}"),
        ]

    outcomes = await race(database, [units(of) for of in land])
    assert not any(refused(one) for one in outcomes)
    for of, one in zip(land, await _details(database, [of.nia for of in land]), strict=True):
        assert (one.first_name, one.educator_id) == (f"Nia{of.number}", str(of.number))
    await check_audit_chains(database)


async def test_one_educator_id_is_given_at_once_to_two_members_from_two_schools(database: Database) -> None:
    land = await grounds(database)

    def ready(uow: UnitOfWork) -> None:
        _known(uow, land)
        for of in land:
            other = land[of.number - 1].school
            build.membership(uow, other, of.ada)
            uow.members.assign(of.ada.id, SCHOOL_ADMIN.name, other.id, by=None, at=uow.now)

    await database.run(ready)

    def units(of: Ground) -> list[Unit]:
        other = land[of.number - 1]
        here = _edits("ada", of, of.nia, educator_id=str(of.number))
        return [here, _edits("ada", other, other.omar, educator_id=str(of.number))]

    outcomes = await race(database, [units(of) for of in land])
    assert all(refused(one) == ["EducatorIdTaken"] for one in outcomes)
    await check_audit_chains(database)


async def test_two_people_who_are_given_one_address_at_once(database: Database) -> None:
    land = await grounds(database)
    rounds = [
        [
            _edits("ada", of, of.omar, email=f"n{of.number}@example.org"),
            _edits("omar", of, of.ada, email=f"n{of.number}@example.org"),
        ]
        for of in land
    ]
    outcomes = await race(database, rounds)
    assert all(refused(one) == ["EmailTaken"] for one in outcomes)
    ada, omar = ([of.ada for of in land], [of.omar for of in land])
    pairs = zip(await _details(database, ada), await _details(database, omar), strict=True)
    assert all(bool(one.email) is not bool(other.email) for one, other in pairs)


async def test_an_invitation_follows_the_later_of_two_corrected_addresses(database: Database) -> None:
    land = await grounds(database)
    await database.run(lambda uow: [as_("ada", of, partial(_invited, of=of))(uow) for of in land])

    def corrects(name: str, of: Ground) -> Unit:
        changes = {"email": f"{name}s.word{of.number}@example.org"}
        return as_(name, of, lambda uow, actor: corrections.edit(uow, actor, of.school, of.nia.id, changes))

    await race(database, [[corrects("ada", of), corrects("omar", of)] for of in land])

    def stray(uow: UnitOfWork, of: Ground) -> bool:
        invitation = uow.addressed.newest_of(of.school.id, of.nia.id)
        assert invitation is not None
        assert invitation.to is not None
        return invitation.to.email != uow.people.details(of.nia.id).email

    assert not await database.read(lambda uow: [of.number for of in land if stray(uow, of)])
    await check_audit_chains(database)


def _invited(uow: UnitOfWork, actor: Actor, of: Ground) -> None:
    """Invite Nia to another role at the address that is known of her."""
    address = f"nia{of.number}@example.org"
    uow.people.save_details(of.nia.id, PersonDetails("Nia", "Okafor", email=address))
    offer = Offer(((of.school, "Observer"),))
    addressed.create(uow, actor, Invitee("Nia", address, person_id=of.nia.id), offer)

"""A link is used twice at the same moment, or while two persons are merged, on both databases."""

from functools import partial

from bot.core.email_addresses import email_key
from bot.core.ids import hash_of
from bot.core.people import accounts, passwords
from bot.core.people.password_ports import Password, PasswordLink
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from tests.storage.rounds import Database, Ground, Unit, actions, as_, check_audit_chains, grounds, race
from tests.world import World


def _address(uow: UnitOfWork, of: Ground) -> dict[str, str]:
    assert uow.people.save_details(of.nia.id, PersonDetails(email=f"nia{of.number}@example.org"))
    return {}


def _token(of: Ground) -> str:
    return f"token of {of.number}"


async def _links(database: Database, land: list[Ground]) -> None:
    def unit(uow: UnitOfWork) -> None:
        for of in land:
            address = uow.people.details(of.nia.id).email
            link = PasswordLink(of.nia.id, email_key(address), uow.now + passwords.LIFETIME)
            uow.passwords.add_link(hash_of(_token(of)), link, uow.now)

    await database.run(unit)


def _uses(of: Ground, word: str) -> Unit:
    return lambda uow: passwords.set_by_link(uow, _token(of), word)


def _stored(uow: UnitOfWork, person_id: str) -> Password | None:
    return uow.passwords.of(person_id)


async def test_one_link_is_used_twice_at_once(world: World) -> None:
    database = world.database
    land = await grounds(database, prepare=_address)
    await _links(database, land)
    came = await race(database, [[_uses(of, "first"), _uses(of, "second")] for of in land])
    for of, outcomes in zip(land, came, strict=True):
        assert [one is None for one in outcomes].count(False) == 1
        stored = await database.read(partial(_stored, person_id=of.nia.id))
        winner = next(one for one in outcomes if one is not None)
        assert stored is not None
        assert stored.epoch == winner.epoch
        assert stored.hash == ("second" if outcomes[0] is None else "first")
    assert (await actions(database)).count("password.set") == len(land)
    await check_audit_chains(database)


async def test_a_link_is_used_while_its_person_becomes_another(world: World) -> None:
    """Either the password moves with them, or the link is dead; each password has a person."""
    database = world.database
    land = await grounds(database, prepare=_address)
    await _links(database, land)

    def offers(uow: UnitOfWork) -> list[str]:
        return [as_("omar", of, accounts.offer)(uow) for of in land]

    codes = await database.run(offers)

    def joins(of: Ground, code: str) -> Unit:
        def act(uow: UnitOfWork) -> object:
            plan = as_("nia", of, lambda uow, actor: accounts.join(uow, actor, code))(uow)
            digest = plan.digest
            return as_("nia", of, lambda uow, actor: accounts.join(uow, actor, code, agreed=digest))(uow)

        return act

    came = await race(
        database, [[_uses(of, "hash"), joins(of, code)] for of, code in zip(land, codes, strict=True)]
    )

    def check(uow: UnitOfWork) -> None:
        for of, (used, joined) in zip(land, came, strict=True):
            assert isinstance(joined, accounts.Linked), joined
            assert uow.passwords.of(of.nia.id) is None
            assert (uow.passwords.of(of.omar.id) is None) is (used is None)
            account = uow.people.by_account(passwords.account(of.omar.id))
            assert (account is None) is (used is None)

    await database.read(check)
    await check_audit_chains(database)

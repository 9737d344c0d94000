"""The contract of every store for details of persons."""

import asyncio
from datetime import timedelta
from functools import partial

from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person
from bot.core.rights.roles import ScopeKind
from bot.core.values import replace
from bot.storage.database import open_database
from bot.storage.vault import Vault
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import KEY, FakeClock

NIA = PersonDetails(
    "Nia",
    "Okafor",
    "J",
    "00123",
    "Nia.Okafor@example.org",
    "Europe/Berlin",
    auto_finalize=True,
    message_notifications=False,
)


def _unlinked(uow: UnitOfWork, name: str = "Someone") -> Person:
    made = Person(build.fresh_id(), name)
    uow.people.add_unlinked(made)
    return made


async def test_a_person_needs_no_account(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = _unlinked(uow)
        assert uow.people.by_id(made.id) == made
        assert uow.people.accounts([made.id]) == []
        assert uow.people.details(made.id) == PersonDetails()
        assert uow.people.details(build.fresh_id()) == PersonDetails()

    await store.run(unit)


async def test_all_details_are_kept_and_name_the_person(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = _unlinked(uow)
        assert uow.people.save_details(made.id, NIA)
        assert uow.people.details(made.id) == NIA
        named = Person(made.id, "Nia Okafor", "Europe/Berlin")
        assert uow.people.by_id(made.id) == named
        for typed in ("Nia.Okafor@example.org", "NIA.OKAFOR@EXAMPLE.ORG"):
            assert uow.people.by_email(typed) == named
        assert uow.people.by_email("nia@example.org") is None
        assert uow.people.by_email("") is None

    await store.run(unit)


async def test_without_names_the_name_of_the_chat_stays(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada = build.person(uow, "ada77")
        assert uow.people.save_details(ada.id, PersonDetails(email="ada@example.org", zone=ada.zone))
        assert uow.people.by_id(ada.id) == ada

    await store.run(unit)


async def test_an_email_address_belongs_to_one_person_whatever_its_case(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        first, second = _unlinked(uow), _unlinked(uow)
        assert uow.people.save_details(first.id, NIA)
        before = uow.people.details(second.id)
        same = replace(NIA, first_name="Eve", email="nia.okafor@EXAMPLE.org")
        assert not uow.people.save_details(second.id, same)
        assert uow.people.details(second.id) == before, "whoever lost the address must be as before"
        assert uow.people.save_details(first.id, replace(NIA, email="nia.okafor@example.org"))
        assert uow.people.details(first.id).email == "nia.okafor@example.org"
        assert uow.people.save_details(first.id, replace(NIA, email="nia@example.org"))
        assert uow.people.save_details(second.id, same), "an address that was given up is free"
        assert uow.people.save_details(first.id, replace(NIA, email=""))
        assert uow.people.by_email("nia@example.org") is None
        assert uow.people.save_details(first.id, replace(NIA, email="")), "many have none"

    await store.run(unit)


async def test_scopes_of_a_person(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak, ada = build.school(uow), build.school(uow, "Oak"), build.person(uow)
        assert uow.members.scopes(ada.id) == []
        for role, place in (("Staff", maple.id), ("Reporter", maple.id), ("Viewer", oak.id)):
            uow.members.assign(ada.id, role, place, by=None, at=uow.now)
        assert uow.members.scopes(ada.id) == [(ScopeKind.SCHOOL, maple.id), (ScopeKind.SCHOOL, oak.id)]
        uow.members.assign(ada.id, "System Administrator", None, by=None, at=uow.now)
        assert uow.members.scopes(ada.id)[-1] == (ScopeKind.SYSTEM, "")

    await store.run(unit)


async def test_only_one_of_many_people_gets_the_same_address(database_url: str) -> None:
    database = await open_database(database_url, FakeClock(), Vault(KEY))
    for number in range(20):
        wanted = replace(NIA, email=f"n{number}@example.org")
        people = [await database.run(_unlinked) for _ in range(4)]
        tries = [partial(_take, who=one, wanted=wanted) for one in people]
        won = await asyncio.gather(*(database.run(one) for one in tries))
        assert sorted(won) == [False, False, False, True]
        owner = await database.run(partial(_owner, address=wanted.email))
        assert owner is not None
        assert owner.id == people[won.index(True)].id
    await database.close()


def _take(uow: UnitOfWork, who: Person, wanted: PersonDetails) -> bool:
    return uow.people.save_details(who.id, wanted)


def _owner(uow: UnitOfWork, address: str) -> Person | None:
    return uow.people.by_email(address)


async def test_the_address_that_was_proved_last_goes_with_its_account(store: Store) -> None:
    """Nobody is found by it."""

    def unit(uow: UnitOfWork) -> None:
        nia, twin = build.person(uow), build.person(uow, "Twin")
        keys = [AccountKey("google", "1"), AccountKey("microsoft", "2")]
        for key in keys:
            assert uow.accounts.link(key, nia.id, uow.now)
        assert uow.accounts.proved_email(nia.id) == ""
        uow.accounts.save_proved_email(keys[0], "old@example.org", uow.now - timedelta(days=1))
        uow.accounts.save_proved_email(keys[1], "new@example.org", uow.now)
        assert uow.accounts.proved_email(nia.id) == "new@example.org"
        assert uow.people.by_email("new@example.org") is None
        assert uow.people.details(nia.id).email == ""
        uow.accounts.absorb(nia.id, twin.id)
        assert [uow.accounts.proved_email(one.id) for one in (nia, twin)] == ["", "new@example.org"]
        assert uow.accounts.unlink(keys[1], twin.id)
        assert uow.accounts.proved_email(twin.id) == "old@example.org"
        uow.accounts.erase(twin.id, uow.now)
        assert uow.accounts.proved_email(twin.id) == ""

    await store.run(unit)


async def test_an_educator_id_is_known_in_the_schools_of_whoever_has_it(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak, nia, eve = build.school(uow), build.school(uow), build.person(uow), build.person(uow)
        for school, who in ((maple, nia), (maple, eve), (oak, eve)):
            build.membership(uow, school, who)
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor", educator_id="007"))
        assert uow.people.has_educator_id(maple.id, "007", but=eve.id)
        assert not uow.people.has_educator_id(maple.id, "007", but=nia.id)
        assert not uow.people.has_educator_id(oak.id, "007", but=eve.id)
        assert not uow.people.has_educator_id(maple.id, "7", but="")
        assert not uow.people.has_educator_id(maple.id, "", but="")

    await store.run(unit)

"""The search index follows all changes of people; every database finds the same members."""

from collections.abc import Sequence
from itertools import count

import pytest
from sqlalchemy import text as sql

from bot.core.name_matching import fold_name
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.storage.people import searching
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.statements import stand_in_for_parts
from tests.world import World

_NAMES = (
    "Anna Finch",
    "Annabel Roe",
    "Hannah Poe",
    "Jo Ann",
    'Odd "An" %_',
    "Zoë Straße",
    "日本 花子",
    "Seán O\u2019Shea",
    "Łukasz Åse",
)
_TYPED = (
    *("an", "ann", "anna", "ANNA FINCH", "finch anna", "nna f", "e", "poe han", '"an"', "%_", "strasse"),
    *(
        "zoë",
        "ZOE",
        "zoë@",
        "o'shea",
        "oshea",
        "'",
        "O\u2019Shea, sean",
        "lukasz",
        "åse",
        "åsé",
        "花子",
        "本 花",
        "日本 花",
        "hannah.poe@",
        "ann@",
        "anna.",
        "j",
        "nah.poe@example.org",
        "@example.org an",
        "nobody",
    ),
    *("ann'", "ann*", "an OR xx", "NOT", "-ann", "search_name:anna", "anna NEAR finch"),
)


def _school(uow: UnitOfWork, district_id: str | None = None) -> School:
    """Make a school of people with names and addresses, and another school of one of them."""
    maple, oak = (build.school(uow, name, district_id=district_id) for name in ("Maple", "Oak"))
    for name in _NAMES:
        who = build.person(uow, "?")
        first, _, last = name.partition(" ")
        email = f"{first}.{last}@example.org" if first.isascii() and last.isalpha() else ""
        assert uow.people.save_details(who.id, PersonDetails(first, last, email=email))
        build.membership(uow, maple, who)
        if name.startswith("Anna"):
            build.membership(uow, oak, who)
    return maple


def _place(text: str, name: str, email: str) -> tuple[int, str]:
    if name.startswith(fold_name(text)):
        return 0, name
    return (1, email) if email.startswith(text) else (2, name)


def _pages(uow: UnitOfWork, wanted: PeopleFilter) -> list[str]:
    found: list[str] = []
    while page := uow.members.listed(wanted, after=found[-1] if found else None, limit=2):
        found += [one.membership.id for one in page]
    return found


# All are read; the index of parts tells them; it tells too many, so the list is gone through. In the index
# are all, some, or none of them yet.
@pytest.mark.parametrize(
    ("few", "enough", "taken_in"), [(5000, 1000, 0), (0, 1000, 0), (0, 1000, 3), (0, 1000, 99), (0, 1, 99)]
)
async def test_every_way_finds_the_same(
    store: Store, few: int, enough: int, taken_in: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    monkeypatch.setattr(searching, "ENOUGH", enough)
    monkeypatch.setattr(searching, "ENOUGH_ON_POSTGRESQL", enough)
    await store.run(stand_in_for_parts)

    def unit(uow: UnitOfWork) -> None:
        district = District(build.fresh_id(), "North", uow.now)
        uow.districts.add(district)
        maple = _school(uow, district.id)
        jack = build.person(uow, "Zed")
        assert uow.people.save_details(jack.id, PersonDetails("Zed", "Yi", email="anna.too@example.org"))
        build.membership(uow, maple, jack)
        if taken_in:
            uow.name_parts.index_newcomers(taken_in)
        for wanted in (PeopleFilter(maple.id), PeopleFilter(maple.id, district.id)):
            everyone = uow.members.listed(wanted, after=None, limit=99)
            for typed in _TYPED:
                search = PeopleFilter(maple.id, wanted.district_id, typed)
                text, words = " ".join(search.words), search.words
                said = [(one, (fold_name(one.name), one.email.casefold())) for one in everyone]
                expected = [
                    one.membership.id
                    for one, (name, email) in sorted(said, key=lambda pair: _place(text, *pair[1]))
                    if all(fold_name(word) in name or word in email for word in words)
                ]
                assert _pages(uow, search) == expected, typed
                assert uow.members.count(search) == len(expected), typed

    await store.run(unit)


@pytest.mark.parametrize(("few", "taken_in"), [(5000, ()), (0, ()), (0, (0,)), (0, (0, 1, 2, 3, 4))])
async def test_what_is_searched_follows_who_they_are(
    store: Store, few: int, taken_in: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", few)

    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        nia, other = build.person(uow, "Nia Bello"), build.person(uow, "Somebody Else")
        own = build.membership(uow, maple, nia)
        steps = count()

        def go_on() -> None:
            if next(steps) in taken_in:
                uow.name_parts.index_newcomers(99)

        def found(text: str) -> bool:
            listed = uow.members.listed(PeopleFilter(maple.id, text=text), after=None, limit=9)
            return [one.membership.id for one in listed] == [own.id]

        go_on()
        assert found("bello")
        assert not found("okafor")
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor", email="nia@one.example"))
        go_on()
        assert found("okafor")
        assert found("nia@one.ex")
        assert not found("bello")
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor", email="nia@two.example"))
        go_on()
        assert found("two.exam")
        assert not found("one.exam")
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor"))
        go_on()
        assert not found("example")
        uow.holdings.move_membership(own.id, other.id)
        go_on()
        assert found("somebody")
        assert not found("okafor")
        assert uow.members.remove(own)
        assert uow.members.count(PeopleFilter(maple.id, text="somebody")) == 0

    await store.run(unit)


def _in_the_index(uow: UnitOfWork) -> int:
    assert isinstance(uow, SqlUnitOfWork)
    asked = sql("SELECT count(*) FROM member_trigrams WHERE member_trigrams MATCH '\"per\"'")
    return int(uow.members.connection.execute(asked).scalar_one())


async def test_newcomers_are_taken_into_the_index_once_and_some_at_a_time(world: World) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        for number in range(5):
            build.membership(uow, maple, build.person(uow, f"Person {number}"))
        if uow.members.connection.dialect.name == "postgresql":  # type: ignore[attr-defined]
            assert uow.name_parts.index_newcomers(3) == 0
            return
        assert _in_the_index(uow) == 0
        assert uow.name_parts.index_newcomers(3) == 3
        assert _in_the_index(uow) == 3
        assert [uow.name_parts.index_newcomers(3) for _ in range(3)] == [2, 0, 0]
        assert _in_the_index(uow) == 5

    await world.database.run(unit)

"""What members are searched by follows who they are; whichever way a database goes, the same are found."""

import pytest

from bot.core.districts import District
from bot.core.people import PersonDetails
from bot.core.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.storage import searching
from tests.storage import build
from tests.storage.conftest import Store

_NAMES = ("Anna Finch", "Annabel Roe", "Hannah Poe", "Jo Ann", 'Odd "An" %_', "Zoë Straße", "日本 花子")
_TYPED = (
    *("an", "ann", "anna", "ANNA FINCH", "finch anna", "nna f", "e", "poe han", '"an"', "%_", "strasse"),
    *(
        "zoë",
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
    """Make a school of people with names and addresses, and another where one of them is, too."""
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
    if name.startswith(text):
        return 0, name
    return (1, email) if email.startswith(text) else (2, name)


def _pages(uow: UnitOfWork, wanted: PeopleFilter) -> list[str]:
    found: list[str] = []
    while page := uow.members.ids(wanted, after=found[-1] if found else None, limit=2):
        found += page
    return found


# All are read; the index of parts tells them; it tells too many, so the list is gone through.
@pytest.mark.parametrize(("few", "enough"), [(5000, 1000), (0, 1000), (0, 1)])
async def test_every_way_finds_the_same(
    store: Store, few: int, enough: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    monkeypatch.setattr(searching, "ENOUGH", enough)

    def unit(uow: UnitOfWork) -> None:
        district = District(build.fresh_id(), "North", uow.now)
        uow.districts.add(district)
        maple = _school(uow, district.id)
        jack = build.person(uow, "Zed")
        assert uow.people.save_details(jack.id, PersonDetails("Zed", "Yi", email="anna.too@example.org"))
        build.membership(uow, maple, jack)
        for wanted in (PeopleFilter(maple.id), PeopleFilter(maple.id, district.id)):
            everyone = uow.members.listed(wanted, after=None, limit=99)
            for typed in _TYPED:
                search = PeopleFilter(maple.id, wanted.district_id, typed)
                text, words = " ".join(search.words), search.words
                said = [(one, (one.name.casefold(), one.email.casefold())) for one in everyone]
                expected = [
                    one.membership.id
                    for one, texts in sorted(said, key=lambda pair: _place(text, *pair[1]))
                    if all(any(word in part for part in texts) for word in words)
                ]
                assert _pages(uow, search) == expected, typed
                assert uow.members.count(search) == len(expected), typed

    await store.run(unit)


@pytest.mark.parametrize("few", [5000, 0])
async def test_what_is_searched_follows_who_they_are(
    store: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", few)

    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        nia, other = build.person(uow, "Nia Bello"), build.person(uow, "Somebody Else")
        own = build.membership(uow, maple, nia)

        def found(text: str) -> bool:
            return list(uow.members.ids(PeopleFilter(maple.id, text=text), after=None, limit=9)) == [own.id]

        assert found("bello")
        assert not found("okafor")
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor", email="nia@one.example"))
        assert found("okafor")
        assert found("nia@one.ex")
        assert not found("bello")
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor", email="nia@two.example"))
        assert found("two.exam")
        assert not found("one.exam")
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor"))
        assert not found("example")
        uow.holdings.move_membership(own.id, other.id)
        assert found("somebody")
        assert not found("okafor")
        assert uow.members.remove(own)
        assert uow.members.count(PeopleFilter(maple.id, text="somebody")) == 0

    await store.run(unit)

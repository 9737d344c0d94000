"""Filtering by grade levels, on the fake and on both databases."""

from collections.abc import Sequence

import pytest

from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.roles import STAFF
from bot.core.schools.districts import District
from tests.storage import build
from tests.storage.conftest import Store

KNOWN = {"Ann": "9; 10; 11", "Ben": "09", "Cleo": "K", "Dan": "Early, late;", "Eve": "", "Fay": "100%; a_b"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("9", ["Ann", "Ben"]),
        ("009", ["Ann", "Ben"]),
        ("0", []),
        ("1", []),
        ("k", ["Cleo"]),
        ("10; K", ["Ann", "Cleo"]),
        ("early, late;", ["Dan"]),
        ("100%", ["Fay"]),
        ("%", []),
        ("a_b", ["Fay"]),
        ("acb", []),
    ],
)
async def test_one_of_the_levels_is_enough(store: Store, asked: str, found: Sequence[str]) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = District(build.fresh_id(), "North", uow.now)
        uow.districts.add(north)
        maple = build.school(uow, district_id=north.id)
        for name, grades in KNOWN.items():
            who = build.person(uow, name)
            assert uow.people.save_details(who.id, PersonDetails(name, "", grade_levels=grades))
            build.membership(uow, maple, who)
            uow.members.assign(who.id, STAFF.name, maple.id, by=None, at=uow.now)
        for wanted in (
            PeopleFilter(maple.id, grades=asked),
            PeopleFilter(maple.id, north.id, grades=asked),
            PeopleFilter(maple.id, role=STAFF.name, grades=asked),
        ):
            listed = uow.members.listed(wanted, after=None, limit=9)
            assert [one.name for one in listed] == found
            assert uow.members.count(wanted) == len(found)
            assert len(uow.recipients.selected(wanted, after="", limit=9)) == len(found)
        first = uow.members.listed(PeopleFilter(maple.id, text="n", grades=asked), after=None, limit=9)
        assert [one.name for one in first] == [one for one in found if "n" in one]

    await store.run(unit)

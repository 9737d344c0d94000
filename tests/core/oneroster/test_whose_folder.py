"""A folder belongs to one district, which a System Administrator decides."""

import pytest

from bot.core.errors import BadValue
from bot.core.ids import new_id
from bot.core.oneroster import setup
from bot.core.ports import UnitOfWork
from bot.core.schools.districts import District
from tests.core.oneroster.town import SYSTEM_ADMIN, Town


@pytest.mark.parametrize("folder", ["north", "NORTH", "north.zip", "North.ZIP"])
async def test_a_folder_is_one_districts(town: Town, folder: str) -> None:
    def unit(uow: UnitOfWork) -> str:
        south = District(new_id(uow.now), "South", uow.now)
        uow.districts.add(south)
        setup.connect(uow, town.admin(uow), town.district, folder="north", zone="UTC", at=None)
        setup.connect(uow, SYSTEM_ADMIN, south, folder="south", zone="UTC", at=None)
        with pytest.raises(BadValue, match="another district"):
            setup.connect(uow, SYSTEM_ADMIN, south, folder=folder, zone="UTC", at=None)
        found = uow.oneroster.source(south.id)
        return found.folder if found else ""

    assert await town.run(unit) == "south"


async def test_only_who_rules_the_system_says_whose_a_folder_is(town: Town) -> None:
    def unit(uow: UnitOfWork) -> str:
        ada = town.admin(uow)
        with pytest.raises(BadValue, match="System Administrator"):
            setup.connect(uow, ada, town.district, folder="south", zone="UTC", at=None)
        setup.connect(uow, ada, town.district, folder="north", zone="UTC", at=None)  # the one it has
        return setup.connect(uow, ada, town.district, folder=town.district.id, zone="UTC", at=None).folder

    assert await town.run(unit) == town.district.id

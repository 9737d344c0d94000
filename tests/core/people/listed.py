"""Helpers for tests of lists and of persons."""

from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.schools.schools import School
from tests.core.door import Door
from tests.world import caller

ADA = caller("ada", administers=True)
BEA = caller("bea", administers=True, workspace="oak")


async def membership_id(door: Door, name: str, school: School | None = None) -> str:
    """Return the membership id of the only person with this name in a school."""
    of = school or await door.school()

    def unit(uow: UnitOfWork) -> str:
        (found,) = uow.members.listed(PeopleFilter(of.id, text=name, off_list=True), after=None, limit=2)
        return found.membership.id

    return await door.database.read(unit)


async def oak_school(door: Door) -> School:
    """Make another school as Bea; return it."""
    await door.says(BEA, '/school create "Oak" approval:automatic')
    (school,) = await door.database.read(lambda uow: uow.schools.linked_to(BEA.workspace))  # type: ignore[arg-type]
    return school

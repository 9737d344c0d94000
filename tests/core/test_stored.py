"""Look-ups of what the database refers to, and must therefore have."""

import pytest

from bot.core.stored import stored_entry, stored_person, stored_school
from tests.core.door import Door, maple


async def test_a_school_that_is_referred_to_but_not_there_is_an_error(door: Door) -> None:
    await maple(door)
    school = await door.school()
    assert await door.database.read(lambda uow: stored_school(uow, school.id)) == school
    with pytest.raises(LookupError, match="nowhere"):
        await door.database.read(lambda uow: stored_school(uow, "nowhere"))


async def test_a_person_who_is_referred_to_but_not_there_is_an_error(door: Door) -> None:
    await maple(door)
    with pytest.raises(LookupError, match="nobody"):
        await door.database.read(lambda uow: stored_person(uow, "nobody"))


async def test_an_audit_entry_that_is_referred_to_but_not_there_is_an_error(door: Door) -> None:
    await maple(door)
    with pytest.raises(LookupError, match="nowhere"):
        await door.database.read(lambda uow: stored_entry(uow, "nowhere"))

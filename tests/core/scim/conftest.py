import pytest

from tests.core.door import Door
from tests.core.scim.land import Land, settled


@pytest.fixture
async def land(door: Door) -> Land:
    """A district with schools and an identity provider, in memory and on SQLite."""
    land: Land = await door.database.run(lambda uow: settled(uow, door.database))
    return land

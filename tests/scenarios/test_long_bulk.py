"""Bulk work that does not fit into one answer, on every front."""

from pathlib import Path

import pytest

from bot.core.bulk.work import CHUNK
from tests.scenarios.stage import Stage
from tests.scenarios.test_stories import FRONTS
from tests.world import open_world, sqlite_url

PEOPLE = CHUNK + 1


@pytest.mark.parametrize("front", FRONTS)
async def test_it_goes_on_by_itself_and_tells(front: str, tmp_path: Path) -> None:
    add = "admin: /member create email:p{n}@example.org first_name:P{n} last_name:Many"
    async with open_world(sqlite_url(tmp_path)) as world, FRONTS[front](world) as driver:
        stage = Stage(world, driver)
        await stage.play('admin: /school create name:"Maple Grove" approval:automatic')
        await stage.play("\n".join(add.format(n=number) for number in range(PEOPLE)))
        await stage.play(
            f"""
            admin: /bulk plan act:archive search:many
            admin is told: Archive {PEOPLE} people of Maple Grove? | and 41 more
            admin clicks: Apply
            admin is told: {PEOPLE} people of Maple Grove archived
            admin clicks: Look again
            admin does not see: under way
            """
        )

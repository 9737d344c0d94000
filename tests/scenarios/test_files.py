"""Files that people attach, on every front: typed with the command, in its form, and by a button."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.core.values import replace
from tests.chat.papers import PAPERS
from tests.scenarios.stage import Stage, files_of
from tests.scenarios.test_stories import FRONTS
from tests.world import open_world, sqlite_url

STORY = """
a file people.csv:
    email;first name;id
    nia@example.org;Nia;0042
    leo@example.org;'=Leo;007
a file people.xlsx:
    email,first name,id
    zoe@example.org,Zoë,0001
a file broken.csv:
    email,first name
    "nia@example.org,Nia

admin: /papers take file:people.csv note:typed
admin is told: people.csv, typed | row 2: nia@example.org / Nia / 0042 | row 3: leo@example.org / =Leo / 007

admin: /papers take
admin has a form: Take a table of people
admin fills: file=people.xlsx; note=filled; fifth=, twice
admin is told: people.xlsx, filled, twice | row 2: zoe@example.org / Zoë / 0001

admin: /papers show
admin clicks: Hand it over
admin fills: file=people.csv
admin is told: 2 rows

admin: /papers take file:broken.csv
admin sees: The quotation marks in broken.csv do not match. | Look at row 2
"""


@pytest.mark.parametrize("front", FRONTS)
async def test_files_on_every_front(front: str, tmp_path: Path) -> None:
    fronts: dict[str, Callable[..., Any]] = FRONTS
    async with open_world(sqlite_url(tmp_path)) as world:
        world.runner = replace(world.runner, registry=PAPERS)
        async with fronts[front](world) as driver:
            await Stage(world, driver).play(STORY)


def test_the_files_of_a_story() -> None:
    files = files_of(STORY)
    assert files["people.csv"].decode().splitlines()[1] == "nia@example.org;Nia;0042"
    assert files["people.xlsx"].startswith(b"PK")
    assert files["broken.csv"] == b'email,first name\n"nia@example.org,Nia\n'

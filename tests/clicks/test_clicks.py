"""Nobody does by a click what they must not, whatever the button, select or form, and whenever.

What is clicked comes from the stories: whatever their cards draw and their forms send. A usual run takes
one of each shape (the same command, asked or run, with the same values); `make soak` takes them all.
A matrix that finds nothing may be blind, so the checks that it is about are broken on purpose, one by one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from bot.commands import REGISTRY
from tests.clicks import matrix
from tests.clicks.breaks import BREAKS, Breaking
from tests.clicks.excuses import BY_ANOTHER_ADMIN, ON_ONESELF, REFUSED_HERE, REPEATABLE
from tests.clicks.intruders import INTRUDERS
from tests.clicks.live import Control, Pool
from tests.clicks.matrix import Cells
from tests.matrices import Counts
from tests.soak import size

EVERY_BIT = size(usual=29, soaking=1)
AGAIN_BY_THE_SAME = "decided already, after a restart"
AGAIN_BY_ANOTHER = f"{AGAIN_BY_THE_SAME}, another admin"
TRIES: dict[str, Callable[[Sequence[Control]], Cells]] = {
    **{name: partial(matrix.by_intruder, intruder=name) for name in INTRUDERS},
    "the applicant": matrix.by_the_applicant,
    AGAIN_BY_THE_SAME: partial(matrix.repeated, by_another=False),
    AGAIN_BY_ANOTHER: partial(matrix.repeated, by_another=True),
    "bits flipped": partial(matrix.with_a_bit_flipped, every=EVERY_BIT),
    "older formats": matrix.in_an_older_format,
}


@pytest.fixture(scope="module")
def live() -> list[Control]:
    """The controls that the stories draw, gathered once for all tests, on an event loop of their own."""

    async def gathered() -> list[Control]:
        pool = await Pool.of_stories()
        return await (await pool.add_what_no_story_draws()).live()

    return asyncio.run(gathered())


@pytest.fixture(scope="module")
def excused() -> dict[str, set[str]]:
    """The commands that needed an excuse, by matrix."""
    return defaultdict(set)


@pytest.mark.parametrize("how", TRIES)
async def test_nothing_is_done_by_such_a_click(
    live: list[Control], excused: dict[str, set[str]], counts: Counts, how: str
) -> None:
    cells = [cell async for cell in TRIES[how](live)]
    excused[how] = {cell.excused for cell in cells} - {""}
    assert not [cell.wrong for cell in cells if cell.wrong]
    assert cells
    counts.add(f"clicks x {how}", len(cells))


async def test_no_excuse_is_idle(live: list[Control], excused: dict[str, set[str]]) -> None:
    for how in (*INTRUDERS, AGAIN_BY_THE_SAME, AGAIN_BY_ANOTHER):
        if how not in excused:
            excused[how] = {cell.excused async for cell in TRIES[how](live)}
    assert {path: {name for name in INTRUDERS if path in excused[name]} for path in ON_ONESELF} == ON_ONESELF
    same, another = (excused[how] - {""} for how in (AGAIN_BY_THE_SAME, AGAIN_BY_ANOTHER))
    assert same | another == REPEATABLE.keys() | BY_ANOTHER_ADMIN
    assert not same & BY_ANOTHER_ADMIN


@pytest.mark.parametrize("broken", BREAKS.values(), ids=list(BREAKS))
async def test_a_check_that_is_broken_is_seen(
    live: list[Control], monkeypatch: pytest.MonkeyPatch, broken: Breaking
) -> None:
    broken.do(monkeypatch)
    for how in broken.seen_by:
        assert await _sees(TRIES[how](live)), f"{how} sees nothing"


async def _sees(cells: Cells) -> bool:
    async for cell in cells:
        if cell.wrong:
            return True
    return False


def test_the_buttons_do_something_for_whom_they_are_drawn(live: list[Control], counts: Counts) -> None:
    """Without this test, a matrix of buttons that do nothing would pass."""
    doing = {one.drawn.path for one in live if one.does}
    assert len(doing) > 60
    missing = {one.path for one in REGISTRY} - {one.drawn.path for one in live}
    assert missing <= REFUSED_HERE
    counts.add("clicks that do something for whom they are drawn", sum(one.does for one in live))

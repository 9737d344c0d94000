"""Cards of rosters fit on every platform, whatever is in a file."""

from collections.abc import Iterator

import pytest

from bot.cards.rosters import plans as rosters
from bot.cards.rosters import work as roster_work
from bot.cards.rosters.plans import FIRST, SourceFile
from bot.chat.replies import Actions, Button, Card
from bot.core.ids import new_id
from bot.core.rosters import columns
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import (
    ImportState,
    Missing,
    Options,
    Planned,
    Removal,
    RosterDetails,
    RosterImport,
    Step,
    StepKind,
    StepReason,
    View,
)
from bot.core.rosters.rows import Problem, RowError
from bot.core.rosters.views import Entry
from bot.core.schools.schools import School
from bot.platforms.discord.rendering.render import render as on_discord
from bot.platforms.slack.rendering.render import render as on_slack
from tests.servers.slack.rules import problems_of_message
from tests.world import START

CELL = "**W** <@U1> @everyone " + "W" * 9_900
SCHOOL = School(new_id(START), "M" * 80, START)
ROSTER = RosterImport(new_id(START), SCHOOL.id, None, Options(), ImportState.PLANNED, "", START)
HEADERS = ["email", "first name", "last name", *(f"{number} {CELL}" for number in range(61))]
HANDED = SourceFile(CELL, columns.mapping(HEADERS), "windows-1252", (CELL,) * 9)


def _entry(kind: StepKind, why: StepReason | None) -> Entry:
    said = RosterDetails("w" * 250, "W" * 60, "W" * 60, "W" * 200, "W" * 200, "WW", "W" * 40)
    roles = tuple(f"{number}{'R' * 38}" for number in range(20))
    step = Step(1, 2, SCHOOL.id, "p", kind, said, roles=roles, roles_before=roles[1:], before=said, why=why)
    return Entry("W" * 121, SCHOOL.name, step)


def _fullest() -> Card:
    counts: dict[tuple[StepKind, StepReason | None], int] = {
        (StepKind.KEEP, why): 50_000 for why in StepReason
    }
    counts.update({(kind, None): 50_000 for kind in StepKind if kind is not StepKind.KEEP})
    first = {kind: [_entry(kind, None)] * FIRST for kind in StepKind}
    first[StepKind.KEEP] = [_entry(StepKind.KEEP, why) for why in StepReason for _ in range(9)]
    removals = tuple(Removal(SCHOOL, 50_000, 49_999, guarded=True) for _ in range(20))
    return rosters.planned(Planned(ROSTER, counts, removals), SCHOOL, first, HANDED)


def _faulty() -> Card:
    found = [RowError(3, Column.ROLES, problem, CELL, ("3", CELL) * 9) for problem in Problem]
    options = Options(Missing.REMOVE, move=True, invite=True)
    again = rosters.retry_values(SCHOOL.id, options, whole=True)
    return rosters.faulty(found, again, HANDED)


def _listed() -> Card:
    view = View(ROSTER, SCHOOL, {(StepKind.ADD, None): 50_000})
    return roster_work.listed(SCHOOL, [view] * 11, "/roster sample")


CARDS = {"plan": _fullest(), "errors": _faulty(), "list": _listed()}


@pytest.mark.parametrize("name", CARDS)
def test_it_fits_on_slack(name: str) -> None:
    messages = on_slack(CARDS[name])
    for one in messages:
        assert problems_of_message({"text": one.text, "blocks": one.blocks}) == []
    assert len(messages) <= 3


@pytest.mark.parametrize("name", CARDS)
def test_it_fits_on_discord(name: str) -> None:
    pages = on_discord(CARDS[name])
    said = "".join(word for page in pages for word in page.words)
    assert len(pages) <= 5, "an entry, a heading or a value of a cell must not fill pages"
    assert "W" * 200 not in said


@pytest.mark.parametrize("name", CARDS)
def test_what_its_buttons_do_fits_a_button(name: str) -> None:
    # Discord marks a button that asks for a confirmation with two more.
    packed = [len(one.action.pack()) + 2 * bool(one.confirm) for one in _buttons(CARDS[name])]
    assert packed
    assert max(packed) <= 100


def _buttons(card: Card) -> Iterator[Button]:
    rows = (block.buttons for block in card.blocks if isinstance(block, Actions))
    return (one for row in rows for one in row if isinstance(one, Button))

"""Runs of a folder: who may start and agree to them, what is logged, and which nights get a card."""

from datetime import timedelta

import pytest

from bot.core.errors import NothingToChange
from bot.core.ids import new_id
from bot.core.notices.notices import Audience
from bot.core.oneroster import runs
from bot.core.oneroster.model import Count, Outcome, Run, RunState, Trouble, acting_for
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform
from bot.core.values import replace
from tests.core.oneroster.test_setup import logged
from tests.core.oneroster.town import SYSTEM_ADMIN, Town
from tests.outbox import deliver_all

# The rules' own; what a worker does of them is in test_nights and test_syncing.
pytestmark = pytest.mark.parametrize("unopened", ["fake"], indirect=True)
ADDED = Outcome({Count.ADDED: 1})
SAME = Outcome({Count.SAME: 9})
LOST = Outcome(trouble=Trouble.NO_FOLDER)


async def _stands(town: Town, state: RunState, outcome: Outcome = SAME, **more: object) -> Run:
    """Put a run into a state."""
    run = Run(new_id(town.clock.now()), town.district.id, state, town.clock.now(), outcome=outcome)
    run = replace(run, **more)  # type: ignore[arg-type]
    assert await town.run(lambda uow: uow.oneroster.begin(run))
    return run


async def _told(town: Town) -> list[tuple[str, Audience, str]]:
    """Return the cards that are due now, with their subjects."""
    return [(one.subject, one.audience, str(one.to)) for one in await town.run(deliver_all)]


async def test_the_log_keeps_who_asked_for_which_run(town: Town) -> None:
    ask = runs.ask
    plans = await town.run(lambda uow: ask(uow, town.admin(uow), town.district))
    town.clock.forward(timedelta(minutes=1))
    night = await _stands(town, RunState.WAITING, applies=True)
    town.clock.forward(timedelta(minutes=1))
    # After a nightly run, the plan may be another one.
    later = await town.run(lambda uow: ask(uow, town.admin(uow), town.district))
    assert later.id not in {plans.id, night.id}
    again = await town.run(lambda uow: ask(uow, SYSTEM_ADMIN, town.district))
    assert again == later
    by_hand = await town.run(lambda uow: runs.ask_as_operator(uow, town.district))
    assert by_hand is not None
    asked, about = "oneroster.asked", town.district.subject
    assert (await logged(town))[1:] == [
        (asked, about, {}, {"run": plans.id}),
        (asked, about, {}, {"run": later.id}),
        (asked, about, {}, {"run": by_hand.id}),
    ]
    doer, here = Audience.DOER, "web/@ada"
    assert await _told(town) == [
        (plans.subject, doer, here), (later.subject, doer, here), (later.subject, doer, "web/@sysadmin"),
    ]  # fmt: skip


def test_a_sync_acts_for_its_district_and_is_nobody_in_person(unopened: Town) -> None:
    acting = acting_for(unopened.district.id)
    nobody = Caller(AccountKey("oneroster", unopened.district.id), "", Platform.WEB)
    assert acting == Actor(nobody, None, for_district=unopened.district.id)


async def test_a_district_that_follows_no_folder_is_told_so(town: Town) -> None:
    await town.run(lambda uow: uow.oneroster.drop(town.district.id))
    with pytest.raises(NothingToChange) as left:
        await town.run(lambda uow: runs.ask(uow, SYSTEM_ADMIN, town.district))
    assert left.value.state == "not connected"


async def test_what_is_agreed_to_is_work_again_and_the_log_keeps_the_number_that_was_typed(
    town: Town,
) -> None:
    then = town.clock.now()
    guarded = await _stands(town, RunState.GUARDED, finished_at=then, stale=True, digest="d")
    agreed = await town.run(lambda uow: runs.agree(uow, SYSTEM_ADMIN, town.district, guarded.id, 5))
    assert agreed == replace(guarded, state=RunState.AGREED, typed=5, finished_at=None, stale=False)
    assert (await town.runs())[0] == agreed
    planned = await _stands(town, RunState.PLANNED)
    await town.run(lambda uow: runs.agree(uow, SYSTEM_ADMIN, town.district, planned.id))
    other = await _stands(town, RunState.GUARDED)
    await town.run(lambda uow: runs.agree_as_operator(uow, other, 7))
    assert (await town.runs())[0].typed == 7
    what, about = "oneroster.agreed", town.district.subject
    assert (await logged(town))[1:] == [
        (what, about, {}, {"run": guarded.id, "typed": 5}),
        (what, about, {}, {"run": planned.id}),
        (what, about, {}, {"run": other.id, "typed": 7}),
    ]


async def test_the_second_of_two_who_agree_is_shown_the_result(town: Town) -> None:
    planned = await _stands(town, RunState.PLANNED)

    def late(uow: UnitOfWork) -> None:
        runs.agree_as_operator(uow, planned, None)
        runs.agree_as_operator(uow, planned, None)  # as it was before the first did

    await town.run(late)
    assert [one[0] for one in await logged(town)] == ["oneroster.connected", "oneroster.agreed"]


# How the look before ended, how this night ends, and whether that is worth a card.
LEFT, DONE, GUARDED = RunState.LEFT, RunState.DONE, RunState.GUARDED
NIGHTS = [
    (None, (DONE, SAME), False),
    (None, (DONE, ADDED), True),
    (None, (LEFT, LOST), True),
    ((DONE, SAME), (DONE, SAME), False),
    ((DONE, SAME), (DONE, ADDED), True),
    ((DONE, ADDED), (DONE, ADDED), True),
    ((LEFT, LOST), (DONE, SAME), True),
    ((LEFT, LOST), (LEFT, LOST), False),
    ((LEFT, LOST), (LEFT, Outcome(trouble=Trouble.NO_MANIFEST)), True),
    ((GUARDED, SAME), (RunState.FAULTY, SAME), True),
    # A run that has only been asked for has no result yet.
    ((RunState.WAITING, Outcome()), (DONE, SAME), False),
    ((RunState.AGREED, Outcome()), (DONE, SAME), False),
]
Ended = tuple[RunState, Outcome]


@pytest.mark.parametrize(("before", "ends", "told"), NIGHTS)
async def test_a_night_is_told_that_changes_something_or_goes_otherwise_than_the_last(
    town: Town, before: Ended | None, ends: Ended, *, told: bool
) -> None:
    if before is not None:
        await _stands(town, *before)
    town.clock.forward(timedelta(days=1))
    night = await _stands(town, RunState.WAITING, applies=True)
    ended = night.ended(ends[0], town.clock.now(), ends[1])
    await town.run(lambda uow: runs.finish(uow, night, ended))
    assert (await town.runs())[0] == ended
    assert await _told(town) == ([(night.subject, Audience.ADMIN, "web/@ada")] if told else [])


async def test_what_somebody_asked_for_is_told_to_them_alone(town: Town) -> None:
    asked = await _stands(town, RunState.WAITING)
    ended = asked.ended(LEFT, town.clock.now(), LOST)
    await town.run(lambda uow: runs.finish(uow, asked, ended))
    assert await _told(town) == []

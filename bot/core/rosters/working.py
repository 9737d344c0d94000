"""Background work on imports too large to apply at once: a worker does a part in each unit of work."""

from datetime import timedelta

from bot.core.errors import Refusal
from bot.core.notices.notices import redraw_copies
from bot.core.ports import UnitOfWork
from bot.core.rights import acting
from bot.core.rights.actors import Actor
from bot.core.rosters import applying, guard, inviting, planning, undoing
from bot.core.rosters.imports import ImportState, RosterImport
from bot.core.values import replace


def go_on(uow: UnitOfWork, import_id: str, worker: str, *, lease: timedelta) -> None:
    """Do the next part of an import, unless another worker has claimed it."""
    if not uow.rosters.claim(import_id, worker, uow.now, until=uow.now + lease):
        return
    roster = uow.rosters.by_id(import_id)
    assert roster is not None  # noqa: S101 - it was claimed
    actor = acting.as_person(uow, roster.started_by or "", roster.front or "")
    if roster.state is ImportState.WAITING:
        _apply(uow, actor, roster)
    else:
        inviting.chunk(uow, actor, roster)
    redraw_copies(uow, roster.subject)


def _apply(uow: UnitOfWork, actor: Actor, roster: RosterImport) -> None:
    """Apply a waiting import if the facts are still the same; else turn it into a plan of how things are now.

    It becomes a plan, too, if the person who started it may no longer apply it; an undo then has no steps,
    and its card says that nothing was undone. This is known before anything is written.
    """
    try:
        if roster.undoes is not None:
            undoing.again(uow, actor, roster)
        tallies = applying.held(uow, actor, roster.id, roster.options)
        guard.refuse_crowd(uow, tallies)
    except Refusal:
        if roster.undoes is not None:
            uow.roster_steps.unstage(roster.id)
        uow.rosters.save(replace(roster, state=ImportState.PLANNED), expected=ImportState.WAITING)
        return
    current = uow.rosters.by_id(roster.id) or roster
    if roster.undoes is not None or planning.unchanged(uow, actor, current, tallies):
        applying.write(uow, actor, current, tallies)
    else:
        planning.again(uow, actor, current)

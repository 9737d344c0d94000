"""Runs over a district's folder: nightly at a set time, or on request. A worker does the work."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import audit
from bot.core.errors import NotFound, NothingToChange
from bot.core.ids import new_id
from bot.core.notices import destinations
from bot.core.notices.dead_letters import CONSOLE
from bot.core.notices.notices import Audience, redraw_copies, tell
from bot.core.oneroster.model import KIND, TO_DO, Run, RunState, Source
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.calendar import WEEK, digest_day, next_digest
from bot.core.schools.districts import District, subject_of
from bot.core.stuck import ItemTracker
from bot.core.values import replace

# The kind under which failing districts and runs are put off; see `stuck`.
STUCK = KIND
_BATCH = 25
_AGREED = "oneroster.agreed"


def begin_due(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Start the nightly runs that are due, one a local date; return how many districts were checked."""
    due = uow.oneroster.due(uow.now, _BATCH)
    for source in tracker.each(STUCK, due, lambda one: one.district_id):
        district = uow.districts.by_id(source.district_id)
        zone = ZoneInfo(source.zone)
        # `begin` starts no second run for a day, even if the clock was set back.
        day = digest_day(source.at, WEEK, (), zone, source.connected_at, uow.now)
        if day is not None and district is not None and district.archived_at is None:
            uow.oneroster.begin(
                Run(new_id(uow.now), source.district_id, RunState.WAITING, uow.now, applies=True, day=day)
            )
        uow.oneroster.mark_checked(source.district_id, uow.now, next_time(source, uow.now))
    return len(due)


def next_time(source: Source, now: datetime) -> datetime | None:
    """Return when the next nightly run is due; None if there are none."""
    return next_digest(source.at, WEEK, (), ZoneInfo(source.zone), now)


def ask(uow: UnitOfWork, actor: Actor, district: District) -> Run:
    """Start a run over a district's folder; nothing is changed before somebody agrees to its plan."""
    if uow.oneroster.source(district.id) is None:
        raise NothingToChange("not connected")
    for asked in uow.oneroster.runs(district.id, 1):
        if asked.state is RunState.WAITING and not asked.applies:  # one run is enough
            destinations.tell_account(uow, asked.subject, Audience.DOER, actor.caller.account)
            return asked
    run = Run(new_id(uow.now), district.id, RunState.WAITING, uow.now)
    uow.oneroster.begin(run)
    audit.record(uow, actor, "oneroster.asked", district.subject, new={"run": run.id})
    destinations.tell_account(uow, run.subject, Audience.DOER, actor.caller.account)
    return run


def agree(uow: UnitOfWork, actor: Actor, district: District, run_id: str, typed: int | None = None) -> Run:
    """Have a worker apply a planned run.

    If too many people would lose access, `typed` must be the number that the plan shows.
    """
    run = uow.oneroster.run(run_id)
    if run is None or run.district_id != district.id:
        raise NotFound("run")
    agreed = _mark_agreed(uow, run, typed)
    if agreed is None:
        return uow.oneroster.run(run_id) or run
    audit.record(uow, actor, _AGREED, district.subject, new=_told(agreed))
    return agreed


def _mark_agreed(uow: UnitOfWork, run: Run, typed: int | None) -> Run | None:
    """Mark a run as agreed to; None if it has no plan that waits for this, or somebody else was faster."""
    agreed = replace(run, state=RunState.AGREED, typed=typed, finished_at=None, stale=False)
    waits = run.state in {RunState.PLANNED, RunState.GUARDED}
    if not waits or not uow.oneroster.save_run(agreed, expected=run.state):
        return None
    redraw_copies(uow, run.subject)
    return agreed


def _told(run: Run) -> dict[str, object]:
    return {"run": run.id, **({"typed": run.typed} if run.typed is not None else {})}


def ask_as_operator(uow: UnitOfWork, district: District) -> Run | None:
    """Start a run at the operator's request; None if the district has no source."""
    if uow.oneroster.source(district.id) is None:
        return None
    run = Run(new_id(uow.now), district.id, RunState.WAITING, uow.now)
    uow.oneroster.begin(run)
    _record(uow, "oneroster.asked", run)
    return run


def agree_as_operator(uow: UnitOfWork, run: Run, typed: int | None) -> None:
    """Have a worker apply a planned run, on behalf of the operator."""
    agreed = _mark_agreed(uow, run, typed)
    if agreed is not None:
        _record(uow, _AGREED, agreed)


def _record(uow: UnitOfWork, action: str, run: Run) -> None:
    subject = subject_of(run.district_id)
    audit.record_without_actor(uow, action, subject, front=CONSOLE, school_id=None, new=_told(run))


def finish(uow: UnitOfWork, run: Run, ended: Run) -> None:
    """Store the result of a run, and redraw its cards; tell the admins of a nightly run's news."""
    before = next((one for one in uow.oneroster.runs(run.district_id, 9) if _other(one, run)), None)
    uow.oneroster.save_run(ended, expected=run.state)
    redraw_copies(uow, run.subject)
    if run.applies and _is_news(before, ended):
        admins = [
            one.person.id for one in uow.districts.roles(run.district_id) if manages(uow, one.person.id, run)
        ]
        for place in destinations.of_people(uow, list(dict.fromkeys(admins))):
            tell(uow, run.subject, Audience.ADMIN, place)


def manages(uow: UnitOfWork, person_id: str, run: Run) -> bool:
    """Tell whether a person manages the district of a run."""
    return Permission.DISTRICT_MANAGE in uow.districts.rights(person_id, run.district_id).holds


def _other(one: Run, run: Run) -> bool:
    return one.id != run.id and one.state not in TO_DO


def _is_news(before: Run | None, now: Run) -> bool:
    """Tell whether a nightly run is worth a card: it changed something, or failed in a new way."""
    if now.state is RunState.DONE:
        return now.outcome.changes or (before is not None and before.state is not RunState.DONE)
    return before is None or (before.state, before.outcome) != (now.state, now.outcome)

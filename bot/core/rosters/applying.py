"""Applying an import in one transaction if the facts are still the same; else the new plan is shown."""

from collections.abc import Sequence

from bot.core import audit
from bot.core.invitations import answering, invitations
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, redraw_copies
from bot.core.people import lifecycle, members
from bot.core.ports import UnitOfWork
from bot.core.requests import pending_memberships
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.rosters import counting, guard, inviting, planning
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import Faulty, ImportState, Options, Planned, RosterImport, StepKind, View
from bot.core.rosters.scope import needed
from bot.core.rosters.views import find, view
from bot.core.values import replace

# Up to this many steps are applied while the actor waits; a worker does larger imports.
AT_ONCE = 500


def apply(
    uow: UnitOfWork, actor: Actor, import_id: str, *, typed: int | None = None
) -> View | Planned | Faulty:
    """Apply a plan if the facts are still the same, or else show the new plan; of two clicks, one applies it.

    If too many members would leave a school, `typed` must be the number that the plan shows.
    """
    tallies = held(uow, actor, import_id, find(uow, actor, import_id).options)
    roster = find(uow, actor, import_id)
    if roster.state is not ImportState.PLANNED:
        return view(uow, roster, tallies)
    if not planning.unchanged(uow, actor, roster, tallies):
        return planning.again(uow, actor, roster)
    shown = planning.summary(uow, roster, tallies)
    if shown.empty or (shown.guarded and typed != shown.leaving):
        return shown
    guard.refuse_crowd(uow, tallies)
    return begin(uow, actor, roster, tallies)


def begin(uow: UnitOfWork, actor: Actor, roster: RosterImport, tallies: Sequence[Tally]) -> View:
    """Apply a small import at once; leave a large one to a worker, and queue a card for its result."""
    starter = members.enrol(uow, actor)
    front = actor.caller.platform.value
    started = replace(roster, started_by=starter.id, front=front, started_at=uow.now)
    if sum(one.number for one in tallies) <= AT_ONCE:
        return write(uow, replace(actor, person=starter), started, tallies)
    uow.rosters.save(replace(started, state=ImportState.WAITING), expected=ImportState.PLANNED)
    destinations.tell_account(uow, roster.subject, Audience.DOER, actor.caller.account)
    return view(uow, roster, tallies)


def held(uow: UnitOfWork, actor: Actor, import_id: str, options: Options) -> Sequence[Tally]:
    """Lock an import's schools and the people it affects; return its tallies if the actor may apply it."""
    roster = find(uow, actor, import_id)
    tallies = uow.roster_steps.tally(import_id)
    touched = {one.school_id for one in tallies}
    for school_id in sorted({roster.school_id, *touched}):
        uow.schools.lock(school_id)
    uow.rosters.lock(import_id)
    uow.roster_steps.hold(import_id)
    for school_id in sorted(touched):
        for permission in needed(options):
            access.require(uow, actor, permission, uow.schools.by_id(school_id))
    return tallies


def write(uow: UnitOfWork, actor: Actor, roster: RosterImport, tallies: Sequence[Tally]) -> View:
    """Carry out all steps and their consequences; the schools are locked, and the facts as planned."""
    by = roster.started_by
    for school_id, person_id in uow.roster_steps.invitees(roster.id):
        lifecycle.uninvite(uow, school_id, person_id)
    if roster.undoes is not None:
        _take_back(uow, roster)
    for school_id, person_id in uow.roster_steps.inviters(roster.id):
        invitations.end_all_by(uow, school_id, person_id, by=by)
    uow.roster_steps.apply(roster, by=by, at=uow.now)
    for school_id in sorted({one.school_id for one in tallies}):
        first = uow.roster_steps.first_to_get(roster.id, school_id, SCHOOL_ADMIN.name)
        if first is not None:
            members.fill_primary(uow, school_id, first)
    _record(uow, actor, roster, tallies)
    inviting_ = bool(uow.roster_steps.uninvited(roster.id, 1))
    done = replace(roster, state=ImportState.INVITING if inviting_ else ImportState.DONE)
    uow.rosters.save(done, expected=roster.state)
    if inviting_ and not inviting.chunk(uow, actor, done):
        destinations.tell_account(uow, roster.subject, Audience.DOER, actor.caller.account)
    return view(uow, roster, tallies)


def _take_back(uow: UnitOfWork, roster: RosterImport) -> None:
    """Clear the invitations that the undone import sent, unless they have been answered.

    Whom it put on the list of a school by inviting them leaves it again.
    """
    undone = uow.rosters.by_id(roster.undoes or "")
    since = undone.started_at if undone and undone.started_at else roster.created_at
    cleared: set[str] = set()
    after = 0
    while found := uow.roster_steps.steps(
        roster.id, kinds=[StepKind.INVITE], after=after, limit=planning.CHUNK
    ):
        for step in found:
            if step.invitation and uow.addressed.clear(step.invitation, uow.now):
                cleared.add(step.invitation)
                redraw_copies(uow, f"{invitations.KIND}:{step.invitation}")
            entry = uow.members.of(step.school_id, step.person_id) if step.invitation in cleared else None
            if entry is not None and entry.created_at >= since and answering.is_list_entry(uow, entry):
                pending_memberships.end_pending_membership(uow, entry)
        after = found[-1].number


def _record(uow: UnitOfWork, actor: Actor, roster: RosterImport, tallies: Sequence[Tally]) -> None:
    """Audit the import at each school that it changes, with the number of steps of each kind."""
    options = roster.options
    told = {"missing": options.missing.value, "move": options.move, "invite": options.invite}
    for school_id, counts in sorted(counting.by_school(tallies).items()):
        if set(counts) <= {StepKind.KEEP, StepKind.SAME}:
            continue
        numbers = {kind.value: number for kind, number in counts.items()}
        audit.record(
            uow,
            actor,
            "roster.undone" if roster.undoes else "roster.imported",
            roster.subject,
            school_id=school_id,
            by=roster.started_by,
            new={**numbers, **({"undoes": roster.undoes} if roster.undoes else told)},
        )

"""Applying an import: all of it in one transaction, if the facts are the same; or the plan as it is now."""

from collections import defaultdict
from dataclasses import replace

from bot.core import access, audit, invitations, members, reaching
from bot.core.actors import Actor
from bot.core.notices import Audience, redraw_copies
from bot.core.ports import UnitOfWork
from bot.core.roles import SCHOOL_ADMIN
from bot.core.rosters import inviting, planning
from bot.core.rosters.imports import Faulty, Kind, Options, Planned, RosterImport, Sent, State, View
from bot.core.rosters.scope import needed
from bot.core.rosters.views import find, view

# So many rows are applied in the answer itself; a worker does what is more.
AT_ONCE = 500


def apply(
    uow: UnitOfWork, actor: Actor, import_id: str, *, typed: int | None = None
) -> View | Planned | Faulty:
    """Do what a plan says if the facts are the same, or show the new plan; of two clicks one does it.

    Where too many would leave a school, `typed` must be the number that the plan shows.
    """
    roster = held(uow, actor, import_id, find(uow, actor, import_id).options)
    if roster.state is not State.PLANNED:
        return view(uow, roster)
    if not planning.unchanged(uow, actor, roster):
        return planning.again(uow, actor, roster)
    shown = planning.summary(uow, roster)
    if shown.empty or (shown.guarded and typed != shown.leaving):
        return shown
    planning.refuse_crowd(uow, roster)
    return begin(uow, actor, roster, sum(shown.counts.values()))


def begin(uow: UnitOfWork, actor: Actor, roster: RosterImport, number: int) -> View:
    """Do so many steps at once where they are few; else leave them to a worker and promise a card."""
    starter = members.enrol(uow, actor)
    front = actor.caller.platform.value
    started = replace(roster, started_by=starter.id, front=front, started_at=uow.now)
    if number <= AT_ONCE:
        return write(uow, replace(actor, person=starter), started)
    uow.rosters.save(replace(started, state=State.WAITING), expected=State.PLANNED)
    reaching.tell_account(uow, roster.subject, Audience.DOER, actor.caller.account)
    return view(uow, roster)


def held(uow: UnitOfWork, actor: Actor, import_id: str, options: Options) -> RosterImport:
    """Lock an import's schools and all whom it is about; return it as it is then, if the actor may do it."""
    roster = find(uow, actor, import_id)
    touched = uow.rosters.touched(import_id)
    for school_id in sorted({roster.school_id, *touched}):
        uow.schools.lock(school_id)
    uow.rosters.lock(import_id)
    uow.rosters.hold(import_id)
    for school_id in touched:
        for permission in needed(options):
            access.require(uow, actor, permission, uow.schools.by_id(school_id))
    return find(uow, actor, import_id)


def write(uow: UnitOfWork, actor: Actor, roster: RosterImport) -> View:
    """Do all steps, and what follows from them; the schools are locked, and the facts as they were."""
    by = roster.started_by or ""
    for invitation_id in uow.rosters.addressed(roster.id):
        if uow.addressed.clear(invitation_id, uow.now):
            redraw_copies(uow, f"{invitations.KIND}:{invitation_id}")
    if roster.undoes is not None:
        _take_back(uow, roster)
    for school_id, person_id in uow.rosters.inviters(roster.id):
        invitations.end_all_by(uow, school_id, person_id, by=by)
    uow.rosters.write(roster, by=by, at=uow.now)
    for school_id in uow.rosters.touched(roster.id):
        first = uow.rosters.first_with(roster.id, school_id, SCHOOL_ADMIN.name)
        if first is not None:
            members.lead(uow, school_id, first)
    _record(uow, actor, roster)
    inviting_ = bool(uow.rosters.invited(roster.id).get(Sent.WANTED))
    done = replace(roster, state=State.INVITING if inviting_ else State.DONE)
    uow.rosters.save(done, expected=roster.state)
    if inviting_ and not inviting.chunk(uow, actor, done):
        reaching.tell_account(uow, roster.subject, Audience.DOER, actor.caller.account)
    return view(uow, roster)


def _take_back(uow: UnitOfWork, roster: RosterImport) -> None:
    """Clear the invitations that the undone import has sent, where nobody has answered them."""
    after = 0
    while found := uow.rosters.steps(roster.id, kinds=[Kind.INVITE], after=after, limit=planning.CHUNK):
        for step in found:
            if step.invitation and uow.addressed.clear(step.invitation, uow.now):
                redraw_copies(uow, f"{invitations.KIND}:{step.invitation}")
        after = found[-1].number


def _record(uow: UnitOfWork, actor: Actor, roster: RosterImport) -> None:
    """Write one entry for each school: how many of each kind."""
    counts: defaultdict[str, dict[str, object]] = defaultdict(dict)
    for (school_id, kind, _), number in uow.rosters.counts(roster.id).items():
        counts[school_id][kind.value] = int(str(counts[school_id].get(kind.value, 0))) + number
    options = roster.options
    told = {"missing": options.missing.value, "move": options.move, "invite": options.invite}
    for school_id, numbers in sorted(counts.items()):
        if set(numbers) <= {Kind.KEEP.value, Kind.SAME.value}:
            continue
        undone = {"undoes": roster.undoes} if roster.undoes else told
        audit.record(
            uow,
            actor,
            "roster.undone" if roster.undoes else "roster.imported",
            roster.subject,
            school_id=school_id,
            by=roster.started_by,
            new={**numbers, **undone},
        )

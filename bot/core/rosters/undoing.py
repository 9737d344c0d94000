"""Undoing an import: reverses exactly what it did, where nothing has changed since."""

from collections.abc import Iterator

from bot.core.ids import new_id
from bot.core.ports import UnitOfWork
from bot.core.rights.access import named_administrators
from bot.core.rights.actors import Actor
from bot.core.rosters import applying
from bot.core.rosters.imports import (
    ImportState,
    Missing,
    Options,
    RosterDetails,
    RosterImport,
    Sent,
    Step,
    StepKind,
    StepReason,
    View,
)
from bot.core.rosters.judging import Judge
from bot.core.rosters.known import KnownPerson
from bot.core.rosters.planning import CHUNK
from bot.core.rosters.scope import Reach
from bot.core.rosters.views import find, view
from bot.core.values import dataclass, replace

# An undo both removes and adds members, so it needs the permissions of both.
_OPTIONS = Options(Missing.REMOVE)
_DOES = (StepKind.ADD, StepKind.MOVE, StepKind.CHANGE, StepKind.REMOVE, StepKind.INVITE)


def undo(uow: UnitOfWork, actor: Actor, import_id: str) -> View:
    """Undo an import; people who were changed since stay as they are, and are reported."""
    tallies = applying.held(uow, actor, import_id, _OPTIONS)
    roster = find(uow, actor, import_id)
    shown = view(uow, roster, tallies)
    if not shown.undoable:
        return shown if shown.undone_by is None else view(uow, shown.undone_by)
    reverse = RosterImport(
        new_id(uow.now),
        roster.school_id,
        roster.district_id,
        _OPTIONS,
        ImportState.PLANNED,
        "",
        uow.now,
        planned_by=actor.person_id,
        undoes=roster.id,
    )
    if (refused := uow.rosters.undone_by(roster.id)) is not None:
        uow.rosters.drop(refused.id)
    uow.rosters.add(reverse)
    staged = _staged(uow, actor, reverse)
    return applying.begin(uow, actor, staged, uow.roster_steps.tally(reverse.id))


def again(uow: UnitOfWork, actor: Actor, reverse: RosterImport) -> None:
    """Judge again what a worker is to undo, with everything locked."""
    applying.held(uow, actor, reverse.undoes or "", _OPTIONS)
    uow.roster_steps.unstage(reverse.id)
    _staged(uow, actor, reverse)


def _staged(uow: UnitOfWork, actor: Actor, reverse: RosterImport) -> RosterImport:
    reach = Reach(uow, actor)
    reversal = _Reversal(Judge(reach, _OPTIONS, named_administrators(uow)))
    number = 0
    for some in _parts(uow, reverse.undoes or ""):
        known = {
            one.person_id: one for one in uow.roster_people.known(sorted({one.person_id for one in some}))
        }
        steps = []
        for step in some:
            number += 1
            reversed_step = reversal.reverse_of(step, known.get(step.person_id))
            steps.append(reversed_step._replace(number=number, wanted=(), sent=Sent.NOT))
        uow.roster_steps.stage(reverse.id, steps)
    staged = replace(reverse, rows=number)
    uow.rosters.save(staged, expected=reverse.state)
    return staged


def _parts(uow: UnitOfWork, import_id: str) -> Iterator[list[Step]]:
    after = 0
    while found := uow.roster_steps.steps(import_id, kinds=_DOES, after=after, limit=CHUNK):
        yield list(found)
        after = found[-1].number


@dataclass(slots=True)
class _Reversal:
    judge: Judge

    def reverse_of(self, step: Step, known: KnownPerson | None) -> Step:
        """Return the reverse of a step; one that does nothing if the step's result no longer holds."""
        if step.kind is StepKind.INVITE:
            return step._replace(roles=(), roles_before=step.roles, fresh=False)
        if known is None:
            return _kept(step, StepReason.CHANGED)
        why = self.judge.untouched(step.school_id, known)
        if why is not None:
            return _kept(step, why)
        if step.kind is StepKind.REMOVE:
            return self._add_removed(step, known)
        membership = known.in_school(step.school_id)
        if membership is None or not membership.active:
            return _kept(step, StepReason.CHANGED)
        return (
            self._change_back(step, known)
            if step.kind is StepKind.CHANGE
            else self._remove_added(step, known)
        )

    def _remove_added(self, step: Step, known: KnownPerson) -> Step:
        """Remove a person who was added, if their membership and roles are still those that they got."""
        membership = known.in_school(step.school_id)
        if membership is None or membership.id != step.made or known.roles_in(step.school_id) != step.roles:
            return _kept(step, StepReason.CHANGED)
        said = self._former_details(step, known)
        return step._replace(
            kind=StepKind.REMOVE,
            said=said,
            before=known.said if said != known.said else None,
            roles=(),
            roles_before=step.roles,
            fresh=False,
            created_at=membership.created_at,
            joined_at=membership.joined_at,
            why=None,
        )

    def _add_removed(self, step: Step, known: KnownPerson) -> Step:
        """Add a person again who was removed, with the roles that they had."""
        if known.in_school(step.school_id) is not None:
            return _kept(step, StepReason.CHANGED)
        if self.judge.switched_off(step.school_id, known):
            return _kept(step, StepReason.DEACTIVATED)
        if step.why is StepReason.MOVED and (why := self.judge.kept_out_nearby(known)) is not None:
            return _kept(step, why)  # switched off since they were moved, so no other school may take them
        if not all(self.judge.reach.covers(step.school_id, name) for name in step.roles_before):
            return _kept(step, StepReason.ABOVE)
        return step._replace(
            kind=StepKind.ADD,
            roles=step.roles_before,
            roles_before=(),
            said=known.said,
            before=None,
            why=None,
        )

    def _change_back(self, step: Step, known: KnownPerson) -> Step:
        """Restore roles that are still as the import set them, and details that nobody has changed since."""
        now = known.roles_in(step.school_id)
        changed = step.roles != step.roles_before
        gone = set(step.roles_before) - set(step.roles)
        regrants = (
            changed
            and now == step.roles
            and all(self.judge.reach.covers(step.school_id, name) for name in {*gone, *now})
        )
        said = self._former_details(step, known)
        if not regrants and said == known.said:
            return _kept(step, StepReason.CHANGED)
        return step._replace(
            said=said,
            before=known.said if said != known.said else None,
            roles=step.roles_before if regrants else now,
            roles_before=now,
            why=StepReason.CHANGED if changed and not regrants else None,
        )

    def _former_details(self, step: Step, known: KnownPerson) -> RosterDetails:
        """Return the details from before, as far as they are still those that the import set."""
        if (
            step.before is None
            or step.before == RosterDetails()
            or not self.judge.edits(step.school_id, known)
        ):
            return known.said
        former = [
            was if new and new != was and now == new else now
            for new, was, now in zip(step.said, step.before, known.said, strict=True)
        ]
        return RosterDetails(*former)._replace(email=known.said.email)


def _kept(step: Step, why: StepReason) -> Step:
    return step._replace(kind=StepKind.KEEP, why=why, roles=(), before=None, made="", fresh=False)

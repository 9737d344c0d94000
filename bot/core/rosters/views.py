"""Imports as cards and files show them."""

from collections.abc import Collection, Sequence

from bot.core import access
from bot.core.actors import Actor
from bot.core.errors import NotFound
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.rosters import counting
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import Kind, RosterImport, Step, View
from bot.core.schools import School


def find(uow: UnitOfWork, actor: Actor, import_id: str) -> RosterImport:
    """Find an import of a school whose rosters the actor may see; any other might as well not be there."""
    roster = uow.rosters.by_id(import_id)
    school = uow.schools.by_id(roster.school_id) if roster else None
    if roster is None or not access.holds(uow, actor, Permission.ROSTER_IMPORT, school):
        raise NotFound("import")
    return roster


def view(uow: UnitOfWork, roster: RosterImport, tallies: Sequence[Tally] | None = None) -> View:
    """Gather what the card of an import shows, as things stand now; `tallies` spares counting again."""
    school = uow.schools.by_id(roster.school_id)
    assert school is not None  # noqa: S101 - an import's school cannot be deleted
    counts = counting.kinds(uow.rosters.tally(roster.id) if tallies is None else tallies)
    current = uow.rosters.by_id(roster.id) or roster
    invited = uow.rosters.invited(roster.id)
    return View(current, school, counts, invited, uow.rosters.undone_by(roster.id))


def steps(
    uow: UnitOfWork,
    actor: Actor,
    roster: RosterImport,
    *,
    kinds: Collection[Kind] = (),
    after: int = 0,
    limit: int,
) -> Sequence[Step]:
    """List steps of an import in order, those in schools whose members the actor may see."""
    find(uow, actor, roster.id)
    found = uow.rosters.steps(roster.id, kinds=kinds, after=after, limit=limit)
    near = {one: uow.schools.by_id(one) for one in {step.school_id for step in found}}
    seen = {one for one, school in near.items() if access.holds(uow, actor, Permission.MEMBER_READ, school)}
    return [step for step in found if step.school_id in seen]


def listed(
    uow: UnitOfWork, actor: Actor, school: School, *, after: str | None, limit: int
) -> Sequence[RosterImport]:
    """List a school's imports that were applied, newest first."""
    access.require(uow, actor, Permission.ROSTER_IMPORT, school)
    return uow.rosters.listed(school.id, after=after, limit=limit)

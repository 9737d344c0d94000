"""What cards and files show of imports."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.core.errors import NotFound
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rosters import counting
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import ImportState, RosterImport, Step, StepKind, View
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass

# How many steps of an import are read at a time.
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """A step with the names of its person and school."""

    name: str
    school: str
    step: Step


def find(uow: UnitOfWork, actor: Actor, import_id: str) -> RosterImport:
    """Find an import of a school whose rosters the actor may see; refuses others as if they did not exist."""
    roster = uow.rosters.by_id(import_id)
    school = uow.schools.by_id(roster.school_id) if roster else None
    if roster is None or not access.holds(uow, actor, Permission.ROSTER_IMPORT, school):
        raise NotFound("import")
    return roster


def view(uow: UnitOfWork, roster: RosterImport, tallies: Sequence[Tally] | None = None) -> View:
    """Gather what the card of an import shows now; pass `tallies` to save counting them again."""
    school = stored_school(uow, roster.school_id)
    counts = counting.kinds(uow.roster_steps.tally(roster.id) if tallies is None else tallies)
    current = uow.rosters.by_id(roster.id) or roster
    invited = uow.roster_steps.invited(roster.id)
    undone_by = uow.rosters.undone_by(roster.id)
    if undone_by is not None and undone_by.state is ImportState.PLANNED:  # the undo was refused
        undone_by = None
    return View(current, school, counts, invited, undone_by)


def entries(
    uow: UnitOfWork,
    actor: Actor,
    roster: RosterImport,
    *,
    kinds: Collection[StepKind] = (),
    page: int = _PAGE,
) -> Iterator[Entry]:
    """Yield the steps of an import in order, for schools whose members the actor may see."""
    find(uow, actor, roster.id)
    near: dict[str, str | None] = {}
    after = 0
    while found := uow.roster_steps.steps(roster.id, kinds=kinds, after=after, limit=page):
        for school_id in {one.school_id for one in found} - set(near):
            near[school_id] = _seen(uow, actor, school_id)
        unnamed = _unnamed(uow, found)
        for step in found:
            if (school := near[step.school_id]) is not None:
                yield Entry(_name(step) or unnamed.get(step.person_id, ""), school, step)
        after = found[-1].number


def _seen(uow: UnitOfWork, actor: Actor, school_id: str) -> str | None:
    """Return the name of a school whose members the actor may see; None for others."""
    school = uow.schools.by_id(school_id)
    seen = school is not None and access.holds(uow, actor, Permission.MEMBER_READ, school)
    return school.name if school is not None and seen else None


def _name(step: Step) -> str:
    return f"{step.said.first_name} {step.said.last_name}".strip()


def _unnamed(uow: UnitOfWork, found: Sequence[Step]) -> Mapping[str, str]:
    """Return the names of people in no row of the table, where the step has no first and last name."""
    ids = sorted({one.person_id for one in found if not one.place and not _name(one)})
    return {one.person_id: one.name for one in uow.roster_people.known(ids)} if ids else {}


def listed(
    uow: UnitOfWork, actor: Actor, school: School, *, after: str | None, limit: int
) -> Sequence[RosterImport]:
    """List a school's imports that were applied, newest first."""
    access.require(uow, actor, Permission.ROSTER_IMPORT, school)
    return uow.rosters.listed(school.id, after=after, limit=limit)

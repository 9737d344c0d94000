"""What the cards of a bulk job show: its progress, and its people."""

from collections.abc import Mapping, Sequence

from bot.core.bulk.acts import INVITING, RULES
from bot.core.bulk.planning import MOST_ITEMS, Item, ItemState, Job, JobState, find
from bot.core.bulk.reasons import KeptOutReason
from bot.core.invitations import views as invitation_views
from bot.core.invitations.invitations import Invitation
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as its card shows it."""

    job: Job
    school: School
    counts: Mapping[tuple[ItemState, KeptOutReason | None], int]
    undone_by: Job | None

    def number(self, state: ItemState) -> int:
        """Return how many items are in a state."""
        return sum(number for (one, _), number in self.counts.items() if one is state)

    @property
    def kept(self) -> Mapping[KeptOutReason, int]:
        """How many items were kept out, by reason."""
        return {why: number for (_, why), number in self.counts.items() if why is not None}

    @property
    def undoable(self) -> bool:
        """Whether it can be undone: only once, and an undoing job cannot be undone itself."""
        reversible = self.job.undoes is None and self.undone_by is None and RULES[self.job.act].opposite
        return self.job.state is JobState.DONE and bool(reversible) and self.number(ItemState.DONE) > 0


def view(uow: UnitOfWork, job: Job) -> JobView:
    """Return what the card of a job shows now."""
    current = find(uow, job.id)
    return JobView(
        current, stored_school(uow, job.school_id), uow.bulk.counts(job.id), uow.bulk.undone_by(job.id)
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """An item with its person's name and address, and the invitation made for them, if it may be shown."""

    item: Item
    name: str
    school: str
    email: str
    invitation: Invitation | None = None


def entries(uow: UnitOfWork, actor: Actor, job: Job) -> list[Entry]:
    """Return the entries of a job whose people the actor may see.

    An entry includes its invitation only while that is alive, and only if the actor may use it.
    """
    items = uow.bulk.items(job.id, None, after=0, limit=MOST_ITEMS)
    schools = {school_id: stored_school(uow, school_id) for school_id in {one.school_id for one in items}}
    permissions = {
        school_id: access.rights_of(uow, actor, school).holds for school_id, school in schools.items()
    }
    all_codes = {
        one for one, school in schools.items() if invitation_views.may_see_all_codes(uow, actor, school)
    }
    return [
        _entry(uow, actor, one, schools[one.school_id], all_codes=one.school_id in all_codes)
        for one in items
        if Permission.MEMBER_READ in permissions[one.school_id]
    ]


def _entry(uow: UnitOfWork, actor: Actor, item: Item, school: School, *, all_codes: bool) -> Entry:
    made = uow.invitations.by_id(item.made) if item.does in INVITING else None
    alive = made if made and made.state(uow.now).alive else None
    seen = alive is not None and (
        all_codes or invitation_views.with_visible_code(uow, actor, school, [alive])
    )
    shown = alive if seen else None
    return Entry(item, _name(uow, item), school.name, uow.people.details(item.person_id).email, shown)


def names(uow: UnitOfWork, items: Sequence[Item]) -> list[str]:
    """Return the current names of the people of items."""
    return [_name(uow, item) for item in items]


def _name(uow: UnitOfWork, item: Item) -> str:
    person = uow.people.by_id(item.person_id)
    return person.name if person else ""

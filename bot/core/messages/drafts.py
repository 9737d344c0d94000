"""A broadcast before it goes out: its wording, whom it would reach, and how some of them would read it."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.errors import NotFound
from bot.core.ids import new_id
from bot.core.messages import texts as message_texts
from bot.core.messages.broadcasts import AudienceCounts, Broadcast, DeliveryMethod
from bot.core.people import directory, members, people_filter
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

# A draft is shown as it would read to this many real recipients.
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """The subject and text of a broadcast, with tags still in them, and how it is delivered."""

    title: str
    text: str
    by: DeliveryMethod = DeliveryMethod.CHAT


@dataclass(frozen=True, slots=True)
class Sample:
    """A draft as one real person would read it, and the tags for which that person has no value."""

    name: str
    title: str
    text: str
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AudienceSnapshot:
    """The audience of a broadcast at one moment: how many it would reach, and samples for some of them.

    `people` has the ids of everyone in the audience if they are few, else it is None.
    """

    counts: AudienceCounts
    samples: Sequence[Sample] = ()
    people: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft with how many people it would reach now, and how some of them would read it.

    `stale` says that these numbers have changed since the draft was shown before.
    """

    broadcast: Broadcast
    school: School
    counts: AudienceCounts
    samples: Sequence[Sample]
    stale: bool = False


def with_default_status(wanted: PeopleFilter) -> PeopleFilter:
    """Return the filter, limited to active members unless it asks for another status."""
    return wanted if wanted.status else replace(wanted, status=Status.ACTIVE)


def draft(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    wanted: PeopleFilter,
    wording: Wording,
    seen: AudienceSnapshot,
    at: datetime | None = None,
) -> Preview:
    """Store a draft and return its preview with the audience that was `seen`; nothing is sent yet.

    A draft that would reach nobody is not stored.
    """
    require(uow, actor, school, wanted)
    message_texts.refuse_unknown("subject", wording.title)
    message_texts.refuse_unknown("text", wording.text)
    wanted = with_default_status(wanted)
    made = Broadcast(
        new_id(uow.now),
        school.id,
        members.enrol(uow, actor).id,
        wording.title,
        wording.text,
        wording.by,
        wanted.pack(),
        uow.now,
        actor.caller.platform.value,
        district_id=wanted.district_id,
        send_at=at,
    )
    made = replace(made, facts=seen.counts.facts)
    if seen.counts.reached:
        uow.broadcasts.add(made)
    return preview(made, school, seen)


def count_reached(uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter) -> int:
    """Return how many of the people whom a filter selects a broadcast would reach now."""
    require(uow, actor, school, wanted)
    return uow.recipients.count_audience(with_default_status(wanted), DeliveryMethod.CHAT, ()).reached


def require(uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter) -> None:
    """Raise unless the actor may write to everyone whom a filter selects."""
    directory.require(uow, actor, school, wanted)
    access.require(uow, actor, Permission.MESSAGE_SEND, school)
    if wanted.district_id is not None:
        access.require_over(uow, actor, Permission.MESSAGE_SEND, wanted.district_id)


def preview(broadcast: Broadcast, school: School, seen: AudienceSnapshot, *, stale: bool = False) -> Preview:
    """Return the preview of a draft with the audience that was `seen`."""
    return Preview(broadcast, school, seen.counts, seen.samples, stale)


def audience(
    uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter, message: Wording | Broadcast
) -> AudienceSnapshot:
    """Return the audience that a broadcast would have now, with samples of how some would read it.

    This takes a second for a very large audience, so it runs before the transaction that makes others wait.
    """
    require(uow, actor, school, wanted)
    wanted, tags = with_default_status(wanted), message_texts.used(message.title, message.text)
    counts = uow.recipients.count_audience(wanted, message.by, tags)
    found = uow.recipients.samples(wanted, message.by, tags, SAMPLES)
    return AudienceSnapshot(counts, [_sample(uow, message, one) for one in found])


def _sample(uow: UnitOfWork, message: Wording | Broadcast, person_id: str) -> Sample:
    person, details = uow.people.by_id(person_id), uow.people.details(person_id)
    assert person is not None  # noqa: S101 - a recipient is a stored person
    title, text = worded(message, person, details)
    lacking = message_texts.lacking(details, message_texts.used(message.title, message.text))
    return Sample(person.name, title, text, lacking)


def worded(message: Wording | Broadcast, person: Person, details: PersonDetails) -> tuple[str, str]:
    """Return the subject and text of a broadcast with one person's values in place of the tags."""
    values = message_texts.values(person, details)
    return message_texts.fill(message.title, values), message_texts.fill(message.text, values)


def filter_of(broadcast: Broadcast, school: School) -> PeopleFilter:
    """Return the filter that selects a broadcast's audience.

    Raises `NotFound` if the school has moved to another district since: the filter would select other people.
    """
    wanted = people_filter.unpack(broadcast.wanted, school.id, school.district_id)
    if wanted is None or wanted.district_id != broadcast.district_id:
        raise NotFound("message to many")
    return wanted

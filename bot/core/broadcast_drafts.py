"""A message to many before it goes out: what it says, whom it would reach, how some of them would read it."""

from collections.abc import Sequence
from datetime import datetime

from bot.core import access, directory, members, message_texts, people_filter
from bot.core.actors import Actor, Person
from bot.core.broadcasts import Broadcast, DeliveryMethod, Reckoning
from bot.core.errors import NotFound
from bot.core.ids import new_id
from bot.core.people import PersonDetails
from bot.core.people_filter import PeopleFilter, Status
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.values import dataclass, replace

# So many real people a draft is shown as written to.
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """What a message says, with tags, and how it goes out."""

    title: str
    text: str
    by: DeliveryMethod = DeliveryMethod.CHAT


@dataclass(frozen=True, slots=True)
class Sample:
    """A draft as one real person would read it, and the tags for which nothing is known of them."""

    name: str
    title: str
    text: str
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AudienceSnapshot:
    """What was seen of those whom a message means: how many they are, and some of them, who read it so.

    Where they are few, `people` names them all.
    """

    reckoning: Reckoning
    samples: Sequence[Sample] = ()
    people: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft, whom it would reach now, and how some of them would read it."""

    broadcast: Broadcast
    school: School
    reckoning: Reckoning
    samples: Sequence[Sample]
    stale: bool = False


def meant(wanted: PeopleFilter) -> PeopleFilter:
    """Mean those who are active, where no state is asked for: nobody else expects a message."""
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
    """Write a message and show whom it would reach, as was `seen`; nobody gets it yet."""
    require(uow, actor, school, wanted)
    message_texts.refuse_unknown("subject", wording.title)
    message_texts.refuse_unknown("text", wording.text)
    wanted = meant(wanted)
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
    made = replace(made, facts=seen.reckoning.facts)
    if seen.reckoning.reached:
        uow.broadcasts.add(made)
    return preview(made, school, seen)


def reached(uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter) -> int:
    """Count whom a message to those whom a filter means would reach."""
    require(uow, actor, school, wanted)
    return uow.recipients.reckon(meant(wanted), DeliveryMethod.CHAT, ()).reached


def require(uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter) -> None:
    """Refuse whoever may not write to all whom a filter means."""
    directory.require(uow, actor, school, wanted)
    access.require(uow, actor, Permission.MESSAGE_SEND, school)
    if wanted.district_id is not None:
        access.require_over(uow, actor, Permission.MESSAGE_SEND, wanted.district_id)


def preview(of: Broadcast, school: School, seen: AudienceSnapshot, *, stale: bool = False) -> Preview:
    """Show a draft, and whom it would reach, as was seen."""
    return Preview(of, school, seen.reckoning, seen.samples, stale)


def look(
    uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter, of: Wording | Broadcast
) -> AudienceSnapshot:
    """See whom a message would reach now, and how some of them would read it.

    With very many that takes a second, so it is done where nobody waits for it.
    """
    require(uow, actor, school, wanted)
    wanted, tags = meant(wanted), message_texts.used(of.title, of.text)
    reckoning = uow.recipients.reckon(wanted, of.by, tags)
    found = uow.recipients.samples(wanted, of.by, tags, SAMPLES)
    return AudienceSnapshot(reckoning, [_sample(uow, of, one) for one in found])


def _sample(uow: UnitOfWork, of: Wording | Broadcast, person_id: str) -> Sample:
    person, details = uow.people.by_id(person_id), uow.people.details(person_id)
    assert person is not None  # noqa: S101 - whoever would get it is somebody
    title, text = worded(of, person, details)
    lacking = message_texts.lacking(details, message_texts.used(of.title, of.text))
    return Sample(person.name, title, text, lacking)


def worded(of: Wording | Broadcast, person: Person, details: PersonDetails) -> tuple[str, str]:
    """Put in what the tags of a message stand for with one person: its subject, its text."""
    values = message_texts.values(person, details)
    return message_texts.fill(of.title, values), message_texts.fill(of.text, values)


def wanted_of(of: Broadcast, school: School) -> PeopleFilter:
    """Read whom a message is for; a school that has changed its district since means others."""
    wanted = people_filter.unpack(of.wanted, school.id, school.district_id)
    if wanted is None or wanted.district_id != of.district_id:
        raise NotFound("message to many")
    return wanted

"""Messages to many: what one is, how it stands, and what became of it for each who was to get it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import access, destinations
from bot.core.actors import AccountKey, Actor, Person
from bot.core.errors import NotFound
from bot.core.notices import Audience, redraw_copies, tell_each_time
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass, field, replace

KIND, TO_ONE = "broadcast", "message"
# How many of those who were not reached its card names.
SHOWN = 10
# What comes later than this may tell of what is over: it is not sent, and its sender decides.
LATEST = timedelta(hours=12)


class BroadcastState(StrEnum):
    """How far a message to many has come; one that `REFUSED` could not go out when its time came."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"

    @property
    def open(self) -> bool:
        """Whether somebody may still get it."""
        return self in {BroadcastState.DRAFT, BroadcastState.SCHEDULED, BroadcastState.SENDING}


class DeliveryMethod(StrEnum):
    """How people are written to: in a chat and else by e-mail, or by e-mail alone."""

    CHAT = "chat"
    MAIL = "e-mail"


class RecipientState(StrEnum):
    """What became of a message for one person; who waits when it is cancelled never gets it."""

    WAITING = "waiting"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    OPTED_OUT = "opted out"
    NOWHERE = "nowhere"


class Failure(StrEnum):
    """Why somebody was not reached."""

    REFUSED = "refused"
    GONE = "gone"
    TRIED = "tried"
    NO_WAY = "no way"
    QUOTA = "quota"
    ERASED = "erased"
    LATE = "late"


class NotSentReason(StrEnum):
    """Why a message could not go out when its time came."""

    NO_RIGHT = "no right"
    NOBODY = "nobody"
    QUOTA = "quota"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message to those whom a filter means, of a school or of a district (`district_id`).

    `wanted` is the packed filter; once it goes out, without what was searched for. `facts` is a digest of the
    numbers that its draft has shown. `round` counts how often it was begun, the first time and for those who
    were not reached; since `moved_at` nobody's was queued. A draft with a hindrance did not go out in time.
    `gathered_to` is how far those whom it is for are stored, by their ids, and None once they all are. Until
    then it is for as many as are `expected`, `expected_mails` of them by e-mail.
    """

    id: str
    school_id: str
    created_by: str
    title: str
    text: str
    by: DeliveryMethod
    wanted: str
    created_at: datetime
    front: str
    district_id: str | None = None
    state: BroadcastState = BroadcastState.DRAFT
    facts: str = ""
    send_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    round: int = 1
    hindrance: NotSentReason | None = None
    moved_at: datetime | None = None
    gathered_to: str | None = None
    expected: int = 0
    expected_mails: int = 0

    @property
    def subject(self) -> str:
        """How notices and the audit log name it."""
        return f"{KIND}:{self.id}"

    @property
    def missed(self) -> bool:
        """Whether it did not go out at its time, and waits for somebody to send it."""
        return self.state is BroadcastState.DRAFT and self.hindrance is NotSentReason.LATE

    @property
    def gathering(self) -> bool:
        """Whether not everyone whom it is for is stored yet."""
        return self.state is BroadcastState.SENDING and self.gathered_to is not None

    def cancelled(self, at: datetime) -> "Broadcast":
        """Take it back: whom it has not reached it never reaches."""
        return replace(self, state=BroadcastState.CANCELLED, wanted="", ended_at=at)

    def to(self, person_id: str) -> str:
        """How notices name what one person gets."""
        return f"{TO_ONE}:{self.id}/{person_id}"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person who is to get a message; `notice_id` is the notice that carries it to them now."""

    broadcast_id: str
    person_id: str
    state: RecipientState = RecipientState.WAITING
    by: DeliveryMethod | None = None
    why: Failure | None = None
    notice_id: str | None = None
    at: datetime | None = None


# What became of how many, by how and why.
Counts = Mapping[tuple[RecipientState, DeliveryMethod | None, Failure | None], int]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How many a message would reach and how; of how many nothing is known for a tag."""

    chat: int = 0
    mail: int = 0
    opted_out: int = 0
    nowhere: int = 0
    lacking: Mapping[str, int] = field(default_factory=dict)

    @property
    def reached(self) -> int:
        """How many would get it."""
        return self.chat + self.mail

    @property
    def facts(self) -> str:
        """What the draft has shown: it is sent only while this is so."""
        return f"{self.chat} {self.mail} {self.opted_out} {self.nowhere}"


@dataclass(frozen=True, slots=True)
class Missed:
    """Somebody who was not reached, by name."""

    recipient: Recipient
    name: str


@dataclass(frozen=True, slots=True)
class BroadcastView:
    """A message to many as its card shows it."""

    broadcast: Broadcast
    school: School
    sender: str
    counts: Counts = field(default_factory=dict)
    missed: Sequence[Missed] = ()

    def number(self, *states: RecipientState) -> int:
        """Count those in one of some states."""
        return sum(number for (state, _, _), number in self.counts.items() if state in states)

    def sent(self, by: DeliveryMethod) -> int:
        """Count those who got it in one way."""
        return self.counts.get((RecipientState.SENT, by, None), 0)

    @property
    def unsent(self) -> int:
        """How many are still to get it, with those who are not stored yet."""
        waiting = self.number(RecipientState.WAITING, RecipientState.QUEUED)
        return max(waiting, self.broadcast.expected) if self.broadcast.gathering else waiting

    @property
    def total(self) -> int:
        """How many it was for."""
        waiting = self.number(RecipientState.WAITING, RecipientState.QUEUED)
        return sum(self.counts.values()) - waiting + self.unsent


def find(uow: UnitOfWork, actor: Actor, broadcast_id: str) -> tuple[Broadcast, School]:
    """Find a message that the actor may see to; any other might as well not be there."""
    found = uow.broadcasts.by_id(broadcast_id)
    school = uow.schools.by_id(found.school_id) if found else None
    if found is None or school is None or not may(uow, actor, school, found.district_id):
        raise NotFound("message to many")
    return found, school


def may(uow: UnitOfWork, actor: Actor, school: School, district_id: str | None) -> bool:
    """Tell whether the actor may write to people of a school, and to those of a district if one is meant."""
    needed = {Permission.MESSAGE_SEND, Permission.MEMBER_READ}
    places = [access.rights_of(uow, actor, school)]
    if district_id is not None:
        places.append(access.rights_over(uow, actor, district_id))
    return all(needed <= one.holds for one in places)


def view(uow: UnitOfWork, of: Broadcast) -> BroadcastView:
    """Gather what a message's card shows, as things stand now."""
    current, school = uow.broadcasts.by_id(of.id) or of, stored_school(uow, of.school_id)
    lost = (RecipientState.FAILED, RecipientState.NOWHERE)
    missed = uow.recipients.listed(of.id, lost, after="", limit=SHOWN)
    names = [Missed(one, name_of(uow, one.person_id)) for one in missed]
    sender = name_of(uow, current.created_by)
    return BroadcastView(current, school, sender, uow.recipients.counts(of.id), names)


def tell_sender(uow: UnitOfWork, of: Broadcast, account: AccountKey, *, anew: bool = False) -> None:
    """Let the sender have a card that shows how far a message has come; `anew`: also who has one already."""
    redraw_copies(uow, of.subject)
    if not anew:
        destinations.tell_account(uow, of.subject, Audience.DOER, account)
    elif (to := destinations.place_of(uow, account)) is not None:
        tell_each_time(uow, of.subject, Audience.DOER, to)


def name_of(uow: UnitOfWork, person_id: str) -> str:
    """Say what a person is called now, whoever they proved to be."""
    person: Person | None = uow.accounts.current(person_id)
    return person.name if person else ""


def listed(
    uow: UnitOfWork, actor: Actor, school: School, *, before: str | None = None, limit: int
) -> Sequence[Broadcast]:
    """List a school's messages, newest first; those to the whole district to who may see to them."""
    wide = may(uow, actor, school, school.district_id)
    return uow.broadcasts.listed(school.id, wide=wide, before=before, limit=limit)


def entries(uow: UnitOfWork, of: Broadcast) -> Sequence[tuple[Recipient, str, str]]:
    """List everyone for whom a message was, with their name and e-mail address."""
    return uow.recipients.named(of.id)

"""Broadcasts (messages to many): what one is, its states, and what became of it for each recipient."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.errors import NotFound
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, redraw_copies, tell_each_time
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass, field, replace

KIND, RECIPIENT_KIND = "broadcast", "message"
# How many of the recipients who were not reached a card names.
SHOWN = 10
# A broadcast later than this may be out of date: it is not sent, and its sender decides.
LONGEST_DELAY = timedelta(hours=12)


class BroadcastState(StrEnum):
    """The state of a broadcast; a `REFUSED` one could not be sent when its time came."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"

    @property
    def open(self) -> bool:
        """Whether anybody may still get it."""
        return self in {BroadcastState.DRAFT, BroadcastState.SCHEDULED, BroadcastState.SENDING}


class DeliveryMethod(StrEnum):
    """How a broadcast is delivered: in a chat, or by e-mail to those without one; or to all by e-mail."""

    CHAT = "chat"
    MAIL = "e-mail"


class RecipientState(StrEnum):
    """The state of a broadcast for one recipient; one who is `WAITING` when it is cancelled never gets it."""

    WAITING = "waiting"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    OPTED_OUT = "opted out"
    NOWHERE = "nowhere"


class Failure(StrEnum):
    """Why a recipient was not reached."""

    REFUSED = "refused"
    GONE = "gone"
    TRIED = "tried"
    NO_WAY = "no way"
    QUOTA = "quota"
    ERASED = "erased"
    LEFT = "left"
    LATE = "late"


# Why a broadcast is not for somebody any more; and, with being late, why nothing was written to them.
_NOT_FOR = (Failure.ERASED, Failure.LEFT)
UNWRITTEN = (*_NOT_FOR, Failure.LATE)


class NotSentReason(StrEnum):
    """Why a scheduled broadcast could not be sent when its time came."""

    ARCHIVED = "archived"
    NO_RIGHT = "no right"
    NOBODY = "nobody"
    QUOTA = "quota"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message to everyone whom a filter selects in a school, or in a whole district (`district_id`).

    `wanted` is the packed filter, without its search text once the broadcast was started. `facts` sums up
    the numbers that the draft has shown. `round` is 1 at first, and one more each time that it is sent again
    to those it has missed. `moved_at` is when it was started or notices were last queued. `hindrance` is why
    it was not sent at its time. While recipients are being stored, `gathered_to` is the last stored person's
    id, and `expected` and `expected_mails` are how many there will be, and how many of them by e-mail; then
    `gathered_to` is None.
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
        """The name by which notices and the audit log know it."""
        return f"{KIND}:{self.id}"

    @property
    def missed(self) -> bool:
        """Whether it was not sent at its time and is a draft again, for its sender to decide."""
        return self.state is BroadcastState.DRAFT and self.hindrance is NotSentReason.LATE

    @property
    def gathering(self) -> bool:
        """Whether its recipients are still being stored."""
        return self.state is BroadcastState.SENDING and self.gathered_to is not None

    def cancelled(self, at: datetime) -> "Broadcast":
        """Return it as cancelled: recipients who have not got it yet never will."""
        return replace(self, state=BroadcastState.CANCELLED, wanted="", ended_at=at)

    def subject_for(self, person_id: str) -> str:
        """Return the subject of the notices that carry it to one person."""
        return f"{RECIPIENT_KIND}:{self.id}/{person_id}"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person whom a broadcast is for; `notice_id` is the notice that carries it to them now."""

    broadcast_id: str
    person_id: str
    state: RecipientState = RecipientState.WAITING
    by: DeliveryMethod | None = None
    why: Failure | None = None
    notice_id: str | None = None
    at: datetime | None = None


# How many recipients there are by state, delivery method and failure.
Counts = Mapping[tuple[RecipientState, DeliveryMethod | None, Failure | None], int]


@dataclass(frozen=True, slots=True)
class AudienceCounts:
    """How many people a broadcast would reach by each method, and how many lack a value for each tag."""

    chat: int = 0
    mail: int = 0
    opted_out: int = 0
    nowhere: int = 0
    lacking: Mapping[str, int] = field(default_factory=dict)

    @property
    def reached(self) -> int:
        """The number of people who would get it."""
        return self.chat + self.mail

    @property
    def facts(self) -> str:
        """The numbers that a draft shows; it is sent only if they have not changed since."""
        return f"{self.chat} {self.mail} {self.opted_out} {self.nowhere}"


@dataclass(frozen=True, slots=True)
class Missed:
    """A recipient who was not reached, with their name."""

    recipient: Recipient
    name: str


@dataclass(frozen=True, slots=True)
class BroadcastView:
    """A broadcast as its card shows it."""

    broadcast: Broadcast
    school: School
    sender: str
    counts: Counts = field(default_factory=dict)
    missed: Sequence[Missed] = ()

    def number(self, *states: RecipientState) -> int:
        """Count the recipients in any of these states."""
        return sum(number for (state, _, _), number in self.counts.items() if state in states)

    @property
    def not_for(self) -> int:
        """How many recipients it is not for any more: they were erased, have left, or were kept out."""
        return sum(number for (_, _, why), number in self.counts.items() if why in _NOT_FOR)

    def sent(self, by: DeliveryMethod) -> int:
        """Count the recipients who got it by this method."""
        return self.counts.get((RecipientState.SENT, by, None), 0)

    @property
    def unsent(self) -> int:
        """The number of recipients who are still to get it, including those not stored yet."""
        waiting = self.number(RecipientState.WAITING, RecipientState.QUEUED)
        return max(waiting, self.broadcast.expected) if self.broadcast.gathering else waiting

    @property
    def total(self) -> int:
        """The number of all recipients."""
        waiting = self.number(RecipientState.WAITING, RecipientState.QUEUED)
        return sum(self.counts.values()) - waiting + self.unsent


def find(uow: UnitOfWork, actor: Actor, broadcast_id: str) -> tuple[Broadcast, School]:
    """Return a broadcast and its school; raise `NotFound` also if the actor may not send such a one."""
    found = uow.broadcasts.by_id(broadcast_id)
    school = uow.schools.by_id(found.school_id) if found else None
    if found is None or school is None or not may_send(uow, actor, school, found.district_id):
        raise NotFound("message to many")
    return found, school


def may_send(uow: UnitOfWork, actor: Actor, school: School, district_id: str | None) -> bool:
    """Return whether the actor may send broadcasts in a school, and, if given, in a whole district."""
    needed = {Permission.MESSAGE_SEND, Permission.MEMBER_READ}
    places = [access.rights_of(uow, actor, school)]
    if district_id is not None:
        places.append(access.rights_over(uow, actor, district_id))
    return all(needed <= one.holds for one in places)


def view(uow: UnitOfWork, broadcast: Broadcast) -> BroadcastView:
    """Return what the card of a broadcast shows now."""
    current, school = uow.broadcasts.by_id(broadcast.id) or broadcast, stored_school(uow, broadcast.school_id)
    names = [Missed(one, name_of(uow, one.person_id)) for one in missed(uow, broadcast, SHOWN)]
    sender = name_of(uow, current.created_by)
    return BroadcastView(current, school, sender, uow.recipients.counts(broadcast.id), names)


def missed(uow: UnitOfWork, broadcast: Broadcast, limit: int) -> Sequence[Recipient]:
    """List the first recipients whom a broadcast did not reach; its card names them."""
    lost = (RecipientState.FAILED, RecipientState.NOWHERE)
    return uow.recipients.listed(broadcast.id, lost, after="", limit=limit)


def tell_sender(uow: UnitOfWork, broadcast: Broadcast, account: AccountKey, *, again: bool = False) -> None:
    """Send the sender a card that shows the progress of a broadcast; with `again`, even if they have one."""
    redraw_copies(uow, broadcast.subject)
    if not again:
        destinations.tell_account(uow, broadcast.subject, Audience.DOER, account)
    elif (to := destinations.of_account(uow, account)) is not None:
        tell_each_time(uow, broadcast.subject, Audience.DOER, to)


def name_of(uow: UnitOfWork, person_id: str) -> str:
    """Return a person's current name, also if they were merged into another; empty if they were erased."""
    person: Person | None = uow.accounts.current(person_id)
    return person.name if person else ""


def listed(
    uow: UnitOfWork, actor: Actor, school: School, *, before: str | None = None, limit: int
) -> Sequence[Broadcast]:
    """Return a school's broadcasts, newest first; those to its district only if the actor may send such."""
    wide = may_send(uow, actor, school, school.district_id)
    return uow.broadcasts.listed(school.id, wide=wide, before=before, limit=limit)


def entries(uow: UnitOfWork, broadcast: Broadcast) -> Sequence[tuple[Recipient, str, str]]:
    """Return all recipients of a broadcast with their names and e-mail addresses."""
    return uow.recipients.with_names(broadcast.id)

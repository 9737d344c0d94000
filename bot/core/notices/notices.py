"""Notices: what somebody must be told, queued in the unit of work that makes it true."""

from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.ids import next_id
from bot.core.notices.tenants import school_of, tenant_of
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.values import dataclass, field


class Audience(StrEnum):
    """For whom a card is drawn; for work at a platform, what is to be done there."""

    APPROVER = "approver"
    APPLICANT = "applicant"
    OUTCOME = "outcome"
    DOER = "doer"
    ADDRESSEE = "addressee"
    ADDRESSEE_BY_MAIL = "addressee by mail"
    INVITER = "inviter"
    ADMIN = "admin"
    WATCHER = "watcher"
    POSTED = "posted in a channel"
    REMINDER = "reminder"
    REMINDER_BY_MAIL = "reminder by mail"
    SNOOZED = "snoozed"
    ESCALATION = "escalation"
    STILL_WAITING = "still waiting"
    PASSWORD = "password"  # noqa: S105 - the word, not one
    FORGOTTEN = "forgotten"
    FOLLOW = "follow"
    LOOK = "look"
    REQUESTS = "requests"
    ANSWER = "answer"
    RECIPIENT = "recipient"
    RECIPIENT_BY_MAIL = "recipient by mail"
    NEWCOMER = "newcomer"
    NEWCOMER_HERE = "newcomer in a channel"
    CONCERNED = "whom it concerns"


class Loss(StrEnum):
    """Why delivery gave up on a notice."""

    TRIED = "tried too often"
    REFUSED = "refused"
    GONE = "nobody is there"
    NO_WAY = "nothing is set up to send it"


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel of a workspace, a direct message to an account, or an e-mail.

    The `account` of an e-mail is a key such as `person:<id>`: its address is looked up when it is sent.
    """

    platform: Platform
    workspace: str | None = None
    channel: str | None = None
    account: str | None = None

    @classmethod
    def direct(cls, account: AccountKey) -> "Destination":
        """Return the destination of a direct message."""
        return cls(Platform(account.issuer), account=account.subject)

    @classmethod
    def by_mail(cls, whom: str) -> "Destination":
        """Return the destination of an e-mail to `person:<id>`, or to the addressee of `invitation:<id>`."""
        return cls(Platform.EMAIL, account=whom)

    @classmethod
    def in_channel(cls, workspace: WorkspaceKey, channel: str) -> "Destination":
        """Return the destination of messages to a channel."""
        return cls(workspace.platform, workspace.external_id, channel)

    def __str__(self) -> str:
        """Return `platform/workspace/#channel` or `platform/@account`, which is the same for equal places."""
        if self.account is not None:
            return f"{self.platform}/@{self.account}"
        return f"{self.platform}/{self.workspace}/#{self.channel}"


@dataclass(frozen=True, slots=True)
class Notice:
    """A card to send, or a copy to redraw (`copy_id`). It is drawn when it is delivered.

    `subject` names what the card is about, as `kind:id`. Of several notices with the same `key`, only one is
    sent. Notices for the same place are delivered in the order of `due_at` and `id`. Notices of the same
    `tenant` share rate limits and outages, see `tenants`.
    """

    id: str
    key: str
    subject: str
    audience: Audience
    to: Destination
    due_at: datetime
    copy_id: str | None = None
    attempts: int = 0
    school_id: str | None = field(default=None, compare=False)
    tenant: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CardCopy:
    """A sent message that shows a card, with a hash of what it showed when it was last drawn."""

    id: str
    subject: str
    audience: Audience
    to: Destination
    channel: str
    message: str
    drawn: str


def tell(
    uow: UnitOfWork, subject: str, audience: Audience, to: Destination, school_id: str | None = None
) -> None:
    """Queue a card for a place, once for each subject and audience; look its school up if it is not given."""
    key = _key(subject, audience, to)
    uow.outbox.queue(_notice(uow, subject, audience, to, key=key, school_id=school_id))


def _key(subject: str, audience: Audience, to: Destination) -> str:
    return f"post {subject} {audience} {to}"


def tell_once(
    uow: UnitOfWork,
    subject: str,
    audience: Audience,
    to: Destination,
    key: str,
    at: datetime | None = None,
    school_id: str | None = None,
) -> str:
    """Queue a card for a place, now or for later, unless its key was queued before; return the new id."""
    notice = _notice(uow, subject, audience, to, key=key, at=at, school_id=school_id)
    uow.outbox.queue(notice)
    return notice.id


def tell_instead(
    uow: UnitOfWork, subject: str, audience: Audience, to: Destination, at: datetime | None = None
) -> None:
    """Queue a card for a place, now or for later, in place of all that wait with its subject and audience."""
    uow.outbox.drop(subject, audience)
    tell_each_time(uow, subject, audience, to, at)


def tell_if_new(
    uow: UnitOfWork,
    subject: str,
    audience: Audience,
    to: Destination,
    key: str = "",
    at: datetime | None = None,
) -> str | None:
    """Queue a card for a place, now or for later, and return its id; None if it was queued before.

    Whether it was is told by the key: without one, as for `tell`.
    """
    notice = _notice(uow, subject, audience, to, key=key or _key(subject, audience, to), at=at)
    return notice.id if uow.outbox.add(notice) else None


def tell_each_time(
    uow: UnitOfWork, subject: str, audience: Audience, to: Destination, at: datetime | None = None
) -> None:
    """Queue a card for a place, now or for later, even if the place has had it before."""
    uow.outbox.queue(_notice(uow, subject, audience, to, at=at))


def queue_work(
    uow: UnitOfWork, kind: str, subject: str, audience: Audience, workspace: WorkspaceKey, school_id: str
) -> None:
    """Queue work at a platform. Each kind is a tenant of its own, since platforms limit each separately."""
    to = Destination.in_channel(workspace, f"{kind}/{subject.partition(':')[2]}")
    fresh = next_id(uow.now)
    key, tenant = f"{audience} {subject} {fresh}", f"{to.platform}/{to.workspace}/{kind}"
    uow.outbox.queue(Notice(fresh, key, subject, audience, to, uow.now, None, 0, school_id, tenant))


def redraw_copies(uow: UnitOfWork, subject: str) -> None:
    """Queue a redraw of every copy of a subject's cards, and of the digest that lists the subject."""
    digest = uow.digests.newest_for(subject)
    for shown in (subject, *([digest.subject] if digest else [])):
        for copy in uow.card_copies.of(shown):
            queue_redraw(uow, copy)


def queue_redraw(uow: UnitOfWork, copy: CardCopy) -> None:
    """Queue a redraw of one copy of a card."""
    uow.outbox.queue(_notice(uow, copy.subject, copy.audience, copy.to, copy_id=copy.id))


def redraw_within_a_minute(uow: UnitOfWork, subject: str) -> None:
    """Queue a redraw of the newest copy of a subject's card: one for all changes until the full minute."""
    at = uow.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    for copy in uow.card_copies.of(subject)[-1:]:
        key = f"redraw {copy.id} {at.isoformat()}"
        uow.outbox.queue(_notice(uow, subject, copy.audience, copy.to, key=key, at=at, copy_id=copy.id))


def _notice(
    uow: UnitOfWork,
    subject: str,
    audience: Audience,
    to: Destination,
    *,
    key: str = "",
    at: datetime | None = None,
    copy_id: str | None = None,
    school_id: str | None = None,
) -> Notice:
    """Return a notice that is due at `at`, or now; without a given key it gets a unique one."""
    fresh = next_id(uow.now)
    own_key = f"redraw {copy_id} {fresh}" if copy_id else f"post {subject} {fresh}"
    school_id = school_id or school_of(uow, subject)
    tenant = tenant_of(uow, to, school_id)
    due_at = at or uow.now
    return Notice(fresh, key or own_key, subject, audience, to, due_at, copy_id, 0, school_id, tenant)

"""What must be told to someone, queued in the transaction that makes it true."""

from datetime import datetime
from enum import StrEnum

from bot.core.actors import AccountKey, Platform, WorkspaceKey
from bot.core.ids import next_id
from bot.core.ports import UnitOfWork
from bot.core.tenants import school_of, tenant_of
from bot.core.values import dataclass, field


class Audience(StrEnum):
    """For whom a card is drawn."""

    APPROVER = "approver"
    APPLICANT = "applicant"
    OUTCOME = "outcome"
    DOER = "doer"
    ADDRESSEE = "addressee"
    ADDRESSEE_BY_MAIL = "addressee by mail"
    INVITER = "inviter"
    ADMIN = "admin"
    WATCHER = "watcher"
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
    """Why a message was given up."""

    TRIED = "tried too often"
    REFUSED = "refused"
    GONE = "nobody is there"
    NO_WAY = "nothing is set up to send it"


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel of a workspace, a direct message to an account, or a mail.

    A mail's `account` is whom it is for, such as `person:<id>`: the address is looked up when it is sent.
    """

    platform: Platform
    workspace: str | None = None
    channel: str | None = None
    account: str | None = None

    @classmethod
    def direct(cls, account: AccountKey) -> "Destination":
        """Address a direct message."""
        return cls(Platform(account.issuer), account=account.subject)

    @classmethod
    def by_mail(cls, whom: str) -> "Destination":
        """Address a mail to a person, or to whom an invitation is for: such as `person:<id>`."""
        return cls(Platform.EMAIL, account=whom)

    @classmethod
    def in_channel(cls, workspace: WorkspaceKey, channel: str) -> "Destination":
        """Address a channel."""
        return cls(workspace.platform, workspace.external_id, channel)

    def __str__(self) -> str:
        """Show as `platform/workspace/#channel` or `platform/@account`; equal places look equal."""
        if self.account is not None:
            return f"{self.platform}/@{self.account}"
        return f"{self.platform}/{self.workspace}/#{self.channel}"


@dataclass(frozen=True, slots=True)
class Notice:
    """A card to send, or one to redraw (`copy_id`). It is drawn when it is delivered.

    `subject` names what the card is about, as `kind:id`. `key` makes it unique: queued twice, sent once.
    What is for the same place is delivered in the order of `due_at` and `id`. `tenant` names who shares its
    fate, see `tenants`.
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
    """Where a card is shown, and a digest of what it showed when it was last drawn."""

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
    """Queue a card about a subject for a place, once; its school is looked up where it is not said."""
    key = f"post {subject} {audience} {to}"
    uow.outbox.queue(_notice(uow, subject, audience, to, key=key, school_id=school_id))


def tell_once(
    uow: UnitOfWork,
    subject: str,
    audience: Audience,
    to: Destination,
    key: str,
    at: datetime | None = None,
    school_id: str | None = None,
) -> str:
    """Queue a card for a place, once for all with a key, now or for later; return the notice's id."""
    notice = _notice(uow, subject, audience, to, key=key, at=at, school_id=school_id)
    uow.outbox.queue(notice)
    return notice.id


def tell_instead(
    uow: UnitOfWork, subject: str, audience: Audience, to: Destination, at: datetime | None = None
) -> None:
    """Queue a card that a place may have had before, now or for later; what waits there is taken back."""
    uow.outbox.drop(subject, audience)
    tell_each_time(uow, subject, audience, to, at)


def tell_if_new(uow: UnitOfWork, subject: str, audience: Audience, to: Destination, key: str) -> str | None:
    """Queue a card for a place, once for all with a key; None if it is not the first time."""
    notice = _notice(uow, subject, audience, to, key=key)
    return notice.id if uow.outbox.add(notice) else None


def tell_each_time(
    uow: UnitOfWork, subject: str, audience: Audience, to: Destination, at: datetime | None = None
) -> None:
    """Queue a card that a place may have had before, now or for later."""
    uow.outbox.queue(_notice(uow, subject, audience, to, at=at))


def queue_work(
    uow: UnitOfWork, kind: str, subject: str, audience: Audience, workspace: WorkspaceKey, school_id: str
) -> None:
    """Queue work at a platform. It shares the fate of no message: each kind has limits of its own."""
    to = Destination.in_channel(workspace, f"{kind}/{subject.partition(':')[2]}")
    fresh = next_id(uow.now)
    key, tenant = f"{audience} {subject} {fresh}", f"{to.platform}/{to.workspace}/{kind}"
    uow.outbox.queue(Notice(fresh, key, subject, audience, to, uow.now, None, 0, school_id, tenant))


def redraw_copies(uow: UnitOfWork, subject: str) -> None:
    """Queue a redraw of every place where a subject's cards are shown, and of the digest that lists it."""
    digest = uow.digests.listing(subject)
    for shown in (subject, *([digest.subject] if digest else [])):
        for copy in uow.card_copies.of(shown):
            queue_redraw(uow, copy)


def queue_redraw(uow: UnitOfWork, copy: CardCopy) -> None:
    """Queue a redraw of one place."""
    uow.outbox.queue(_notice(uow, copy.subject, copy.audience, copy.to, copy_id=copy.id))


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
    """Make a notice; without a key of its own it is another each time."""
    fresh = next_id(uow.now)
    own_key = f"redraw {copy_id} {fresh}" if copy_id else f"post {subject} {fresh}"
    school_id = school_id or school_of(uow, subject)
    tenant = tenant_of(uow, to, school_id)
    due_at = at or uow.now
    return Notice(fresh, key or own_key, subject, audience, to, due_at, copy_id, 0, school_id, tenant)

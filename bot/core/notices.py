"""What must be told to someone, queued in the transaction that makes it true."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.actors import AccountKey, Platform, WorkspaceKey
from bot.core.ids import new_id
from bot.core.ports import UnitOfWork


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
        """Address a mail to a person or to whom an invitation is for: `person:<id>`, `invitation:<id>`."""
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
    """

    id: str
    key: str
    subject: str
    audience: Audience
    to: Destination
    due_at: datetime
    copy_id: str | None = None
    attempts: int = 0


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


def tell(uow: UnitOfWork, subject: str, audience: Audience, to: Destination) -> None:
    """Queue a card about a subject for a place, once."""
    key = f"post {subject} {audience} {to}"
    uow.outbox.add(Notice(new_id(uow.now), key, subject, audience, to, uow.now))


def tell_anew(
    uow: UnitOfWork, subject: str, audience: Audience, to: Destination, at: datetime | None = None
) -> None:
    """Queue a card that a place may have had before, now or for later; what waits there is taken back."""
    uow.outbox.drop(subject, audience)
    tell_again(uow, subject, audience, to, at)


def tell_again(
    uow: UnitOfWork, subject: str, audience: Audience, to: Destination, at: datetime | None = None
) -> None:
    """Queue a card that a place may have had before, now or for later."""
    fresh = new_id(uow.now)
    uow.outbox.add(Notice(fresh, f"post {subject} {fresh}", subject, audience, to, at or uow.now))


def redraw_copies(uow: UnitOfWork, subject: str) -> None:
    """Queue a redraw of every place where a subject's cards are shown, and of the digest that lists it."""
    digest = uow.digests.listing(subject)
    for shown in (subject, *([digest.subject] if digest else [])):
        for copy in uow.outbox.copies(shown):
            queue_redraw(uow, copy)


def queue_redraw(uow: UnitOfWork, copy: CardCopy) -> None:
    """Queue a redraw of one place."""
    fresh = new_id(uow.now)
    key = f"redraw {copy.id} {fresh}"
    uow.outbox.add(Notice(fresh, key, copy.subject, copy.audience, copy.to, uow.now, copy_id=copy.id))

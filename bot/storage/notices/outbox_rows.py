"""Converts notices and destinations to rows and back."""

from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.notices.outbox_ports import DeadLetter
from bot.core.rights.actors import Platform
from bot.storage.statements import Row


def place_of(to: Destination) -> dict[str, str | None]:
    """Return the columns of a destination."""
    return {
        "platform": to.platform.value,
        "workspace": to.workspace,
        "channel": to.channel,
        "account": to.account,
    }


def destination_of(row: Row) -> Destination:
    """Return the destination that a row holds."""
    return Destination(Platform(row.platform), row.workspace, row.channel, row.account)


def row_of(notice: Notice) -> dict[str, object]:
    """Return the row of a notice."""
    return {
        "id": notice.id,
        "key": notice.key,
        "subject": notice.subject,
        "audience": notice.audience.value,
        **place_of(notice.to),
        "place": str(notice.to),
        "tenant": notice.tenant,
        "school_id": notice.school_id,
        "copy_id": notice.copy_id,
        "due_at": notice.due_at,
        "try_at": notice.due_at,
        "attempts": notice.attempts,
    }


def notice_of(row: Row) -> Notice:
    """Return the notice that a row holds."""
    return Notice(
        id=row.id,
        key=row.key,
        subject=row.subject,
        audience=Audience(row.audience),
        to=destination_of(row),
        due_at=row.due_at,
        copy_id=row.copy_id,
        attempts=row.attempts,
        school_id=row.school_id,
        tenant=row.tenant,
    )


def letter_of(row: Row) -> DeadLetter:
    """Return the dead letter that a row holds."""
    return DeadLetter(notice_of(row), row.failed_at, row.error or "")

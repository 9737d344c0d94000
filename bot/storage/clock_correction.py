"""Corrects the moments that were stored while a clock was ahead, so that nothing waits for them."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Update,
    case,
    delete,
    literal,
    or_,
    select,
    text,
    update,
)

from bot.core import claims as codes
from bot.core.clock_correction import LONGEST_CLAIM, LONGEST_TOKEN
from bot.core.ids import earliest_id
from bot.core.people import passwords
from bot.core.values import dataclass
from bot.storage.tables import (
    bulk_jobs,
    claims,
    followed_things,
    invitations,
    join_requests,
    leases,
    mirrors,
    misses,
    oneroster_runs,
    outbox,
    outbox_pauses,
    password_links,
    roster_imports,
    secret_keys,
    slack_installations,
    stuck_things,
)
from bot.storage.types import UtcDateTime

_I, _O, _J, _K = invitations.c, outbox.c, join_requests.c, secret_keys.c
_S, _L, _C = slack_installations.c, password_links.c, claims.c
# What was last done for a pending join request; these moments decide when its next step is due.
_LAST_DONE = (_J.submitted_at, _J.claimed_at, _J.reminded_at, _J.escalated_at)
# When something is checked or tried again.
_AGAIN = (followed_things.c.look_at, mirrors.c.look_at, stuck_things.c.try_at)
# Until when a lease or a claim lasts.
_HELD = (
    leases.c.until,
    bulk_jobs.c.claimed_until,
    roster_imports.c.claimed_until,
    oneroster_runs.c.claimed_until,
    _O.claimed_until,
)


@dataclass(frozen=True, slots=True)
class SqlMoments:
    """Everything in the database that waits for a moment."""

    connection: Connection

    def correct(self, now: datetime) -> int:
        """Make due now what a clock that was ahead has put off; return how many rows were corrected."""
        statements = [
            *_messages(now),
            _requests(now),
            *(_pull_back_column(one, now, later_than=now) for one in (*_AGAIN, _K.replaced_at)),
            *(_pull_back_column(one, now, later_than=now + LONGEST_CLAIM) for one in _HELD),
            _pull_back_column(_S.expires_at, now, later_than=now + LONGEST_TOKEN),
            _pull_back_column(_C.expires_at, now, later_than=now + codes.LIFETIME),
            _pull_back_column(_L.expires_at, now, later_than=now + passwords.LIFETIME),
            delete(misses).where(misses.c.at > now),
        ]
        return sum(self.connection.execute(one).rowcount for one in statements) + self._invitations(now)

    def _invitations(self, now: datetime) -> int:
        """Let invitations that are dated ahead last from now, for as long as they were made to last."""
        ahead = or_(_I.created_at > now, _I.renewed_at > now)
        columns = (_I.id, _I.created_at, _I.renewed_at, _I.sent_at, _I.expires_at)
        made = self.connection.execute(select(*columns).where(ahead)).all()
        for one in made:
            lasts = one.expires_at and one.expires_at - (one.renewed_at or one.created_at)
            earlier = {
                "created_at": min(one.created_at, now),
                "renewed_at": one.renewed_at and min(one.renewed_at, now),
                "sent_at": one.sent_at and min(one.sent_at, now),
                "expires_at": lasts and now + lasts,
                "due_at": lasts and now,
            }
            self.connection.execute(update(invitations).where(_I.id == one.id).values(earlier))
        return len(made)


def _pull_back_column(column: ColumnElement[datetime], now: datetime, *, later_than: datetime) -> Update:
    """Set to `now` each moment in a column that lies later than it possibly can."""
    return update(column.table).where(column > later_than).values({column: now})


def _messages(now: datetime) -> list[Update | Delete]:
    """Make due the messages and retries that are dated ahead; what was put off on purpose stays put off."""
    waits = (_O.delivered_at.is_(None), _O.failed_at.is_(None))
    queued = update(outbox).where(*waits, _O.id >= earliest_id(now), _O.due_at > now)
    tried = update(outbox).where(*waits, _O.due_at <= now, _O.try_at > now)
    return [
        queued.values(due_at=now, try_at=now),
        tried.values(try_at=now),
        delete(outbox_pauses).where(outbox_pauses.c.until > now),
    ]


def _requests(now: datetime) -> Update:
    """Make pending join requests due, and pull back to now whatever was done for them at a later time."""
    later = or_(_J.due_at > now, *(one > now for one in _LAST_DONE))
    earlier = {one: case((one > now, literal(now, UtcDateTime)), else_=one) for one in _LAST_DONE}
    return update(join_requests).where(text("state = 'pending'"), later).values({**earlier, _J.due_at: now})

"""When an invitation needs attention next: its addressee is reminded, or it expires."""

from datetime import datetime, timedelta

from bot.core.invitations.invitations import Invitation

# The addressee is reminded after these fractions of the time between sending and expiry.
_FRACTIONS = (0.5, 0.9)
# Nobody is reminded this close to the expiry.
LAST_DAY = timedelta(days=1)


def times(invitation: Invitation) -> list[datetime]:
    """List when the addressee is reminded; empty if the invitation was not sent or never expires."""
    sent_at, expires_at = invitation.to.sent_at if invitation.to else None, invitation.expires_at
    if sent_at is None or expires_at is None:
        return []
    found = [sent_at + (expires_at - sent_at) * part for part in _FRACTIONS]
    return [at for at in found if at <= expires_at - LAST_DAY]


def next_step(invitation: Invitation, now: datetime) -> datetime | None:
    """Return when an invitation is next due for a reminder or expires; None if neither will happen."""
    steps = [*times(invitation), *([invitation.expires_at] if invitation.expires_at else [])]
    return min((at for at in steps if at > now), default=None)

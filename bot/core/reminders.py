"""When time does something to an invitation: its addressee is reminded, it ends."""

from datetime import datetime, timedelta

from bot.core.invitations import Invitation

# So much of the time between sending and expiry has gone by when the addressee is reminded.
_FRACTIONS = (0.5, 0.9)
# Whoever has not answered by then is left alone.
LAST_DAY = timedelta(days=1)


def times(invitation: Invitation) -> list[datetime]:
    """List when the addressee is reminded; nobody is of what was not sent or never ends."""
    sent_at, expires_at = invitation.to.sent_at if invitation.to else None, invitation.expires_at
    if sent_at is None or expires_at is None:
        return []
    found = [sent_at + (expires_at - sent_at) * part for part in _FRACTIONS]
    return [at for at in found if at <= expires_at - LAST_DAY]


def next_step(invitation: Invitation, now: datetime) -> datetime | None:
    """Tell when time does something to an invitation next; None if it never does."""
    steps = [*times(invitation), *([invitation.expires_at] if invitation.expires_at else [])]
    return min((at for at in steps if at > now), default=None)

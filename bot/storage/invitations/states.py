"""SQL conditions for the state of an invitation."""

from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, and_, case, or_, true

from bot.core.invitations.invitations import InvitationState
from bot.storage.tables import invitations

# Neither revoked, nor cleared, nor declined.
NOT_ENDED = and_(
    invitations.c.revoked_at.is_(None),
    invitations.c.cleared_at.is_(None),
    invitations.c.declined_at.is_(None),
)
# Addressed, and neither ended nor accepted: whatever ends it updates only if this holds, so one act wins.
UNANSWERED = and_(invitations.c.person_id.is_not(None), invitations.c.uses_taken == 0, NOT_ENDED)
USES_LEFT = or_(invitations.c.uses_allowed.is_(None), invitations.c.uses_taken < invitations.c.uses_allowed)


def due_when_ended(at: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """Return the value of `due_at` for an invitation that ends: at once if cards in channels show it.

    So a sweep redraws them, some at a time, however many invitations end together.
    """
    c = invitations.c
    return case((c.posted_at.is_not(None), at), else_=c.due_at)


def state_tests(now: datetime, of: FromClause = invitations) -> dict[InvitationState, ColumnElement[bool]]:
    """Return the SQL tests of `Invitation.state` in its order: the first that holds is the state."""
    c = of.c
    to = c.person_id.is_not(None)
    return {
        InvitationState.ACCEPTED: and_(to, c.uses_taken > 0),
        InvitationState.REVOKED: c.revoked_at.is_not(None),
        InvitationState.CLEARED: c.cleared_at.is_not(None),
        InvitationState.DECLINED: c.declined_at.is_not(None),
        InvitationState.LOCKED: c.locked_at.is_not(None),
        InvitationState.EXPIRED: and_(c.expires_at.is_not(None), c.expires_at <= now),
        InvitationState.EXHAUSTED: and_(c.uses_allowed.is_not(None), c.uses_taken >= c.uses_allowed),
        InvitationState.OPEN: ~to,
        InvitationState.SENT: c.sent_at.is_not(None),
        InvitationState.NOT_DELIVERED: c.send_error != "",
        InvitationState.SCHEDULED: c.send_at.is_not(None),
        InvitationState.NOT_SENT: true(),
    }


def in_state(state: InvitationState, now: datetime, of: FromClause = invitations) -> ColumnElement[bool]:
    """Return the SQL condition that `Invitation.state` is this one; contract tests compare the two."""
    tests = state_tests(now, of)
    order = list(tests)
    graver = [~tests[one] for one in order[: order.index(state)]]
    return and_(*graver, tests[state])

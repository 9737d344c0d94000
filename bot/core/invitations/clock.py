"""The sweep over invitations: addressees are reminded, and cards of invitations that have ended redrawn.

An invitation does not change when it expires, since its expiry was set when it was made. So the sweep writes
no audit entry then, but only redraws the cards that offer it. One that was posted in a channel is also due
when its last use is taken, or when it is revoked together with many others.
"""

from functools import partial

from bot.core import audit, due_work
from bot.core.invitations import reminders, sending
from bot.core.invitations.addressees import Addressee
from bot.core.invitations.invitations import KIND, Invitation, InvitationState
from bot.core.invitations.sending_ports import DueInvitation
from bot.core.notices.notices import redraw_copies, tell_each_time
from bot.core.ports import UnitOfWork
from bot.core.stuck import ItemTracker

# How many due invitations one unit of work handles.
BATCH = 50


def sweep(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Handle the invitations that are due for a reminder or have ended; return how many."""
    due = partial(uow.sendings.due, uow.now, BATCH)
    return due_work.do_due(uow, tracker, KIND, due, partial(_sweep_one, uow))


def _sweep_one(uow: UnitOfWork, due: DueInvitation) -> bool:
    """Handle a due invitation; return False if another replica came first."""
    invitation = uow.invitations.by_id(due.id)
    assert invitation is not None  # noqa: S101 - invitations are never deleted
    next_at = reminders.next_step(invitation, uow.now)
    if not uow.sendings.advance_step(due.id, next_at, expected=due.due_at):
        return False
    expired = invitation.expires_at is not None and invitation.expires_at <= uow.now
    if expired or (invitation.to is None and not invitation.state(uow.now).alive):
        redraw_copies(uow, invitation.subject)
    elif any(due.due_at <= at <= uow.now for at in reminders.times(invitation)):
        _remind(uow, invitation)
    return True


def _remind(uow: UnitOfWork, invitation: Invitation) -> None:
    """Remind the addressee of an invitation, if it still makes sense; missed reminders become one."""
    to, expires_at = invitation.to, invitation.expires_at
    if to is None or invitation.state(uow.now) is not InvitationState.SENT:
        return
    if not sending.is_of_use(uow, invitation) or not _wanted(uow, invitation.school_id, to):
        return
    place = sending.destination(uow, invitation, to)
    late = expires_at is not None and uow.now > expires_at - reminders.LAST_DAY
    if place is None or late:
        return
    tell_each_time(uow, invitation.subject, sending.REMINDERS[to.way], place)
    audit.record_without_actor(
        uow,
        "invitation.reminded",
        invitation.subject,
        front=audit.CLOCK,
        school_id=invitation.school_id,
        new={},
    )


def _wanted(uow: UnitOfWork, school_id: str, to: Addressee) -> bool:
    """Tell whether the school sends reminders and the addressee takes messages."""
    wanted = uow.settings.of(school_id).invitee_reminders
    return wanted and uow.people.details(to.person_id).message_notifications

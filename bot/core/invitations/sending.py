"""Sending addressed invitations: queueing the message, the links in e-mails, and recording the outcome."""

from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import audit
from bot.core.ids import hash_of, new_token
from bot.core.invitations import accepting, reminders, unreached
from bot.core.invitations.addressees import Addressee, Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, Destination, Loss, Notice, redraw_copies, tell_instead
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.schools import quotas
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

_BY_WAY = {Way.DM: Audience.ADDRESSEE, Way.EMAIL: Audience.ADDRESSEE_BY_MAIL}
REMINDERS = {Way.DM: Audience.REMINDER, Way.EMAIL: Audience.REMINDER_BY_MAIL}
_TO_ADDRESSEE = {*_BY_WAY.values(), *REMINDERS.values()}


class SendError(StrEnum):
    """Why an invitation could not be sent."""

    NOWHERE = "nowhere"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NO_MAIL = "no mail"
    VOID = "void"
    NOTHING_NEW = "nothing new"
    LATE = "late"


_LOST = {Loss.TRIED: SendError.UNREACHABLE, Loss.NO_WAY: SendError.NO_MAIL}


@dataclass(frozen=True, slots=True)
class Letter:
    """An addressed invitation with what its message shows; `home` is the school that manages it."""

    invitation: Invitation
    to: Addressee
    home: School
    inviter: str
    grants: tuple[tuple[School, tuple[str, ...]], ...]
    district: District | None = None


def letter(uow: UnitOfWork, invitation: Invitation) -> Letter | None:
    """Gather what the message of an addressed invitation shows; None for an open invitation."""
    home = uow.schools.by_id(invitation.school_id)
    if invitation.to is None or home is None:
        return None
    roles: dict[str, list[str]] = {home.id: []}  # keeps the managing school first
    for grant in uow.addressed.grants(invitation.id):
        roles.setdefault(grant.school_id, []).append(grant.role)
    found = ((uow.schools.by_id(school_id), names) for school_id, names in roles.items())
    grants = tuple((school, tuple(names)) for school, names in found if school is not None and names)
    inviter = uow.people.by_id(invitation.created_by)
    together = {school.district_id for school, _ in grants} == {home.district_id}
    district = uow.districts.by_id(home.district_id) if together and home.district_id else None
    return Letter(invitation, invitation.to, home, inviter.name if inviter else "", grants, district)


def queue(uow: UnitOfWork, invitation: Invitation, at: datetime | None = None) -> Invitation:
    """Queue the message of an addressed invitation, now or for later, in place of an earlier one.

    Links in earlier e-mails stop working. An invitation that is handed over in person is not queued; if its
    addressee cannot be reached, it counts as not sent.
    """
    to = invitation.to
    assert to is not None  # noqa: S101 - open invitations are never sent
    uow.sendings.drop_links(invitation.id)
    for audience in _BY_WAY.values():
        uow.outbox.drop(invitation.subject, audience)
    place = destination(uow, invitation, to)
    queued = replace(to, send_at=at or uow.now, sent_at=None, send_error="")
    if to.way is Way.HAND:
        queued = replace(queued, send_at=None)
    elif place is None:
        queued = replace(queued, send_error=SendError.NOWHERE.value)
    else:
        if to.way is Way.EMAIL:
            quotas.mail(uow, at)
        tell_instead(uow, invitation.subject, _BY_WAY[to.way], place, at)
    _note(uow, invitation.id, queued)
    redraw_copies(uow, invitation.subject)
    if to.send_error:
        unreached.sent_again(uow, invitation)
    return replace(invitation, to=queued)


def require_room(uow: UnitOfWork, invitation: Invitation) -> None:
    """Raise `LimitReached` if no mail may be sent now: first, where a unit goes on after a refusal."""
    if invitation.to is not None and invitation.to.way is Way.EMAIL:
        quotas.mail(uow)


def start_over(uow: UnitOfWork, invitation: Invitation) -> bool:
    """Let an invitation with a new address wait to be sent, unless it is scheduled; return whether it waits.

    Links in earlier e-mails stop working, since they went to the wrong address.
    """
    assert invitation.to is not None  # noqa: S101 - open invitations have no address
    uow.sendings.drop_links(invitation.id)
    redraw_copies(uow, invitation.subject)
    if invitation.state(uow.now) is InvitationState.SCHEDULED:
        return False
    fresh = replace(invitation.to, send_at=None, sent_at=None, send_error="")
    _note(uow, invitation.id, fresh)
    uow.sendings.schedule_step(invitation.id, reminders.next_step(replace(invitation, to=fresh), uow.now))
    return True


def lasting_from(uow: UnitOfWork, invitation: Invitation, start: datetime) -> Invitation:
    """Let an invitation that lasts as long as its school allows at most begin when it is sent.

    Its link and code stay. One whose end was chosen keeps it.
    """
    longest = uow.settings.of(invitation.school_id).longest_days
    begun = invitation.renewed_at or invitation.created_at
    if not longest or invitation.expires_at != begun + timedelta(days=longest) or start == begun:
        return invitation
    fresh = replace(invitation, expires_at=invitation.expiry_counted_from(start), renewed_at=start)
    uow.addressed.renew(fresh)
    return fresh


def destination(uow: UnitOfWork, invitation: Invitation, to: Addressee) -> Destination | None:
    """Return where an invitation would be sent; None if its addressee cannot be reached that way."""
    if to.way is Way.HAND:
        return None
    if to.way is Way.EMAIL:
        return Destination.by_mail(invitation.subject) if to.email else None
    if to.account is not None:
        return destinations.chat(to.account)
    return next(iter(destinations.chats(uow, to.person_id)), None)


def mint_link(uow: UnitOfWork, invitation: Invitation) -> str:
    """Make the token of a link in an e-mail, and store its hash. Links in earlier e-mails still work."""
    token = new_token()
    uow.sendings.add_link(hash_of(token), invitation.id, uow.now)
    return token


# Called before a delivery and with its outcome; see `deliveries`.


def wanted(uow: UnitOfWork, notice: Notice) -> bool:
    """Tell whether a notice should still be sent; a message to an addressee not if it is of no use now."""
    if notice.audience not in _TO_ADDRESSEE:
        return True
    invitation = uow.invitations.by_id(notice.subject.partition(":")[2])
    return invitation is None or is_of_use(uow, invitation)


def is_of_use(uow: UnitOfWork, invitation: Invitation) -> bool:
    """Tell whether it makes sense to write to the addressee of an invitation."""
    return _why_useless(uow, invitation) is None


def _why_useless(uow: UnitOfWork, invitation: Invitation) -> SendError | None:
    """Return why nobody need write to an addressee: they get in nowhere, or have all that it would give."""
    if not invitation.state(uow.now).alive:
        return None
    openings = _openings(uow, invitation)
    if not openings:
        return SendError.VOID
    addressee = uow.accounts.current(invitation.to.person_id) if invitation.to else None
    if addressee is None or not uow.people.accounts([addressee.id]):
        return None
    come_in = all(has(uow, addressee.id, school.id, role) for school, role in openings)
    return SendError.NOTHING_NEW if come_in else None


def leads_nowhere(uow: UnitOfWork, invitation: Invitation) -> bool:
    """Tell whether accepting an invitation would let its addressee in nowhere.

    By now its schools may be archived, its inviter may have lost the right to invite, or its addressee may be
    barred.
    """
    return invitation.state(uow.now).alive and not _openings(uow, invitation)


def has(uow: UnitOfWork, person_id: str, school_id: str, role: str) -> bool:
    """Tell whether a person is let into a school and has a role there."""
    membership = uow.members.of(school_id, person_id)
    let_in = membership is not None and membership.standing is Standing.ACTIVE
    return let_in and role in uow.members.roles(school_id, person_id)


def _openings(uow: UnitOfWork, invitation: Invitation) -> list[tuple[School, str]]:
    """Return the schools and roles of an invitation that its addressee could get now."""
    given = accepting.still_grantable(uow, invitation)
    return [(school, role) for school, role in given if _admits(uow, school.id, invitation)]


def _admits(uow: UnitOfWork, school_id: str, invitation: Invitation) -> bool:
    """Tell whether a school does not bar the addressee of an invitation."""
    addressee = uow.accounts.current(invitation.to.person_id) if invitation.to else None
    if addressee is None:
        return True
    membership = uow.members.of(school_id, addressee.id)
    kept_out = membership is not None and membership.barred_as is not None
    return not kept_out and not uow.scim_users.barred(school_id, addressee.id)


def withheld(uow: UnitOfWork, notice: Notice) -> None:
    """Record that an invitation was not sent because it is of no use now, or expired before it was sent.

    It may be sent again later. Invitations that somebody ended are not recorded: that person knows.
    """
    invitation = _about(uow, notice)
    if invitation is None:
        return
    if why := _why_useless(uow, invitation):
        _settle(uow, notice, why)
    elif invitation.state(uow.now) is InvitationState.EXPIRED:
        _settle(uow, notice, SendError.LATE)


def has_link(notice: Notice) -> bool:
    """Tell whether a notice carries a link that is made for it alone."""
    return notice.audience in {Audience.ADDRESSEE_BY_MAIL, Audience.REMINDER_BY_MAIL}


def mint(uow: UnitOfWork, notice: Notice) -> str:
    """Make the token of the link in an e-mail about to go out; "" if the invitation is dead."""
    invitation = uow.invitations.by_id(notice.subject.partition(":")[2])
    if invitation is None or not invitation.state(uow.now).alive:
        return ""
    return mint_link(uow, invitation)


def arrived(uow: UnitOfWork, notice: Notice) -> None:
    """Record that an invitation was sent."""
    _settle(uow, notice, None)


def failed(uow: UnitOfWork, notice: Notice, loss: Loss) -> None:
    """Record that an invitation could not be sent, and tell the inviter."""
    _settle(uow, notice, _LOST.get(loss, SendError.REFUSED))


def _settle(uow: UnitOfWork, notice: Notice, error: SendError | None) -> None:
    invitation = _about(uow, notice)
    if invitation is None or invitation.to is None or _is_older(notice, invitation.to):
        return
    sent_at, why = (None, error.value) if error else (uow.now, "")
    to = replace(invitation.to, sent_at=sent_at, send_error=why)
    _note(uow, invitation.id, to)
    uow.sendings.schedule_step(invitation.id, reminders.next_step(replace(invitation, to=to), uow.now))
    audit.record_without_actor(
        uow,
        "invitation.not_sent" if error else "invitation.sent",
        invitation.subject,
        front=notice.to.platform,
        school_id=invitation.school_id,
        new={"error": error.value} if error else {},
    )
    redraw_copies(uow, invitation.subject)
    if error:
        unreached.tell(uow, invitation)


def _is_older(notice: Notice, to: Addressee) -> bool:
    """Tell whether the invitation was queued again while this message was under way, so its link is dead."""
    return to.send_at is not None and notice.due_at < to.send_at


def _note(uow: UnitOfWork, invitation_id: str, to: Addressee) -> None:
    uow.sendings.save_status(invitation_id, send_at=to.send_at, sent_at=to.sent_at, error=to.send_error)


def _about(uow: UnitOfWork, notice: Notice) -> Invitation | None:
    """Find the invitation that a message to an addressee carries; None for any other notice."""
    if notice.audience not in _BY_WAY.values():
        return None
    return uow.invitations.by_id(notice.subject.partition(":")[2])

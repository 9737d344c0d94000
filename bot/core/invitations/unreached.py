"""Telling inviters whom they did not reach: of one at once, of several in one message that grows."""

from datetime import datetime, timedelta

from bot.core.invitations.invitations import Invitation
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, Destination, redraw_within_a_minute, tell_if_new, tell_instead
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass

# The kind of notices about several invitations, such as `unreached:<school id>/<inviter id>`.
KIND = "unreached"
# Invitations that were sent longer ago are not shown with the new ones; mails are tried for a day.
_LATELY = timedelta(days=2)
# How many of them a card shows, and up to how many are counted.
SHOWN, _COUNTED = 10, 10_000
# A chat gets a new message about several at most this often; in between, the last one grows. A mail cannot
# grow, so it waits for the end of a shorter time.
_CHAT, _MAIL = timedelta(hours=1), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Unreached:
    """An inviter's invitations to a school that could not be sent lately; `newest` are ids of some."""

    school: School
    number: int
    newest: tuple[str, ...]


def tell(uow: UnitOfWork, invitation: Invitation) -> None:
    """Tell the inviter that an invitation could not be sent; of several, one message tells."""
    school_id, inviter_id = invitation.school_id, invitation.created_by
    for place in destinations.of_people(uow, [inviter_id])[:1]:
        lately = uow.sendings.unreached(school_id, inviter_id, uow.now - _LATELY, uow.now, limit=2)
        if set(lately) <= {invitation.id}:
            tell_instead(uow, invitation.subject, Audience.INVITER, place)
        else:
            _tell_of_several(uow, subject_of(invitation), place)


def _tell_of_several(uow: UnitOfWork, subject: str, place: Destination) -> None:
    mails = place.platform is Platform.EMAIL
    end = _end_of_span(uow.now, _MAIL if mails else _CHAT)
    key = f"post {subject} {place} until {end.isoformat()}"
    fresh = tell_if_new(uow, subject, Audience.INVITER, place, key, end if mails else None)
    if fresh is None:
        redraw_within_a_minute(uow, subject)


def _end_of_span(now: datetime, span: timedelta) -> datetime:
    """Return the end of the span of this length in which a moment lies; all replicas agree on it."""
    return now + span - (now - datetime.min.replace(tzinfo=now.tzinfo)) % span


def sent_again(uow: UnitOfWork, invitation: Invitation) -> None:
    """Redraw the message about several that could not be sent, since one of them is on its way again."""
    redraw_within_a_minute(uow, subject_of(invitation))


def subject_of(invitation: Invitation) -> str:
    """Return the subject of notices about several of an inviter's invitations to a school."""
    return f"{KIND}:{invitation.school_id}/{invitation.created_by}"


def unreached(uow: UnitOfWork, of: str) -> Unreached:
    """Gather what a message about several shows, by the part of its subject behind the kind."""
    school_id, _, inviter_id = of.partition("/")
    since = uow.now - _LATELY
    number = uow.sendings.count_unreached(school_id, inviter_id, since, uow.now, most=_COUNTED)
    newest = uow.sendings.unreached(school_id, inviter_id, since, uow.now, limit=SHOWN)
    return Unreached(stored_school(uow, school_id), number, tuple(newest))

"""Draws the card that a notice or a copy is about, as things stand now."""

import hashlib
from collections.abc import Callable, Mapping

from bot.cards import addressed as addressed_cards
from bot.cards import bulk as bulk_cards
from bot.cards import digests as digest_cards
from bot.cards import following as following_cards
from bot.cards import join_requests as cards
from bot.cards import leaks as leak_cards
from bot.cards import mail as mail_cards
from bot.cards import waiting
from bot.chat.replies import Card
from bot.core import (
    bulk_views,
    digests,
    following,
    following_ports,
    join_requests,
    leaks,
    passwords,
    sending,
)
from bot.core.invitations import InvitationState
from bot.core.join_requests import RequestState
from bot.core.notices import Audience
from bot.core.ports import UnitOfWork
from bot.core.sending import Letter

DRAWN_BY = {
    Audience.APPROVER: cards.for_approver,
    Audience.APPLICANT: cards.for_applicant,
    Audience.OUTCOME: cards.outcome,
    Audience.REMINDER: waiting.reminder,
    Audience.SNOOZED: waiting.reminder,
    Audience.ESCALATION: waiting.escalated,
    Audience.STILL_WAITING: waiting.still_waiting,
}
_MAILS = {
    Audience.ADDRESSEE_BY_MAIL: mail_cards.invitation,
    Audience.REMINDER_BY_MAIL: mail_cards.reminder,
}
_LETTERS: Mapping[Audience, Callable[[Letter, InvitationState], Card | None]] = {
    Audience.ADDRESSEE: addressed_cards.invited,
    Audience.REMINDER: addressed_cards.reminder,
    Audience.INVITER: mail_cards.outcome,
}
# Of what waits no more, nobody need be reminded.
_WHILE_WAITING = {Audience.REMINDER, Audience.SNOOZED, Audience.ESCALATION, Audience.STILL_WAITING}


def draw(
    uow: UnitOfWork, subject: str, audience: Audience, link: str = "", *, fresh: bool = False
) -> Card | None:
    """Draw a subject's card for an audience; None if it is gone, or a `fresh` card would come too late.

    `link` is this message's own.
    """
    kind, _, of = subject.partition(":")
    if kind == "bulk_job":
        job = uow.bulk.by_id(of)
        return bulk_cards.shown(bulk_views.view(uow, job)) if job else None
    if kind == "invitation":
        return _invitation(uow, of, audience, link, fresh=fresh)
    if kind == passwords.KIND:
        return _password(uow, of, link)
    if kind == digests.KIND:
        return _digest(uow, of, fresh=fresh)
    if kind in {digests.LOST_CHANNEL, following_ports.FOLLOWED}:
        return (_lost_channel if kind == digests.LOST_CHANNEL else _followed)(uow, of)
    if kind != "join_request":
        raise ValueError(f"No card is drawn for {subject}")
    return _request(uow, of, audience, fresh=fresh)


def _request(uow: UnitOfWork, request_id: str, audience: Audience, *, fresh: bool) -> Card | None:
    request = uow.join_requests.by_id(request_id)
    if request is None:
        return None
    if fresh and audience in _WHILE_WAITING and request.state is not RequestState.PENDING:
        return None
    return DRAWN_BY[audience](join_requests.view(uow, request))


def _invitation(
    uow: UnitOfWork, invitation_id: str, audience: Audience, link: str, *, fresh: bool
) -> Card | None:
    invitation = uow.invitations.by_id(invitation_id)
    if invitation is not None and audience is Audience.WATCHER:
        return leak_cards.rush(leaks.rush(uow, invitation))
    letter = sending.letter(uow, invitation) if invitation else None
    if letter is None:
        return None
    state = letter.invitation.state(uow.now)
    if audience in _MAILS:
        return _MAILS[audience](letter, link) if link else None  # none is minted for a dead one
    if fresh and audience in _WHILE_WAITING and not state.alive:
        return None
    return _LETTERS[audience](letter, state)


def _password(uow: UnitOfWork, person_id: str, link: str) -> Card | None:
    person = uow.accounts.current(person_id)
    if person is None or not link:
        return None
    has_one = uow.passwords.of(person.id) is not None
    return mail_cards.password(person.name, link, until=uow.now + passwords.LIFETIME, has_one=has_one)


def _digest(uow: UnitOfWork, of: str, *, fresh: bool) -> Card | None:
    found = digests.shown(uow, of)
    if found is None:
        return None
    page, newest = found
    if fresh and not (newest and page.waiting):
        return None
    return digest_cards.waiting(page) if newest else digest_cards.replaced(page.school)


def _followed(uow: UnitOfWork, followed_id: str) -> Card | None:
    followed = uow.followings.by_id(followed_id)
    school = uow.schools.by_id(followed.school_id) if followed else None
    if followed is None or school is None:
        return None
    return following_cards.about(following.shown(uow, followed, school), private=False)


def _lost_channel(uow: UnitOfWork, of: str) -> Card | None:
    school_id, _, platform = of.partition("/")
    school = uow.schools.by_id(school_id)
    return digest_cards.channel_lost(school, platform) if school else None


def digest(card: Card) -> str:
    """Return a short text that differs when cards differ."""
    return hashlib.sha256(repr(card).encode()).hexdigest()[:16]

"""Draws the card that a notice or a copy is about, as things stand now."""

import hashlib

from bot.cards import bulk as bulk_cards
from bot.cards import join_requests as cards
from bot.chat.replies import Card
from bot.core import bulk_views, join_requests
from bot.core.notices import Audience
from bot.core.ports import UnitOfWork

DRAWN_BY = {
    Audience.APPROVER: cards.for_approver,
    Audience.APPLICANT: cards.for_applicant,
    Audience.OUTCOME: cards.outcome,
}


def draw(uow: UnitOfWork, subject: str, audience: Audience, link: str = "") -> Card | None:
    """Draw a subject's card for an audience; None if the subject is gone. `link` is this message's own."""
    kind, _, of = subject.partition(":")
    if kind == "bulk_job":
        job = uow.bulk.by_id(of)
        return bulk_cards.shown(bulk_views.view(uow, job)) if job else None
    if kind != "join_request":
        raise ValueError(f"No card is drawn for {subject}")
    request = uow.join_requests.by_id(of)
    if request is None:
        return None
    return DRAWN_BY[audience](join_requests.view(uow, request))


def digest(card: Card) -> str:
    """Return a short text that differs when cards differ."""
    return hashlib.sha256(repr(card).encode()).hexdigest()[:16]

"""Cards about join requests that have waited long: for approvers, higher admins and applicants."""

from datetime import datetime

from bot.cards.requests.join_requests import for_applicant, for_approver
from bot.chat.replies import Card, Text, Tone
from bot.chat.text import Line, say
from bot.core.requests.join_requests import RequestState
from bot.core.requests.views import RequestView
from bot.core.values import replace


def reminder(view: RequestView) -> Card:
    """Remind approvers of a pending join request."""
    return _pressing(for_approver(view), view, say("This request is still waiting."))


def escalated(view: RequestView) -> Card:
    """Ask higher admins to decide a join request."""
    why = say("Nobody has answered this request so far, so it has come to you. You can decide it.")
    return _pressing(for_approver(view), view, why)


def still_waiting(view: RequestView) -> Card:
    """Tell applicants that their join request was passed on to higher admins."""
    told = say("Somebody more senior has been asked to look at it. You do not need to do anything.")
    return _pressing(for_applicant(view), view, told)


def _pressing(card: Card, view: RequestView, why: Line) -> Card:
    """Add to a request's card why it is sent again, if the request is still pending."""
    if view.request.state is not RequestState.PENDING:
        return card
    return replace(card, blocks=(Text(why), *card.blocks))


def snoozed(view: RequestView, until: datetime) -> Card:
    """Confirm that a request will be brought up again later."""
    return Card(
        say("I will remind you of {name}", name=view.applicant),
        (Text(say("I will bring this request up again {at} if it is still waiting.", at=until)),),
        private=True,
        tone=Tone.GOOD,
    )

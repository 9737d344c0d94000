"""Cards about the pending join requests of a school: the digest, its pages, and approving all of a page."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.cards.common import fields
from bot.cards.requests import join_requests as request_cards
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Style, Table, Text, Tone
from bot.chat.text import Line, count, say, verbatim
from bot.core.errors import AboveYou, LimitReached, Refusal, RoleAboveCeiling
from bot.core.joining_errors import AlreadyDecided, ApplicantBarred, OwnRequest
from bot.core.notices.notices import Audience
from bot.core.requests import approving
from bot.core.requests.approving import Outcome
from bot.core.requests.digests import Page
from bot.core.requests.views import RequestView
from bot.core.schools.schools import School, Workspace
from bot.core.workspaces.unlinking import named

# The commands of a digest's buttons for one person.
CLICKS = frozenset({"request admit", "request refuse"})
# Longer names are not put on buttons, which have no room for them; the text above has the name anyway.
_NAME = 60


_WHY = {
    Audience.REMINDER: say("They are still waiting."),
    Audience.ESCALATION: say(
        "Nobody has answered them so far, so they have come to you. You can decide them."
    ),
}


def digest(
    page: Page,
    audience: Audience = Audience.APPROVER,
    *,
    private: bool = False,
    next_at: datetime | None = None,
) -> Card:
    """Show a page of pending join requests, with buttons that decide them.

    `next_at` says when the next digest is due.
    """
    title = count(
        page.waiting,
        "{n} person waits to join {school}",
        "{n} people wait to join {school}",
        school=page.school.name,
    )
    if not page.waiting:
        title = say("Nobody waits to join {school}", school=page.school.name)
    why = _WHY.get(audience) if page.waiting else None
    blocks: list[Block] = [Text(why)] if why else []
    blocks += [block for view in page.shown for block in _one(view)]
    blocks += _all(page)
    if page.decided:
        named = ((verbatim(view.applicant), request_cards.status(view)) for view in page.decided)
        blocks.append(fields(*named))
    if next_at is not None:
        blocks.append(Text(say("The next digest is due {at}.", at=next_at), quiet=True))
    return Card(title, tuple(blocks), private, Tone.WAITING if page.waiting else Tone.GOOD)


def _one(view: RequestView) -> tuple[Block, ...]:
    request = {"request": view.request.id}
    told = say(
        "**{name}** · {role} · waiting since {at}",
        name=view.applicant,
        role=request_cards.roles(view.request),
        at=view.request.submitted_at,
    )
    # The name is on the buttons for people who use a screen reader.
    name = view.applicant if len(view.applicant) <= _NAME else ""
    labels = say("Approve {name}", name=name), say("Reject {name}", name=name)
    approve = Button(labels[0], Action("request admit", request), Style.PRIMARY)
    reject = Button(labels[1], Action("request refuse", request, ask=True), Style.DANGER)
    if view.claimed_by:
        told = say("{told} · {who} is on it", told=told, who=view.claimed_by)
    return Text(told), Actions((approve, reject))


def _all(page: Page) -> list[Block]:
    """Return buttons that approve all requests on the page, and that show the next page."""
    shown = [view.request for view in page.shown]
    buttons = []
    if len(shown) > 1:
        confirm = Confirm(
            count(len(shown), "Approve {n} person?", "Approve {n} people?"),
            say("Each gets the role that is shown. Anybody you may not approve stays as they are."),
            say("Approve"),
        )
        values = {"school": page.school.id, "shown": approving.pack(shown)}
        all_shown = Action("request admit_all", values)
        buttons.append(Button(say("Approve all shown"), all_shown, confirm=confirm))
    if page.more:
        buttons.append(Button(say("Show the next"), Action("request further", {"after": shown[-1].id})))
    return [Actions(tuple(buttons))] if buttons else []


def replaced(school: School) -> Card:
    """Return the card that replaces a digest when a newer one is sent."""
    title = say("A newer digest of {school} has come", school=school.name)
    return Card(title, private=False)


def approved(outcomes: Sequence[Outcome], school: School) -> Card:
    """Show the result of approving all requests of a page, request by request."""
    done = sum(one.refusal is None for one in outcomes)
    title = count(
        done,
        "{n} of {all} approved for {school}",
        "{n} of {all} approved for {school}",
        all=len(outcomes),
        school=school.name,
    )
    rows = tuple((verbatim(one.view.applicant), _came_of(one)) for one in outcomes)
    tone = Tone.GOOD if done == len(outcomes) else Tone.WAITING
    return Card(title, (Table((say("Who"), say("What came of it")), rows),), tone=tone)


_WHY_NOT: Mapping[type[Refusal], Line] = {
    OwnRequest: say("Your own request: another approver must decide it"),
    AboveYou: say("Has rights that you do not have"),
    LimitReached: say("The school already has as many members as it may have"),
}


def _came_of(outcome: Outcome) -> Line:
    match outcome.refusal:
        case None:
            return say("Approved as **{role}**", role=request_cards.roles(outcome.view.request))
        case AlreadyDecided():
            return say("Already decided: {status}", status=request_cards.status(outcome.view))
        case RoleAboveCeiling(role=role):
            return say("You may not give the role {role}", role=role)
        case ApplicantBarred(state=state):
            return say("Is {state}: undo that first, or reject the request", state=state)
        case refusal:
            return _WHY_NOT[type(refusal)]


def channel_lost(school: School, workspace: Workspace, choose: str) -> Card:
    """Tell admins that the bot cannot write to the approvals channel in a workspace; `choose` mends it."""
    (name,) = named([workspace])
    title = say("I cannot write to the approvals channel of {school}", school=school.name)
    told = say(
        "I am not allowed to write to the one in {name} ({platform}), so approvers get direct messages "
        "instead. You are told this only once. Let me into that channel again, or choose another one there "
        "with `{choose}`.",
        name=name,
        choose=choose,
        platform=workspace.key.platform.capitalize(),
    )
    return Card(title, (Text(told),), tone=Tone.BAD)

"""Cards about undelivered messages: for whom, what kind, and why; never their contents."""

import re
from collections.abc import Mapping, Sequence

from bot.cards.common import PAGE, next_page
from bot.chat.actions import Action
from bot.chat.replies import Block, Card, Item, Select, Table, Text
from bot.chat.text import Channel, Line, say, verbatim
from bot.core.notices.dead_letters import Undelivered
from bot.core.notices.notices import Audience, Destination
from bot.core.requests import digest_ports
from bot.core.schools.schools import School

KINDS: Mapping[Audience, Line] = {
    Audience.APPROVER: say("Join request to decide"),
    Audience.APPLICANT: say("Card of a join request"),
    Audience.OUTCOME: say("Decision on a join request"),
    Audience.ADDRESSEE: say("Invitation"),
    Audience.ADDRESSEE_BY_MAIL: say("Invitation"),
    Audience.INVITER: say("What became of an invitation"),
    Audience.ADMIN: say("Note to an admin"),
    Audience.WATCHER: say("Warning about an invitation"),
    Audience.POSTED: say("Invitation for everybody in a channel"),
    Audience.REMINDER: say("Reminder"),
    Audience.REMINDER_BY_MAIL: say("Reminder"),
    Audience.SNOOZED: say("Reminder"),
    Audience.ESCALATION: say("Request that has waited too long"),
    Audience.STILL_WAITING: say("Message to an applicant who is waiting"),
    Audience.DOER: say("Progress of bulk work"),
    Audience.PASSWORD: say("Link to choose a password"),
    Audience.FORGOTTEN: say("Answer to a forgotten password"),
    Audience.FOLLOW: say("Change of a role or group on the platform"),
    Audience.LOOK: say("Look at a role or group on the platform"),
    Audience.REQUESTS: say("Look at who asks to join on the platform"),
    Audience.ANSWER: say("Decision on a join request, for the platform"),
    Audience.NEWCOMER: say("Welcome"),
    Audience.NEWCOMER_HERE: say("Welcome"),
    Audience.CONCERNED: say("News of a change to a membership or a school"),
    Audience.RECIPIENT: say("Message to many"),
    Audience.RECIPIENT_BY_MAIL: say("Message to many"),
}
_CLOSED = say("They accept no direct messages from me")
_LEFT = say("They are no longer where I could write to them")
_SHUT = say("I may not write there: let me into that channel, or choose another")
_REMOVED = say("I was removed from that workspace")
_NO_CHANNEL = say("That channel is no longer there, or I may not see it")
# What the platforms' answers mean, by Discord's codes and Slack's words.
_MEANS: Mapping[str, Line] = {
    "50007": _CLOSED,
    "50278": _LEFT,
    "10013": _LEFT,
    "user_not_found": _LEFT,
    "user_disabled": _LEFT,
    "50001": _SHUT,
    "50013": _SHUT,
    "not_in_channel": _SHUT,
    "10003": _NO_CHANNEL,
    "channel_not_found": _NO_CHANNEL,
    "is_archived": _NO_CHANNEL,
    "not_installed": _REMOVED,
}
_ANSWER = re.compile(r".*\b(?:code (\d+)\)|not take it: (\w+))")
# Jobs to do at a platform rather than messages to people.
_ERRANDS = {Audience.FOLLOW, Audience.LOOK, Audience.REQUESTS, Audience.ANSWER}
_NOBODY = say("nobody in particular")


def of_school(school: School, found: Sequence[Undelivered]) -> Card:
    """List the undelivered messages of a school."""
    title = say("Undelivered messages of {school}", school=school.name)
    return _listed(title, found, "school resend", "school unsent", {"school": school.id})


def of_system(found: Sequence[Undelivered]) -> Card:
    """List the undelivered messages of the whole system."""
    return _listed(say("Undelivered messages"), found, "system resend", "system unsent", {})


def resent(one: Undelivered) -> Card:
    """Confirm that a message is being sent again."""
    return Card(say("It is being sent again"), (Text(_name(one)),))


def _listed(
    title: Line, found: Sequence[Undelivered], resend: str, older: str, more: Mapping[str, str]
) -> Card:
    shown = found[:PAGE]
    if not shown:
        return Card(title, (Text(say("Everything has arrived, or is on its way.")),), private=True)
    names = (say("What"), say("When"), say("Why not"))
    rows = tuple(
        (_name(one), say("{at}", at=one.letter.failed_at), _why_not(one.letter.error)) for one in shown
    )
    items = tuple(
        Item(one.letter.notice.id, say("{what}, {whom}", what=_kind(one), whom=_plain(one))) for one in shown
    )
    again = Select(say("Send again …"), Action(resend), "notice", items, each=say("Send again"))
    blocks: list[Block] = [Table(names, rows), again]
    if len(found) > PAGE:
        blocks.append(next_page(say("Older"), Action(older, {"after": shown[-1].letter.notice.id, **more})))
    return Card(title, tuple(blocks), private=True)


def _why_not(error: str) -> Line:
    """Return why a message was not delivered: what the platform's answer means, if known, and the answer."""
    answer = _ANSWER.fullmatch(error)
    means = _MEANS.get(answer[1] or answer[2]) if answer else None
    return say("{means} ({error})", means=means, error=error) if means else verbatim(error)


def _name(one: Undelivered) -> Line:
    return say("{what}, {whom}", what=_kind(one), whom=_whom(one))


def _kind(one: Undelivered) -> Line:
    notice = one.letter.notice
    if notice.copy_id is not None:
        return say("Change of a card")
    if notice.audience is Audience.APPROVER and notice.subject.startswith(f"{digest_ports.KIND}:"):
        return say("Digest")
    return KINDS[notice.audience]


def _whom(one: Undelivered) -> Line:
    to = one.letter.notice.to
    if one.letter.notice.audience in _ERRANDS:
        return _NOBODY
    if to.channel is not None:
        return say("{channel}", channel=Channel(to.channel))
    return _plain(one)


def _plain(one: Undelivered) -> Line:
    """Return for whom a message was, in plain text: without the name of a channel."""
    to: Destination = one.letter.notice.to
    if one.letter.notice.audience in _ERRANDS:
        return _NOBODY
    if to.channel is not None:
        return say("a channel")
    return verbatim(one.recipient) if one.recipient else say("somebody who has left")

"""Cards about mirroring: a platform's own join requests, which a school decides."""

from collections.abc import Mapping

from bot.cards.common import fields, moment, people
from bot.chat.actions import Action
from bot.chat.replies import Actions, Button, Card, Confirm, Style, Text, Tone
from bot.chat.text import Line, say
from bot.core.requests.mirror_ports import MirrorProblem, PlatformRequestState
from bot.core.requests.mirroring import MirrorView

# Why mirroring does not work, and what to do about it.
_PROBLEMS: Mapping[MirrorProblem, tuple[Line, Line]] = {
    MirrorProblem.NO_RIGHT: (
        say("Homeroom may not see or decide who asks to join this server."),
        say(
            "In Server Settings → Roles → Homeroom → Permissions, turn on Kick, Approve, and Reject Members. "
            "Homeroom looks again within an hour, or at once when you turn this off and on."
        ),
    ),
    MirrorProblem.NOT_USED: (
        say("Nobody can apply to join this server: Discord keeps no requests for it."),
        say("In Server Settings → Access, choose “Apply to Join”, or turn this off here."),
    ),
    MirrorProblem.GONE: (
        say("Homeroom is no longer in this server."),
        say("Add it again, and link the school again."),
    ),
}
_THERE: Mapping[PlatformRequestState, Line] = {
    PlatformRequestState.WAITING: say("Also waiting there: what you decide here is done there"),
    PlatformRequestState.ANSWERED: say("Told there"),
    PlatformRequestState.LET_IN: say(
        "Was let into the server by somebody there, which does not make them a member here"
    ),
    PlatformRequestState.TURNED_AWAY: say("Was turned away by somebody there"),
    PlatformRequestState.GONE: say("No longer asks there"),
}


def status_there(fate: PlatformRequestState | None) -> Line | None:
    """Return the status of a mirrored request on Discord, or None if the request is not mirrored."""
    return _THERE[fate] if fate else None


def shown(found: MirrorView, *, private: bool = True) -> Card:
    """Show whether the join requests of a server are mirrored, and any problem."""
    mirror, values = found.mirror, {"school": found.school.id}
    title = say("Who asks on Discord to join the server of {school}", school=found.school.name)
    if mirror is None:
        told = say(
            "People who apply to join this server on Discord's own form are decided only there. With this "
            "on, they ask {school} as well: approvers get a card with their answers, and anybody approved "
            "here is let into the server.",
            school=found.school.name,
        )
        on = Button(say("Turn on"), Action("school mirror", {"on": "yes", **values}), Style.PRIMARY)
        return Card(title, (Text(told), Actions((on,))), private=private)
    confirm = Confirm(
        say("Turn it off?"),
        say("Requests that are waiting here keep waiting; Discord is no longer told what you decide."),
        say("Turn off"),
    )
    off = Button(say("Turn off"), Action("school mirror", {"on": "no", **values}), confirm=confirm)
    problem = tuple(Text(line) for line in _PROBLEMS[mirror.problem]) if mirror.problem else ()
    state = fields(
        (say("State"), say("On")),
        (say("Waiting on Discord"), people(found.waiting)),
        (say("Last looked at"), moment(mirror.looked_at, say("Not yet"))),
    )
    tone = Tone.BAD if mirror.problem else Tone.GOOD
    return Card(title, (*problem, state, Actions((off,))), private=private, tone=tone)

"""Cards about a platform's roles and groups that follow the roles of a school."""

from collections.abc import Mapping, Sequence

from bot.cards.common import fields, moment, people
from bot.cards.schools.schools import workspace_name
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Item, Select, Style, Table, Text, Tone
from bot.chat.text import Line, count, say, verbatim
from bot.core.following.following import FollowerView
from bot.core.following.ports import (
    EVERYONE,
    Difference,
    DifferenceState,
    Differs,
    DriftPolicy,
    Follower,
    NativeKind,
    Problem,
)
from bot.core.schools.schools import School

# How many differing accounts a card names.
FIRST = 15

ALL = say("Everybody who is a member")
# The reason for changes in the audit log of a Discord server.
REASON = say("Follows the roles in Homeroom")

# Why a platform's role or group cannot follow, in one sentence, and what to do.
PROBLEMS: Mapping[Problem, tuple[str, str]] = {
    Problem.UNKNOWN: ("There is no {name} here.", "Check the spelling, or choose it from the list."),
    Problem.UNCLEAR: ("There is more than one {name} here.", "Rename one of them first."),
    Problem.EVERYONE: ("{name} is everybody in this server.", "Choose another role."),
    Problem.MANAGED: (
        "{name} can only be given by the platform itself or by an app.",
        "Choose another role.",
    ),
    Problem.ABOVE_US: (
        "{name} is not below Homeroom's own role, so Homeroom may not give it.",
        "In Server Settings → Roles, drag Homeroom's role above it.",
    ),
    Problem.ABOVE_YOU: (
        "{name} is not below your own highest role, so you cannot give it.",
        "Ask the server's owner, or somebody whose role is above it.",
    ),
    Problem.NO_RIGHT: (
        "Homeroom may not manage roles in this server.",
        "In Server Settings → Roles → Homeroom → Permissions, turn on Manage Roles.",
    ),
    Problem.NOT_ALLOWED: (
        "This workspace does not let apps change {name}.",
        "In the workspace's settings, under Permissions, let everybody manage user groups or channels.",
    ),
    Problem.PLAN: (
        "This workspace's plan does not include user groups.",
        "Use a private channel instead: make one, invite Homeroom there, and name it here.",
    ),
    Problem.SCOPE: (
        "Homeroom's app does not have the permission for that in this workspace.",
        "Install it again with its current manifest: api.slack.com/apps → Homeroom → Install App.",
    ),
    Problem.NOT_IN: ("Homeroom is not in {name}.", "Type /invite @Homeroom in that channel."),
    Problem.PUBLIC: ("{name} is a public channel, which anybody can join.", "Choose a private one."),
    Problem.ELSEWHERE: ("{name} follows the roles of another school.", "Choose another one for this school."),
    Problem.SILENT: ("The platform is not answering right now.", "Try again in a minute."),
    Problem.GONE: ("{name} is no longer there.", "Follow the role into another one, and end this one."),
}
_BLIND = (
    "Discord does not tell me who has it, so changes made by hand go unnoticed. In the developer portal, "
    "under Bot, turn on the Server Members Intent."
)
_DRIFT = {
    DriftPolicy.REPORT: say("Tell the admins"),
    DriftPolicy.MEND: say("Put it right, but leave people Homeroom does not know"),
    DriftPolicy.MEND_ALL: say("Put it right, and take it from people Homeroom does not know"),
}
_DIFFERS = {
    Differs.MISSING: say("Does not have it, and should"),
    Differs.EXTRA: say("Has it, and should not"),
    Differs.STRANGER: say("Has it, and is unknown to Homeroom"),
}
_FATES = {
    DifferenceState.OPEN: say("Waiting for you"),
    DifferenceState.LEFT: say("Left as it is"),
    DifferenceState.MENDED: say("Put right"),
}


def why(problem: Problem, name: str) -> tuple[Line, Line]:
    """Return why a platform's role or group cannot follow, and what to do about it."""
    sentence, then = PROBLEMS[problem]
    return say(sentence, name=name), say(then)


def label(follower: Follower) -> str:
    """Return the name of a platform's role, group or channel as people write it there."""
    sign = {NativeKind.CHANNEL: "#", NativeKind.BADGE: ""}.get(follower.kind, "@")
    return f"{sign}{follower.name}"


def _roles(roles: Sequence[str]) -> Line:
    if not roles:
        return say("Nothing now")
    if EVERYONE in roles:
        return ALL
    return verbatim(", ".join(roles))


def about(one: FollowerView, *, private: bool = True) -> Card:
    """Show a role or group that follows: who has it, its problem if any, and what differs."""
    follower = one.follower
    blocks: list[Block] = []
    if follower.problem is not None:
        blocks += [Text(line) for line in why(follower.problem, label(follower))]
    elif follower.blind:
        blocks.append(Text(say(_BLIND)))
    blocks.append(_state(one))
    if one.differences:
        blocks += _differing(one)
    blocks.append(Actions(tuple(_buttons(one))))
    return Card(_title(one), tuple(blocks), private=private, tone=_tone(one))


def _title(one: FollowerView) -> Line:
    names = {"thing": label(one.follower), "school": one.school.name}
    if one.follower.problem is not None:
        return say("{thing} cannot follow the roles of {school} at the moment", **names)
    if one.differing(DifferenceState.OPEN):
        return say("{thing} was changed by hand and differs from the roles of {school}", **names)
    if one.differing(DifferenceState.MENDED):
        return say("{thing} was changed by hand and has been put right", **names)
    return say("{thing} follows roles of {school}", **names)


def _tone(one: FollowerView) -> Tone:
    if one.follower.problem is not None:
        return Tone.BAD
    return Tone.WAITING if one.differing(DifferenceState.OPEN) else Tone.GOOD


def _some(number: int) -> Line | None:
    return people(number) if number else None


def _state(one: FollowerView) -> Block:
    follower = one.follower
    return fields(
        (say("Follows"), _roles(one.roles)),
        (say("Where"), workspace_name(one.place, one.place.name) if one.place else None),
        (say("Have it"), people(one.has)),
        (say("Still to be changed"), _some(one.waiting)),
        (say("Should have it, but are not here"), _some(one.absent)),
        (say("Given up"), _some(one.failed)),
        (say("Previous name"), verbatim(follower.former_name) if follower.former_name else None),
        (say("If somebody changes it by hand"), _DRIFT[follower.drift]),
        (say("Last looked at"), moment(follower.looked_at, say("Not yet"))),
    )


def _differing(one: FollowerView) -> list[Block]:
    rows = tuple(
        (_who(one, each), _DIFFERS[each.differs], _FATES[each.fate]) for each in one.differences[:FIRST]
    )
    more = len(one.differences) - len(rows)
    told: list[Block] = [Table((say("Who"), say("What differs"), say("Now")), rows)]
    return [*told, Text(count(more, "… and {n} more", "… and {n} more"), quiet=True)] if more else told


def _who(one: FollowerView, each: Difference) -> Line:
    if (person := one.people.get(each.subject)) is not None:
        return verbatim(person.name)
    return verbatim(each.name) if each.name else say("Account {id}", id=each.subject)


def _buttons(one: FollowerView) -> list[Button]:
    values = {"thing": one.follower.id}
    found = one.differing(DifferenceState.OPEN)
    strangers = [each for each in found if each.differs is Differs.STRANGER]
    buttons = []
    if len(found) > len(strangers):
        buttons.append(Button(say("Mend"), Action("role mend", values), Style.PRIMARY))
    if strangers:
        confirm = Confirm(
            say("Take it from them too?"),
            count(
                len(strangers),
                "{n} person unknown to Homeroom will lose it.",
                "{n} people unknown to Homeroom will lose it.",
            ),
            say("Take it"),
        )
        strict = Action("role mend", {**values, "strangers": "yes"})
        buttons.append(Button(say("Mend, unknown people too"), strict, Style.DANGER, confirm))
    if found:
        buttons.append(Button(say("Leave"), Action("role leave", values)))
    again = say("Try again") if one.follower.problem is not None else say("Look now")
    return [*buttons, Button(again, Action("role look", values))]


def listed(school: School, found: Sequence[FollowerView]) -> Card:
    """List the platforms' roles and groups that follow a school's roles."""
    title = say("What follows the roles of {school}", school=school.name)
    if not found:
        return Card(title, (Text(say("Nothing follows a role yet.")),))
    several = len({one.follower.workspace for one in found}) > 1
    names = [_named(one) if several else verbatim(label(one.follower)) for one in found]
    rows = tuple(
        (name, _roles(one.roles), _some(one.has) or say("Nobody"), _short(one))
        for name, one in zip(names, found, strict=True)
    )
    items = tuple(Item(one.follower.id, name) for name, one in zip(names, found, strict=True))
    return Card(
        title,
        (
            Table((say("What"), say("Follows"), say("Have it"), say("How it stands")), rows),
            Select(say("Show one"), Action("role followed"), "thing", items, each=say("Open")),
        ),
    )


def _named(one: FollowerView) -> Line:
    """Return the label with its workspace: those on Discord and on Slack often have the same name."""
    thing = label(one.follower)
    if one.place is None:
        return verbatim(thing)
    return say("{thing}, {place}", thing=thing, place=workspace_name(one.place, one.place.name))


def _short(one: FollowerView) -> Line:
    if one.follower.problem is not None:
        return why(one.follower.problem, label(one.follower))[0]
    if differing := len(one.differing(DifferenceState.OPEN)):
        return count(differing, "{n} differs", "{n} differ")
    if one.waiting:
        return count(one.waiting, "{n} change under way", "{n} changes under way")
    if one.failed:
        return count(one.failed, "{n} change was given up", "{n} changes were given up")
    return (
        say("As it should be, checked {at}", at=one.follower.looked_at)
        if one.follower.looked_at
        else say("New")
    )


def ended(follower: Follower, school: School, roles: Sequence[str], *, taken: bool) -> Card:
    """Confirm that a role or group no longer follows a role; `roles` are those that it still follows."""
    names = {"thing": label(follower), "school": school.name}
    if roles:
        return Card(
            say("{thing} now follows {roles}", thing=label(follower), roles=_roles(roles)), tone=Tone.GOOD
        )
    after = (
        say("It is taken from everybody who got it through Homeroom.")
        if taken
        else say("People who have it keep it; Homeroom no longer changes it.")
    )
    return Card(say("{thing} no longer follows a role of {school}", **names), (Text(after),), tone=Tone.GOOD)


def looking(follower: Follower) -> Card:
    """Say that the platform is being checked."""
    told = say("Show it again in a moment to see what differs.")
    return Card(say("I am checking {thing}", thing=label(follower)), (Text(told, quiet=True),))

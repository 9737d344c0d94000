"""Cards about a person's own schools and rights."""

from collections.abc import Callable, Sequence

from bot.cards.common import fields
from bot.cards.people.accounts import LINK_ACCOUNT
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Style, Table, Text, Tone
from bot.chat.text import Line, count, say, verbatim
from bot.core.people.members import Membership
from bot.core.rights.explain import Explanation, Obstacle
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import ScopeKind
from bot.core.schools.districts import District
from bot.core.schools.schools import School, SchoolAccess

_SCOPES = {
    ScopeKind.SYSTEM: say("the whole system"),
    ScopeKind.DISTRICT: say("its district"),
    ScopeKind.SCHOOL: say("this school"),
}


def claimed(typed: Callable[[str], str]) -> Card:
    """Tell the actor that they are now a System Administrator."""
    create = typed("school create")
    return Card(
        title=say("You are a System Administrator now"),
        blocks=(Text(say("You may do everything in every school. Start with `{create}`.", create=create)),),
        tone=Tone.GOOD,
    )


def me(
    memberships: Sequence[tuple[School, Membership, Sequence[str]]],
    wider: Sequence[tuple[str, District | None]],
    rights: Sequence[Permission],
    here: str,
    waiting: Sequence[Block],
) -> Card:
    """Show a person their own schools, roles and rights.

    `wider` has roles over a district, or over the whole system (no district); `rights` are those in the
    school named `here`; `waiting` shows what waits for the person, such as invitations to answer.
    """
    if not memberships and not wider:
        how = say("Join one with a code or a link.")
        return Card(say("You are not in a school yet"), (*waiting, Text(how), Actions((LINK_ACCOUNT,))))
    rows = tuple(
        (
            verbatim(school.name),
            verbatim(", ".join(roles)) if roles else say("None"),
            status_in(school, membership),
        )
        for school, membership, roles in memberships
    )
    blocks: list[Block] = [Table((say("School"), say("Roles"), say("Status")), rows)] if rows else []
    if wider:
        over = tuple(
            (verbatim(role), verbatim(of.name) if of else _SCOPES[ScopeKind.SYSTEM]) for role, of in wider
        )
        blocks.append(Table((say("Role"), say("Over")), over))
    if rights:
        phrases = "; ".join(permission.phrase for permission in rights)
        blocks.append(fields((say("In {here} you may", here=here), verbatim(phrases))))
    change = Button(say("Change my settings"), Action("account edit", ask=True))
    return Card(say("You and your schools"), (*waiting, *blocks, Actions((change,))))


def status_in(school: School, membership: Membership) -> Line:
    """Return the status of a membership, or that the school is archived."""
    if school.archived and membership.barred_as is None:
        return say("School is archived")
    return status(membership)


def status(membership: Membership) -> Line:
    """Return the status of a membership as a word, such as Active."""
    return verbatim((membership.barred_as or membership.status).capitalize())


def leaving(school: School, typed: Callable[[str], str]) -> Card:
    """Ask for confirmation before somebody leaves a school."""
    title = say("Leave {school}?", school=school.name)
    ends = "Your roles there end, and so do the invitations that you have made. Your other schools stay."
    sure = Action("account leave", {"school": school.id, "sure": "yes"})
    kept = say(
        "To come back you need a code or link that works."
        if school.access is SchoolAccess.PRIVATE
        else "You can ask to come back at any time."
    )
    held = say(
        "What is held about you stays until you have it erased: `{erase}`.", erase=typed("account erase")
    )
    return Card(
        title,
        (
            Text(say(ends)),
            Text(kept),
            Text(held, quiet=True),
            Actions((Button(say("Leave"), sure, Style.DANGER),)),
        ),
        tone=Tone.WAITING,
    )


def left(school: School, ended: int) -> Card:
    """Confirm that somebody has left a school, and how many of their invitations `ended` with it."""
    told = count(ended, "{n} of your invitations has ended too.", "{n} of your invitations have ended too.")
    title = say("You have left {school}", school=school.name)
    return Card(title, (Text(told),) if ended else (), tone=Tone.GOOD)


def why(name: str, school: School, answer: Explanation) -> Card:
    """Explain why a person has a permission in a school, or does not have it."""
    phrase = say(answer.permission.phrase)
    if answer.allowed:
        title = say("Yes: {name} may {phrase}", name=name, phrase=phrase)
        rows = tuple((verbatim(one.role), _SCOPES[one.scope]) for one in answer.through)
        named = Text(say("The operator's settings name them as System Administrator."))
        through = Table((say("Through the role"), say("Given at")), rows) if rows else named
        but = say(
            "But whoever lets somebody in gives them a role, and they lack the right to do so: `role.grant`."
        )
        return Card(title, (through, *([Text(but)] if answer.unusable else [])), tone=Tone.GOOD)
    title = say("No: {name} may not {phrase}", name=name, phrase=phrase)
    return Card(title, (Text(_lack(school, answer)),), tone=Tone.BAD)


def _lack(school: School, answer: Explanation) -> Line:
    holders = ", ".join(answer.holders)
    if answer.through and answer.obstacle is Obstacle.ARCHIVED:
        return say(
            "{school} is archived: only admins of its district can do anything in it.", school=school.name
        )
    if answer.through and answer.obstacle is Obstacle.SYSTEM:
        return say("The settings of the whole system allow only these to do it: {holders}.", holders=holders)
    if answer.through and answer.membership is not None:
        state = answer.membership.barred_as or answer.membership.status
        role = answer.through[0].role
        return say("The role {role} would allow it, but their membership is {state}.", role=role, state=state)
    if answer.membership is None:
        return say(
            "They are not a member of {school}. These may: {holders}.", school=school.name, holders=holders
        )
    return say("None of their roles has the permission. These may: {holders}.", holders=holders)

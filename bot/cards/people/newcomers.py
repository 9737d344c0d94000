"""Cards for people who enter a workspace, and for admins about who enters or is banned."""

from bot.cards.requests import join_requests
from bot.chat.actions import Action
from bot.chat.replies import Actions, Button, Card, Style, Text, Tone
from bot.chat.text import say
from bot.core.people.members import Member
from bot.core.schools.schools import School, SchoolAccess, Workspace
from bot.core.workspaces.events import MOST_WELCOMED, Welcome
from bot.core.workspaces.unlinking import named

_WITH_A_CODE = Button(say("Join with a code"), Action("join", ask=True))


def welcome(found: Welcome) -> Card:
    """Welcome a person to a workspace: with their pending join request, or with how to join."""
    if found.waiting is not None:
        return join_requests.for_applicant(found.waiting)
    (first, *more) = found.schools
    public = [one for one in found.schools if one.access is SchoolAccess.PUBLIC]
    ask = tuple(
        Button(
            say("Ask to join {school}", school=one.name), Action("join", {"school": one.id}), Style.PRIMARY
        )
        for one in public
    )
    if more:
        told = say("Several schools meet here. Join yours with an invitation's code or link.")
    elif public:
        told = say("{school} meets here. Ask to join it, or use your invitation's code.", school=first.name)
    else:
        told = say("{school} meets here. Join it with an invitation's code or link.", school=first.name)
    return Card(
        say("Welcome to {place}", place=found.place),
        (Text(told), Actions((*ask, _WITH_A_CODE))),
    )


def greeting() -> Card:
    """Greet people in a channel who do not accept direct messages; it names nobody."""
    told = say(
        "If you are new and did not get a message from me, your direct messages are closed. Start here:"
    )
    mine = Button(say("Where do I stand?"), Action("me"))
    return Card(say("Welcome"), (Text(told), Actions((_WITH_A_CODE, mine))), private=False)


def crowd(place: str, number: int) -> Card:
    """Tell admins that too many people came at once to welcome each of them."""
    told = say(
        "{number} people came within a minute. The first {most} were welcomed one by one, the others in "
        "the welcome channel. If you were not expecting them, check who they are.",
        number=str(number),
        most=str(MOST_WELCOMED),
    )
    return Card(
        say("Many people came into {place}", place=place), (Text(told),), private=False, tone=Tone.WAITING
    )


def banned(school: School, member: Member) -> Card:
    """Tell admins that a member was banned on the platform."""
    values = {"person": member.membership.id, "school": school.id}
    told = say(
        "Their membership in {school} has not changed. If it ends, a code or link alone will not bring "
        "them back: you decide.",
        school=school.name,
    )
    return Card(
        say("{name} was banned from one of your servers or workspaces", name=member.name),
        (Text(told), Actions((Button(say("Show the member"), Action("member show", values)),))),
        private=False,
        tone=Tone.WAITING,
        glance=say("Somebody was banned from one of your servers or workspaces"),
    )


def banned_and_gone(school: School) -> Card:
    """Replace a card about a banned member who is in the school no more; it names nobody."""
    title = say("Somebody of {school} was banned from one of your servers or workspaces", school=school.name)
    told = Text(say("They are not in the school any more."))
    return Card(title, (told,), private=False, glance=say("Somebody was banned"))


def bot_removed(school: School, workspace: Workspace, *, share: str, link: str) -> Card:
    """Tell admins that the bot was removed from a workspace; `share` and then `link` is what they type."""
    (name,) = named([workspace])
    told = say(
        "Nothing of {school} is lost, but its members in {name} cannot reach me until I am back. Once "
        "somebody has added me again, link the school again: `{share}` gives a code, and an "
        "administrator there types `{link}` with it.",
        school=school.name,
        name=name,
        share=share,
        link=link,
    )
    platform = _PLACES[workspace.key.platform]
    title = say("I was removed from a {platform} of {school}", platform=platform, school=school.name)
    return Card(title, (Text(told),), private=False, tone=Tone.BAD)


_PLACES = {"discord": "Discord server", "slack": "Slack workspace", "web": "playground"}

"""News: what people are told when their membership or roles change, and admins when their school changes.

Only news about schools says who made the change. A suspended person is told whom to ask at the school.
"""

from collections.abc import Mapping

from bot.cards.common import contact
from bot.cards.invitations.invitations import welcome
from bot.chat.actions import Action
from bot.chat.replies import Actions, Button, Card, Text, Tone
from bot.chat.text import Line, say
from bot.core.notices.news import ABSENT, News, Topic
from bot.core.people.members import Access, Visibility
from bot.core.schools.schools import School
from bot.core.values import replace

_MINE = Actions((Button(say("What can I do?"), Action("me")),))
# For each state in which a member is kept out: the title, as a template, and what it means for them.
_KEPT_OUT: Mapping[str, tuple[str, Line]] = {
    Access.SUSPENDED.value: (
        "Your membership in {school} is suspended",
        say("You cannot do anything there until somebody lifts this. What you have done there stays."),
    ),
    Access.DEACTIVATED.value: (
        "Your membership in {school} is deactivated",
        say("You cannot do anything there, and no code lets you in. What you have done there stays."),
    ),
    Visibility.ARCHIVED.value: (
        "Your membership in {school} is archived",
        say("You are off its list and cannot do anything there. What you have done stays in its history."),
    ),
    ABSENT: (
        "You are no longer a member of {school}",
        say("Your roles there have ended. Your other schools are not affected."),
    ),
}


def card(news: News) -> Card:
    """Return the card that tells a person their news."""
    school = news.school
    if school is None:
        return _overseeing(news)
    match news.topic:
        case Topic.ROLES:
            return _roles(news, school)
        case Topic.PRIMARY:
            return _primary(news, school)
        case Topic.SCHOOL:
            return _school(news, school)
        case _:
            return _standing(news, school)


def _standing(news: News, school: School) -> Card:
    if news.stands in _KEPT_OUT:
        headline, follows = _KEPT_OUT[news.stands]
        return Card(
            say(headline, school=school.name),
            (Text(follows), *_left(news), Text(contact(school), quiet=True)),
            tone=Tone.WAITING,
            glance=_glance(school),
        )
    if news.stood == ABSENT:
        welcomed = welcome(school, ", ".join(news.roles))
        joined, *rest = welcomed.blocks
        return replace(welcomed, blocks=(joined, *_left(news), *rest))
    title = say("You are back in {school}", school=school.name)
    return Card(title, (Text(_are(news)), _MINE, Text(contact(school), quiet=True)), tone=Tone.GOOD)


def _left(news: News) -> tuple[Text, ...]:
    """Return a sentence that names the other schools that they were taken out of with the same move."""
    if not news.left:
        return ()
    left = ", ".join(news.left)
    return (Text(say("You are no longer a member of {left}: your roles there have ended.", left=left)),)


def _are(news: News) -> Line:
    if not news.roles:
        return say("You have no role there now.")
    return say("You are now **{roles}** there.", roles=", ".join(news.roles))


def _roles(news: News, school: School) -> Card:
    title = say("Your roles in {school} have changed", school=school.name)
    return Card(title, (Text(_are(news)), _MINE, Text(contact(school), quiet=True)), glance=_glance(school))


def _glance(school: School) -> Line:
    """Return the text for a locked phone: in which school something changed, but not what."""
    return say("Something has changed for you in {school}", school=school.name)


def _primary(news: News, school: School) -> Card:
    if news.holds:
        title = say("You are now the Primary Admin of {school}", school=school.name)
        follows = say(
            "Its bills also go to you. Nobody can suspend, demote or remove you until you pass this on."
        )
        bills = Button(say("Bills"), Action("school billing", {"school": school.id}))
        return Card(title, (Text(follows), Actions((bills,))), tone=Tone.GOOD)
    title = say("You are no longer the Primary Admin of {school}", school=school.name)
    follows = say("Somebody else is now, and its bills go to them. Your roles there stay.")
    return Card(title, (Text(follows), Text(contact(school), quiet=True)), glance=_glance(school))


def _overseeing(news: News) -> Card:
    role, place = ", ".join(news.roles), news.place
    if news.holds:
        title = say("You are now {role} of {place}", role=role, place=place)
        return Card(title, (Text(say("This applies to all schools of the district.")), _MINE), tone=Tone.GOOD)
    title = say("You are no longer {role} of {place}", role=role, place=place)
    stays = Text(say("Your roles in its schools stay. Questions? Ask an admin of {place}.", place=place))
    return Card(title, (stays,))


def _school(news: News, school: School) -> Card:
    """Tell an admin what changed about their school, and who changed it, so that they know whom to ask."""
    if school.archived:
        title = say("{school} is archived", school=school.name)
        follows = say("Nobody can come in or do anything there until it is opened again. Nothing is lost.")
    elif news.moved and news.place:
        title = say("{school} now belongs to {place}", school=school.name, place=news.place)
        follows = say(
            "The district's admins now have rights in your school. Your members, roles and invitations stay."
        )
    elif news.moved:
        title = say("{school} no longer belongs to a district", school=school.name)
        follows = say("District admins no longer have rights in it. Members, roles and invitations stay.")
    else:
        title = say("{school} is open again", school=school.name)
        follows = say("Everything is as it was before it was archived.")
    ask = Text(say("Questions? Ask {by}, who did that.", by=news.by), quiet=True)
    tone = Tone.WAITING if school.archived else Tone.NEUTRAL
    return Card(title, (Text(follows), *((ask,) if news.by else ())), tone=tone)

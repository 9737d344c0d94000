"""The panel: a person's schools, and one of them with its pending requests, invitations and people."""

from collections.abc import Sequence

from bot.cards.common import people
from bot.cards.people.account import status_in
from bot.cards.people.accounts import LINK_ACCOUNT
from bot.cards.requests.join_requests import brief
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Item, Select, Table, Text
from bot.chat.text import Line, count, say, verbatim
from bot.core.people.members import Membership
from bot.core.requests.views import RequestView
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass

# The panel's buttons that decide a join request; the panel itself stays where it is afterwards.
PANEL_CLICKS = frozenset({"home approve", "home reject"})


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: `after` is the entry after which the next page begins, empty on the last page."""

    after: str = ""

    def buttons(self, label: Line, command: str) -> tuple[Button, ...]:
        """Return the button for the next page, if there is one."""
        return (Button(label, Action(command, {"after": self.after})),) if self.after else ()


@dataclass(frozen=True, slots=True)
class OwnSchools:
    """A page of the schools that a person belongs to; if none, some of those that they oversee (`under`)."""

    found: Sequence[tuple[School, Membership, Sequence[str]]]
    page: Page
    under: Sequence[School] = ()


@dataclass(frozen=True, slots=True)
class ChosenSchool:
    """The school that the panel shows, with what the reader may see of it."""

    school: School
    may: frozenset[Permission]
    waiting: Sequence[RequestView] = ()
    page: Page = Page()
    invitations: int = 0
    people: int = 0


def panel(own: OwnSchools, chosen: ChosenSchool | None, asked: Sequence[Block]) -> Card:
    """Show the panel; `asked` shows what is pending for the reader: invitations, and their own requests."""
    blocks: list[Block] = [*asked]
    if own.found:
        rows = tuple(
            (
                verbatim(school.name),
                verbatim(", ".join(roles)) if roles else say("None"),
                status_in(school, membership),
            )
            for school, membership, roles in own.found
        )
        items = tuple(Item(school.id, verbatim(school.name)) for school, _, _ in own.found)
        blocks.append(Table((say("School"), say("Roles"), say("Status")), rows))
        if more := own.page.buttons(say("More schools"), "home schools"):
            blocks.append(Actions(more))
        if len(items) > 1:
            blocks.append(Select(say("Open a school"), Action("home open"), "school", items))
    elif own.under:
        under = tuple(Item(school.id, verbatim(school.name)) for school in own.under)
        blocks.append(
            Text(say("You are not in a school yourself, but you look after the schools of a district."))
        )
        blocks.append(Select(say("Open a school"), Action("home open"), "school", under))
        blocks.append(Actions((Button(say("Districts"), Action("district list")),)))
    else:
        blocks.append(Text(say("You are not in a school yet. Join one with a code or a link.")))
        blocks.append(Actions((LINK_ACCOUNT,)))
    if chosen is not None and chosen.may & _SHOWN:
        blocks += _school(chosen)
    return Card(say("Your schools"), (*blocks, _always()))


_SHOWN = {Permission.REQUEST_READ, Permission.INVITATION_READ, Permission.MEMBER_READ}


def _always() -> Actions:
    join = Button(say("Join a school"), Action("join", ask=True))
    return Actions((join, Button(say("My settings"), Action("account edit", ask=True))))


def _school(chosen: ChosenSchool) -> list[Block]:
    school, may = chosen.school, chosen.may
    here = {"school": school.id}
    blocks: list[Block] = [Text(say("**{school}**", school=school.name))]
    if Permission.REQUEST_READ in may:
        blocks += _requests(chosen)
    numbers: list[Line] = []
    buttons: list[Button] = []
    if Permission.INVITATION_READ in may:
        numbers.append(count(chosen.invitations, "{n} open invitation", "{n} open invitations"))
        buttons.append(Button(say("Invitations"), Action("invite list", here)))
        if Permission.INVITATION_CREATE in may:
            buttons.append(Button(say("Invite people"), Action("invite create", here, ask=True)))
    if Permission.MEMBER_READ in may:
        numbers.append(people(chosen.people))
        buttons.append(Button(say("People"), Action("member list", here)))
        buttons.append(Button(say("Search"), Action("member list", here, ask=True)))
    if len(numbers) > 1:
        numbers = [say("{invitations} · {people}", invitations=numbers[0], people=numbers[1])]
    return [*blocks, *map(Text, numbers), *([Actions(tuple(buttons))] if buttons else [])]


def _requests(chosen: ChosenSchool) -> list[Block]:
    if not chosen.waiting:
        return [Text(say("Nobody is waiting."))]
    decides = Permission.REQUEST_DECIDE in chosen.may
    blocks = [one for view in chosen.waiting for one in brief(view, decides=decides)]
    every = Button(say("All requests"), Action("request list", {"school": chosen.school.id}))
    return [*blocks, Actions((*chosen.page.buttons(say("More recent"), "home requests"), every))]

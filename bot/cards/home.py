"""The panel: one's schools, and of one of them who waits, its invitations and its people."""

from collections.abc import Sequence

from bot.cards.account import status
from bot.cards.join_requests import brief
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Item, LinkButton, Select, Table, Text
from bot.chat.text import Line, count, say, verbatim
from bot.core.members import Membership
from bot.core.permissions import Permission
from bot.core.request_views import RequestView
from bot.core.schools import School
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a list, and after which entry the next page begins, if there is one."""

    after: str = ""

    def further(self, label: Line, command: str) -> list[Block]:
        """Offer the next page."""
        return [Actions((Button(label, Action(command, {"after": self.after})),))] if self.after else []


@dataclass(frozen=True, slots=True)
class Own:
    """Some of the schools that somebody is in."""

    found: Sequence[tuple[School, Membership, Sequence[str]]]
    page: Page


@dataclass(frozen=True, slots=True)
class Chosen:
    """The school that the panel is about, and what its reader may see of it."""

    school: School
    may: frozenset[Permission]
    waiting: Sequence[RequestView] = ()
    page: Page = Page()
    invitations: int = 0
    people: int = 0


def panel(own: Own, chosen: Chosen | None, asked: Sequence[Block]) -> Card:
    """Show all at once; `asked` is what waits for the reader: invitations, and requests of their own."""
    blocks: list[Block] = [*asked]
    if own.found:
        rows = tuple(
            (verbatim(school.name), verbatim(", ".join(roles)) if roles else say("None"), status(membership))
            for school, membership, roles in own.found
        )
        items = tuple(Item(school.id, verbatim(school.name)) for school, _, _ in own.found)
        blocks.append(Table((say("School"), say("Roles"), say("Status")), rows))
        blocks += own.page.further(say("More schools"), "home schools")
        if len(items) > 1:
            blocks.append(Select(say("Open a school"), Action("home open"), "school", items))
    else:
        blocks.append(Text(say("You are in no school yet. Join one with a code or a link.")))
    if chosen is not None and chosen.may & _SHOWN:
        blocks += _school(chosen)
    return Card(say("Your schools"), (*blocks, _always()))


_SHOWN = {Permission.REQUEST_READ, Permission.INVITATION_READ, Permission.MEMBER_READ}


def _always() -> Actions:
    join = Button(say("Join a school"), Action("join", ask=True))
    return Actions((join, Button(say("My settings"), Action("account edit", ask=True))))


def _school(chosen: Chosen) -> list[Block]:
    school, may = chosen.school, chosen.may
    here = {"school": school.id}
    blocks: list[Block] = [Text(say("**{school}**", school=school.name))]
    if Permission.REQUEST_READ in may:
        blocks += _requests(chosen)
    if Permission.INVITATION_READ in may:
        open_ones = count(chosen.invitations, "{n} open invitation", "{n} open invitations")
        buttons: list[Button | LinkButton] = [Button(say("Invitations"), Action("invite list", here))]
        if Permission.INVITATION_CREATE in may:
            buttons.append(Button(say("Invite people"), Action("invite create", here, ask=True)))
        blocks += [Text(open_ones), Actions(tuple(buttons))]
    if Permission.MEMBER_READ in may:
        people = Button(say("People"), Action("member list", here))
        search = Button(say("Search"), Action("member list", here, ask=True))
        blocks += [Text(count(chosen.people, "{n} person", "{n} people")), Actions((people, search))]
    return blocks


def _requests(chosen: Chosen) -> list[Block]:
    if not chosen.waiting:
        return [Text(say("Nobody is waiting."))]
    decides = Permission.REQUEST_DECIDE in chosen.may
    blocks = [one for view in chosen.waiting for one in brief(view, decides=decides)]
    every = Button(say("All requests"), Action("request list", {"school": chosen.school.id}))
    further = chosen.page.further(say("Who came later"), "home requests")
    return [*blocks, *further, Actions((every,))]

"""The card that lists the people of a school or district."""

from collections.abc import Callable, Collection
from typing import TypeAlias

from bot.cards.common import NOTHING, moment, next_page, optional, people
from bot.cards.people.accounts import platforms
from bot.cards.people.members import INVITED, items, roles, status
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Select, Table, Text
from bot.chat.text import Line, count, say, verbatim
from bot.core.people.directory import Listing
from bot.core.people.members import Member
from bot.core.people.people_filter import Status
from bot.core.rights.permissions import Permission

Cell: TypeAlias = Callable[[Member], Line]


def listed(listing: Listing, may: Collection[Permission]) -> Card:
    """List members by name, with a menu that opens one, further pages, and ways to bring people in."""
    found, wanted = listing.found, listing.wanted
    title = (
        say("Members in the district of {school}", school=listing.school.name)
        if wanted.district_id
        else say("Members of {school}", school=listing.school.name)
    )
    buttons = _bring_in(listing, may)
    if not found:
        nobody = say("Nobody matches that search.") if wanted.narrowed else say("Nobody is here yet.")
        return Card(title, (Text(nobody), *_archived(listing), *buttons))
    columns = _columns(listing)
    rows = tuple(tuple(cell(one) for _, cell in columns) for one in found)
    choices = items(found, listing.accounts)
    blocks: list[Block] = [
        Text(_counted(listing), quiet=True),
        Table(tuple(heading for heading, _ in columns), rows),
        Select(say("Open a member"), Action("member open"), "person", choices, each=say("Open")),
    ]
    if listing.more:
        page = {"after": found[-1].membership.id, "of": wanted.pack()}
        blocks.append(next_page(say("More"), Action("member more", page)))
    return Card(title, (*blocks, *_archived(listing), *buttons))


def _archived(listing: Listing) -> list[Block]:
    """Return a hint and a button for archived members that the search would find, if there are any."""
    if not listing.archived:
        return []
    told = count(listing.archived, "{n} archived person matches.", "{n} archived people match.")
    every = Action("member list", {"school": listing.school.id, "status": Status.ARCHIVED.value})
    wanted = listing.wanted
    asked = {"search": wanted.text, "role": wanted.role, "invited": wanted.invited, "grades": wanted.grades}
    found = every.filled(**{name: str(value) for name, value in asked.items() if value})
    see = Button(say("See the archived"), found if found.fits else every)
    return [Text(told), Actions((see,))]


def _counted(listing: Listing) -> Line:
    if listing.uncounted:
        return say("More than {number} people", number=f"{listing.total:,}")
    return people(listing.total)


def _columns(listing: Listing) -> list[tuple[Line, Cell]]:
    school: list[tuple[Line, Cell]] = [
        (say("School"), lambda one: verbatim(listing.schools.get(one.membership.school_id, "?")))
    ]
    return [
        (say("Name"), lambda one: verbatim(one.name)),
        (say("E-mail"), lambda one: optional(one.email) or NOTHING),
        (say("Roles"), roles),
        (say("Status"), status),
        *(school if listing.wanted.district_id else []),
        (say("Joined"), lambda one: moment(one.membership.joined_at, say("Not yet"))),
        (say("Invitation"), lambda one: INVITED[one.invited]),
        (say("Accounts"), lambda one: _accounts(listing, one)),
    ]


def _accounts(listing: Listing, one: Member) -> Line:
    return optional(platforms(listing.accounts.get(one.membership.person_id, ()))) or NOTHING


def _bring_in(listing: Listing, may: Collection[Permission]) -> list[Block]:
    here = {"school": listing.school.id}
    buttons = []
    if Permission.INVITATION_CREATE in may:
        buttons.append(Button(say("Invite people"), Action("invite create", here, ask=True)))
    if Permission.MEMBER_CREATE in may:
        buttons.append(Button(say("Add a person"), Action("member create", here, ask=True)))
    return [Actions(tuple(buttons))] if buttons else []

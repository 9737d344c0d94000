"""/member list: search and filter members, page by page, with views for the usual lists."""

from enum import StrEnum
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.people import people_list as cards
from bot.cards.people.late_clicks import member_card
from bot.chat.commands import About
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.common import roles_here
from bot.commands.member import member
from bot.commands.mentions import member_named
from bot.core.errors import NotFound
from bot.core.people import directory
from bot.core.people.directory import Listing
from bot.core.people.people_filter import Invited, PeopleFilter, Status, unpack
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.typed_lists import normalized
from bot.core.values import replace


class View(StrEnum):
    """The usual lists of people."""

    PENDING = "pending"
    INACTIVE = "inactive"
    SCHOOL = "school users"
    DISTRICT = "district users"


_STATUS_OF_VIEW = {
    View.PENDING: Status.PENDING,
    View.INACTIVE: Status.INACTIVE,
    View.SCHOOL: Status.ACTIVE,
    View.DISTRICT: Status.ACTIVE,
}


# Options that filter people, for all commands that take a filter.
Search = Annotated[str, option("First or last name, or e-mail, or parts of them", maximum=40)]
OfView = Annotated[View | None, option("One of the usual lists")]
InState = Annotated[Status | None, option("Only those in this state")]
WithRole = Annotated[str, option("Only those with this role", maximum=40, suggest=roles_here)]
InvitedSo = Annotated[Invited | None, option("Only those whose invitation is in this state")]
OfGrades = Annotated[str, option("Only people with these grade levels, separated by commas", maximum=40)]


@member.command(name="list", needs=Permission.MEMBER_READ, reads=True)
def _list(
    ctx: Context,
    search: Search = "",
    view: OfView = None,
    status: InState = None,
    role: WithRole = "",
    invited: InvitedSo = None,
    grades: OfGrades = "",
) -> Card:
    """List and search members."""
    wanted = people_filter(ctx, search, view, status, role, invited, grades)
    found = directory.page(ctx.uow, ctx.actor, ctx.school, wanted, after=None, limit=PAGE)
    if not found.found and not role and (named := access.role_named(ctx.uow, ctx.school, search)):
        return _page(ctx, replace(wanted, text="", role=named.name), after=None)
    return _card(ctx, found)


def people_filter(
    ctx: Context,
    search: str,
    view: View | None,
    status: Status | None,
    role: str,
    invited: Invited | None,
    grades: str,
) -> PeopleFilter:
    """Return the filter that the options describe; lists, bulk acts, messages and exports share it."""
    school = ctx.school
    wanted = PeopleFilter(
        school.id,
        text=search,
        role=_role_meant(ctx, school, role) if role else None,
        status=status or (_STATUS_OF_VIEW[view] if view else None),
        invited=invited,
        grades=normalized(grades),
    )
    return directory.of_district(school, wanted) if view is View.DISTRICT else wanted


def _role_meant(ctx: Context, school: School, typed: str) -> str:
    found = access.role_named(ctx.uow, school, typed)
    if found is None:
        raise NotFound("role")
    return found.name


def _school_of(name: str) -> About:
    return lambda ctx: directory.school_of(ctx.uow, ctx.actor, ctx.value(name))


@member.command(needs=Permission.MEMBER_READ, about=_school_of("after"), reads=True, hidden=True)
def more(
    ctx: Context,
    after: Annotated[str, option("The last member of the page before")],
    of: Annotated[str, option("Whom the list is of", lines=True)],
) -> Reply:
    """Show the next page of members."""
    read = unpack(of, ctx.school.id, ctx.school.district_id)
    if read is None:
        raise NotFound("list")
    return Reply(redraw=_page(ctx, read, after=after))


@member.command(
    needs=Permission.MEMBER_READ, about=_school_of("person"), reads=True, hidden=True, name="open"
)
def _open(ctx: Context, person: Annotated[str, option("An entry of a list")]) -> Card:
    """Show a member from a list."""
    return member_card(ctx, member_named(ctx, person))


def _page(ctx: Context, wanted: PeopleFilter, *, after: str | None) -> Card:
    return _card(ctx, directory.page(ctx.uow, ctx.actor, ctx.school, wanted, after=after, limit=PAGE))


def _card(ctx: Context, listing: Listing) -> Card:
    return cards.listed(listing, access.rights_of(ctx.uow, ctx.actor, ctx.school).holds)

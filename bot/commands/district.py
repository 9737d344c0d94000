"""/district: groups of schools, and who has a role over all of them."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.schools import districts as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.limits import SUGGESTIONS
from bot.chat.options import option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import Line, verbatim
from bot.commands.common import matching
from bot.commands.mentions import mentioned
from bot.core.errors import NotFound
from bot.core.rights import access
from bot.core.rights.actors import Person
from bot.core.rights.permissions import Permission
from bot.core.schools import districts, schools
from bot.core.schools.districts import District

district = Group("district", "Group schools, and say who looks after them")

_NAME = 80
_SEARCH = 40


def own_districts(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the districts that the actor has a role in."""
    return [Item(one.id, verbatim(one.name)) for one in _found(ctx, typed, after=None, limit=SUGGESTIONS)]


def _archived(ctx: Context, typed: str) -> Sequence[Item]:
    found = _found(ctx, typed, after=None, limit=SUGGESTIONS, archived=True)
    return [Item(one.id, verbatim(one.name)) for one in found]


def _found(
    ctx: Context, typed: str, *, after: str | None, limit: int, archived: bool = False
) -> Sequence[District]:
    ruling = schools.is_system_administrator(ctx.uow, ctx.actor)
    if ctx.actor.person_id is None and not ruling:
        return []
    who = None if ruling else ctx.actor.person_id
    return ctx.uow.districts.of_person(who, text=typed, after=after, limit=limit, archived=archived)


def find_district(ctx: Context, typed: str) -> District:
    """Find the district that was typed; if nothing was typed, the actor's only one."""
    return districts.find(ctx.uow, ctx.actor, typed)


def chosen_district(ctx: Context) -> District:
    """Find the district that the option `district` means."""
    return find_district(ctx, ctx.value("district"))


def over(ctx: Context) -> str:
    """Return the id of the district in which the Runner checks the permission."""
    return chosen_district(ctx).id


def managed(ctx: Context) -> District:
    """Find the district that is meant, for suggestions that only its managers may see."""
    found = chosen_district(ctx)
    access.require_over(ctx.uow, ctx.actor, Permission.DISTRICT_MANAGE, found.id)
    return found


def its_schools(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the schools of the district that is meant, to people who manage it."""
    found = ctx.uow.districts.schools(managed(ctx).id, after=None, limit=SUGGESTIONS, text=typed)
    return [Item(one.id, verbatim(one.name)) for one in found]


def _any(ctx: Context) -> str:
    """Return the id of any district that the actor has a role in; if empty, the permission check refuses."""
    found = _found(ctx, "", after=None, limit=1)
    return found[0].id if found else ""


Which = Annotated[str, option("Which district, if you have a role in several", suggest=own_districts)]


@district.command(needs=Permission.DISTRICT_MANAGE, at_school=False)
def create(ctx: Context, name: Annotated[str, option("Its name", minimum=2, maximum=_NAME)]) -> Card:
    """Create a district."""
    made = districts.create(ctx.uow, ctx.actor, " ".join(name.split()))
    return _card(ctx, made, cards.created(made))


@district.command(name="list", needs=Permission.MEMBER_READ, over=_any, reads=True)
def _list(ctx: Context, search: Annotated[str, option("A part of a name", maximum=_SEARCH)] = "") -> Card:
    """List the districts in which you have a role."""
    return _page(ctx, search, after=None)


@district.command(needs=Permission.MEMBER_READ, over=_any, reads=True, hidden=True)
def more(
    ctx: Context,
    after: Annotated[str, option("The last district of the page before")],
    search: Annotated[str, option("What was searched", maximum=_SEARCH)] = "",
) -> Reply:
    """Show the next page of districts."""
    return Reply(redraw=_page(ctx, search, after=districts.find(ctx.uow, ctx.actor, after).id))


def _page(ctx: Context, search: str, *, after: str | None) -> Card:
    found = _found(ctx, search, after=after, limit=PAGE + 1)
    return cards.listed(found[:PAGE], search, more=len(found) > PAGE)


@district.command(needs=Permission.MEMBER_READ, over=over, reads=True)
def show(ctx: Context, district: Which = "") -> Card:
    """Show a district: its schools, and who has a role over it."""
    return _card(ctx, find_district(ctx, district))


def _card(ctx: Context, found: District, title: Line | None = None) -> Card:
    own = ctx.uow.districts.schools(found.id, after=None, limit=PAGE + 1)
    shut = ctx.uow.districts.schools(found.id, after=None, limit=SUGGESTIONS + 1, archived=True)
    rights = access.rights_over(ctx.uow, ctx.actor, found.id)
    return cards.shown(
        found,
        ctx.uow.districts.roles(found.id),
        own[:PAGE],
        more=len(own) > PAGE,
        archived=cards.archived_schools(
            shut[:SUGGESTIONS], restore=ctx.typed("school restore"), more=len(shut) > SUGGESTIONS
        ),
        may_manage=Permission.DISTRICT_MANAGE in rights.holds,
        title=title,
    )


@district.command(name="schools", needs=Permission.MEMBER_READ, over=over, reads=True, hidden=True)
def _schools(
    ctx: Context,
    district: Which,
    after: Annotated[str, option("The last school of the page before")],
) -> Reply:
    """Show the next page of a district's schools."""
    found = find_district(ctx, district)
    last = ctx.uow.schools.by_id(after)
    if last is None or last.district_id != found.id:
        raise NotFound("school")
    own = ctx.uow.districts.schools(found.id, after=after, limit=PAGE + 1)
    return Reply(redraw=cards.schools_page(found, own[:PAGE], more=len(own) > PAGE))


def _as_it_is(ctx: Context) -> dict[str, str]:
    return {"name": chosen_district(ctx).name}


@district.command(needs=Permission.DISTRICT_MANAGE, over=over, asks=_as_it_is)
def edit(
    ctx: Context,
    name: Annotated[str, option("Its new name", minimum=2, maximum=_NAME)],
    district: Which = "",
) -> Reply:
    """Rename a district."""
    edited = districts.edit(ctx.uow, ctx.actor, find_district(ctx, district), name=" ".join(name.split()))
    return Reply(redraw=_card(ctx, edited, cards.saved(edited)))


@district.command(needs=Permission.DISTRICT_MANAGE, over=over)
def archive(ctx: Context, district: Which) -> Reply:
    """Archive a district in which no school is at work."""
    done = districts.archive(ctx.uow, ctx.actor, find_district(ctx, district))
    return Reply(redraw=_card(ctx, done, cards.saved(done)))


def _over_archived(ctx: Context) -> str:
    return _archived_district(ctx, ctx.value("district")).id


def _archived_district(ctx: Context, typed: str) -> District:
    return districts.find(ctx.uow, ctx.actor, typed, archived=True)


@district.command(needs=Permission.DISTRICT_MANAGE, over=_over_archived)
def restore(
    ctx: Context, district: Annotated[str, option("Which archived district", suggest=_archived)]
) -> Reply:
    """Take an archived district back into use."""
    done = districts.restore(ctx.uow, ctx.actor, _archived_district(ctx, district))
    return Reply(redraw=_card(ctx, done, cards.saved(done)))


def _people(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest people of the district; to System Administrators, everybody."""
    found = districts.people(ctx.uow, ctx.actor, chosen_district(ctx), typed, SUGGESTIONS)
    return [Item(one.id, verbatim(one.name)) for one in found]


def _person(ctx: Context, found: District, typed: str) -> Person:
    """Find a person of the district by a mention, or by name, e-mail address or id."""
    account = mentioned(ctx, typed)
    if account is None:
        return districts.person(ctx.uow, ctx.actor, found, typed)
    known = ctx.uow.people.by_account(account)
    if known is None:
        raise NotFound("person")
    return districts.person(ctx.uow, ctx.actor, found, known.id)


def _roles(ctx: Context, typed: str) -> Sequence[Item]:
    return matching(
        (one.name for one in districts.grantable(ctx.uow, ctx.actor, chosen_district(ctx))), typed
    )


Who = Annotated[str, option("Who: a name, or choose from the list", suggest=_people)]
DistrictRoleName = Annotated[str, option("District Admin or District User", suggest=_roles)]


@district.command(needs=Permission.ROLE_GRANT, over=over)
def grant(ctx: Context, person: Who, role: DistrictRoleName, district: Which = "") -> Card:
    """Give somebody a role over a whole district."""
    found = find_district(ctx, district)
    who = _person(ctx, found, person)
    given = districts.grant(ctx.uow, ctx.actor, found, who.id, role)
    return cards.granted(who, given.name, found)


@district.command(needs=Permission.ROLE_GRANT, over=over)
def revoke(ctx: Context, person: Who, role: DistrictRoleName, district: Which = "") -> Card:
    """Take away somebody's role over a whole district."""
    found = find_district(ctx, district)
    who = _person(ctx, found, person)
    taken = districts.take(ctx.uow, ctx.actor, found, who.id, role)
    return cards.taken(who, taken.name, found)

"""/oneroster: a district follows the OneRoster folder that its student information system writes."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards.rosters import oneroster as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.limits import SUGGESTIONS
from bot.chat.options import option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import verbatim
from bot.commands.common import matching, zone_named, zones
from bot.commands.district import Which, find_district, its_schools, managed, over
from bot.core.errors import NotFound
from bot.core.oneroster import runs, setup
from bot.core.oneroster.model import NOTHING, ROLE_MAP, SCHOOLS_DEFAULT, Org, Run, acting_for
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.calendar import read_time
from bot.core.schools.districts import District
from bot.core.schools.schools import School

oneroster = Group("oneroster", "Let a district follow the OneRoster folder of its information system")

_NAME = 255
_LAST = 5
_MANAGES = Permission.DISTRICT_MANAGE


def _first(ctx: Context, district: District) -> Sequence[School]:
    """Return a district's first school, as a list that is empty if it has none."""
    return ctx.uow.districts.schools(district.id, after=None, limit=1)


def _names(ctx: Context, orgs: Sequence[Org]) -> dict[str, str]:
    """Return the names of the schools that organisations are mapped to, by id."""
    found = (ctx.uow.schools.by_id(of) for of in {one.school_id for one in orgs if one.school_id})
    return {school.id: school.name for school in found if school is not None}


def _orgs(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the organisations that the folder has listed."""
    orgs = ctx.uow.oneroster_known.orgs(managed(ctx).id)
    fitting = [(key, one) for key, one in orgs.items() if typed.casefold() in one.name.casefold()]
    return [
        Item(key, verbatim(one.name))
        for key, one in sorted(fitting, key=lambda pair: pair[1].name)[:SUGGESTIONS]
    ]


def _sources(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest roles of the folder: those that OneRoster defines, and those that are mapped already."""
    known = {**ROLE_MAP, **ctx.uow.oneroster_known.roles(managed(ctx).id)}
    return matching(known, typed)[:SUGGESTIONS]


def _roles(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the roles that a sync may give."""
    district = managed(ctx)
    offered = [
        one.name
        for school in _first(ctx, district)
        for one in access.grantable(ctx.uow, acting_for(district.id), school)
    ]
    return matching([SCHOOLS_DEFAULT, *offered], typed)[:SUGGESTIONS]


@oneroster.command(needs=_MANAGES, over=over)
def connect(
    ctx: Context,
    folder: Annotated[
        str, option("The folder's name below the installation's root, or its zip's", maximum=80)
    ],
    nightly: Annotated[
        str | None,
        option("When it is looked at each night, such as 2:30; if empty, only when asked", maximum=8),
    ] = None,
    zone: Annotated[
        str | None, option("The time zone of that time; the first school's, if empty", suggest=zones)
    ] = None,
    district: Which = "",
) -> Card:
    """Set where a district's OneRoster folder is, and when it is looked at each night."""
    found = find_district(ctx, district)
    own = [one.zone for one in _first(ctx, found)] or ["UTC"]
    named = zone_named(zone) or own[0]
    time = read_time(nightly, "nightly") if nightly else None
    return cards.connected(
        found, setup.connect(ctx.uow, ctx.actor, found, folder=folder.strip(), zone=named, at=time)
    )


@oneroster.command(needs=_MANAGES, over=over)
def disconnect(ctx: Context, district: Which = "") -> Card:
    """Stop following the folder; everybody keeps what they have."""
    found = find_district(ctx, district)
    setup.disconnect(ctx.uow, ctx.actor, found)
    return cards.disconnected(found)


@oneroster.command(needs=_MANAGES, over=over, reads=True)
def show(ctx: Context, district: Which = "") -> Card:
    """Show the folder, what its schools and roles mean, and what the last look led to."""
    found = find_district(ctx, district)
    store, known = ctx.uow.oneroster, ctx.uow.oneroster_known
    orgs = list(known.orgs(found.id).values())
    return cards.shown(
        found,
        store.source(found.id),
        orgs,
        _names(ctx, orgs),
        {**ROLE_MAP, **known.roles(found.id)},
        store.runs(found.id, _LAST),
    )


@oneroster.command(needs=_MANAGES, over=over)
def sync(ctx: Context, district: Which = "") -> Card:
    """Look at the folder now; nothing is changed until you agree to the plan."""
    found = find_district(ctx, district)
    return cards.run(found, runs.ask(ctx.uow, ctx.actor, found))


@oneroster.command(needs=_MANAGES, over=over, hidden=True)
def apply(
    ctx: Context,
    run: Annotated[str, option("Which look", maximum=26)],
    number: Annotated[
        int | None, option("How many would lose access, if you are asked", minimum=0, maximum=1_000_000)
    ] = None,
    district: Which = "",
) -> Reply:
    """Do what a look at the folder has planned."""
    found = find_district(ctx, district)
    return Reply(redraw=cards.run(found, runs.agree(ctx.uow, ctx.actor, found, run, number)))


@oneroster.command(needs=_MANAGES, over=over, reads=True, hidden=True)
def errors(
    ctx: Context, run: Annotated[str, option("Which look", maximum=26)], district: Which = ""
) -> Reply:
    """Get everything that is wrong with the folder as a file."""
    found = _run(ctx, find_district(ctx, district), run)
    return Reply(deferred=lambda: cards.errors(found))


def _run(ctx: Context, district: District, run_id: str) -> Run:
    found = ctx.uow.oneroster.run(run_id)
    if found is None or found.district_id != district.id:
        raise NotFound("run")
    return found


@oneroster.command(needs=_MANAGES, over=over)
def school(
    ctx: Context,
    org: Annotated[str, option("An organisation of the folder", maximum=_NAME, suggest=_orgs)],
    school: Annotated[
        str | None,
        option("Which school it is; none: its people are left out", suggest=its_schools, clears=True),
    ] = None,
    district: Which = "",
) -> Card:
    """Say which school an organisation in the folder is."""
    found = find_district(ctx, district)
    chosen = which_school.meant(ctx.uow, ctx.actor, school) if school else None
    name = setup.map_school(ctx.uow, ctx.actor, found, org, chosen)
    return cards.mapped_school(name, chosen.name if chosen else None)


@oneroster.command(needs=_MANAGES, over=over)
def role(
    ctx: Context,
    source: Annotated[str, option("A role of the folder", maximum=80, suggest=_sources)],
    role: Annotated[
        str, option("What it means here: a role, default, or none", suggest=_roles, clears=True)
    ] = NOTHING,
    district: Which = "",
) -> Card:
    """Say what a role in the folder means here."""
    found = find_district(ctx, district)
    return cards.mapped_role(setup.map_role(ctx.uow, ctx.actor, found, source, role), role)

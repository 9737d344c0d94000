"""/school: create, show and set up schools, link them to workspaces, archive and restore them."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.schools import schools as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import ChannelId, Option, option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import verbatim
from bot.chat.values import as_typed
from bot.commands.common import administers, linked_here, roles_to_give, zone_named, zones
from bot.commands.district import own_districts
from bot.core.errors import BadValue, NotFound
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools import districts, public_schools, schools, tree, which_school
from bot.core.schools import settings as school_settings
from bot.core.schools import views as school_views
from bot.core.schools.schools import Approval, School, SchoolAccess
from bot.core.schools.whom_to_ask import may_ask, whom_to_ask
from bot.core.workspaces import unlinking

school = Group("school", "Set up your school and its door")

_NAME = 80
_CONTACT = 200
_SEARCH = 40
_FOUND = 25
_DOOR = frozenset({"access", "approval", "invitation_skips_approval"})
WhoMayAsk = Annotated[
    SchoolAccess | None,
    option("Who may ask to join: anyone (public), or only people with an invitation (private)"),
]
WhoDecides = Annotated[
    Approval | None, option("Whether an admin decides (by request) or all come in at once (automatic)")
]
InvitedComeIn = Annotated[bool | None, option("Whether people with an invitation come in without approval")]


def public_ones(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest public schools by name."""
    return [Item(one.id, verbatim(one.name)) for one in ctx.uow.schools.find_public(typed, _FOUND)]


def _may_create(ctx: Context) -> bool:
    """Tell whether the actor administers the workspace, or has a role in a district."""
    return administers(ctx) or bool(own_districts(ctx, ""))


@school.command(may=_may_create)
def create(
    ctx: Context,
    name: Annotated[str, option("Its name", minimum=2, maximum=_NAME)],
    access: Annotated[
        SchoolAccess,
        option("Who may ask to join: anyone (public), or only people with an invitation (private, if empty)"),
    ] = SchoolAccess.PRIVATE,
    approval: Annotated[
        Approval, option("Whether an admin decides (by request, if empty) or all come in at once (automatic)")
    ] = Approval.BY_REQUEST,
    zone: Annotated[str | None, option("Its time zone, such as Europe/Berlin", suggest=zones)] = None,
    district: Annotated[str, option("The district it belongs to, if any", suggest=own_districts)] = "",
) -> Card:
    """Create a school in this server or workspace, with you as its admin, or in a district."""
    local, name = zone_named(zone) or ctx.zone.key, " ".join(name.split())
    if district or not administers(ctx):
        found = districts.find(ctx.uow, ctx.actor, district)
        made = tree.create_in(ctx.uow, ctx.actor, found, name, access=access, approval=approval, zone=local)
        return cards.created_in(made, found)
    made = schools.create(ctx.uow, ctx.actor, name, access=access, approval=approval, zone=local)
    return cards.created(made, ctx.typed)


@school.command(needs=Permission.MEMBER_READ, reads=True)
def show(ctx: Context) -> Card:
    """Show a school's settings."""
    view = school_views.view(ctx.uow, ctx.actor, ctx.school)
    return cards.shown(view, ctx.actor.caller.workspace, ctx.typed)


def _may_ask(ctx: Context, school: School) -> bool:
    return may_ask(ctx.uow, ctx.actor, school)


@school.command(at_school=True, suits=_may_ask, reads=True)
def who(ctx: Context) -> Card:
    """Show whom to ask at your school: its contact, and its admins."""
    return cards.whom_to_ask(ctx.school, whom_to_ask(ctx.uow, ctx.actor, ctx.school))


def _settings(ctx: Context) -> dict[str, str]:
    """Return the present settings, to fill the form with."""
    now = ctx.school
    return {
        "name": now.name,
        "default_role": now.default_role,
        "zone": now.zone,
        "support_contact": now.support_contact,
        "direct_messages": as_typed(now.approver_dms),
    }


def _asked(ctx: Context) -> tuple[Option, ...]:
    """Return the form's options, without those of `/school joining`: here they can only be typed."""
    return tuple(one for one in ctx.registry["school edit"].options if one.name not in _DOOR)


@school.command(needs=Permission.SCHOOL_EDIT, asks=_settings, shapes=_asked)
def edit(
    ctx: Context,
    name: Annotated[str | None, option("Its name", minimum=2, maximum=_NAME)] = None,
    access: WhoMayAsk = None,
    approval: WhoDecides = None,
    invitation_skips_approval: InvitedComeIn = None,
    default_role: Annotated[
        str | None,
        option("Role of new members, unless their invitation says another", suggest=roles_to_give),
    ] = None,
    zone: Annotated[str | None, option("Its time zone, such as Europe/Berlin", suggest=zones)] = None,
    support_contact: Annotated[
        str | None, option("Who people can ask for help", maximum=_CONTACT, clears=True)
    ] = None,
    direct_messages: Annotated[
        bool | None, option("Whether approvers also get each request as a direct message")
    ] = None,
) -> Card:
    """Change your school's name, zone and contact."""
    edited = school_settings.edit_school(
        ctx.uow,
        ctx.actor,
        ctx.school,
        name=name and " ".join(name.split()),
        access=access,
        approval=approval,
        invitation_skips_approval=invitation_skips_approval,
        default_role=_default_role(ctx, default_role),
        zone=zone_named(zone),
        support_contact=support_contact,
        approver_dms=direct_messages,
    )
    waiting, powerful = count_still_waiting(ctx, edited), _newcomers_give_roles(ctx, edited)
    return cards.edited(edited, waiting, newcomers_give_roles=powerful)


def _newcomers_give_roles(ctx: Context, edited: School) -> bool:
    """Tell whether the default role lets its holders give roles, which is hardly ever meant."""
    role = access.role_named(ctx.uow, edited, edited.default_role)
    return role is not None and Permission.ROLE_GRANT in role.holds


def count_still_waiting(ctx: Context, edited: School) -> int:
    """Count the pending requests that an admin must still decide after approval has become automatic."""
    if edited.approval is ctx.school.approval or edited.approval is not Approval.AUTOMATIC:
        return 0
    return ctx.uow.digests.count_pending(edited.id)


def _default_role(ctx: Context, typed: str | None) -> str | None:
    """Return the new default role, or None if it is unchanged.

    The actor must be allowed to give it, since everybody who joins gets it.
    """
    if not typed or typed.casefold() == ctx.school.default_role.casefold():
        return None  # a form also sends the unchanged role, which the actor perhaps may not give
    return access.grantable_role(ctx.uow, ctx.actor, ctx.school, typed).name


@school.command(needs=Permission.SCHOOL_EDIT, suits=linked_here, submit="Save")
def approvals(
    ctx: Context,
    channel: Annotated[
        ChannelId | None, option("Where requests to join arrive; this channel, if empty")
    ] = None,
) -> Card:
    """Choose the channel where join requests arrive."""
    chosen = channel or ctx.actor.caller.channel
    if not chosen:
        raise BadValue("channel", "is missing")
    schools.set_approvals_channel(ctx.uow, ctx.actor, ctx.school, chosen)
    return cards.approvals_set(ctx.school, ctx.actor.caller.platform)


@school.command(at_school=False, may=administers)
def link(
    ctx: Context,
    code: Annotated[
        str, option("The one-time code from the school's other server or workspace", secret=True)
    ],
) -> Card:
    """Link a school from elsewhere to this server or workspace too."""
    return cards.linked(schools.link(ctx.uow, ctx.actor, code), ctx.typed)


@school.command(needs=Permission.SCHOOL_LINK)
def share(ctx: Context) -> Card:
    """Get a one-time code to link this school to another server or workspace."""
    return cards.link_offered(ctx.school, schools.offer_link(ctx.uow, ctx.actor, ctx.school), ctx.links.typed)


def _serving(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the workspaces that the school is linked to."""
    serving = ctx.uow.workspaces.of_school(ctx.school.id)
    both = zip(serving, unlinking.named(serving), strict=True)
    return [
        Item(one.id, cards.workspace_name(one, name))
        for one, name in both
        if typed.casefold() in name.casefold()
    ]


@school.command(needs=Permission.SCHOOL_LINK)
def unlink(
    ctx: Context,
    workspace: Annotated[str, option("Which server or workspace; this one, if empty", suggest=_serving)] = "",
) -> Card:
    """Unlink a school from a server or workspace where it does not belong."""
    return cards.unlinked(ctx.school, unlinking.unlink(ctx.uow, ctx.actor, ctx.school, workspace))


@school.command(reads=True)
def find(
    ctx: Context, name: Annotated[str, option("Its name, or a part of it", maximum=_SEARCH)] = ""
) -> Card:
    """Find a public school to join, or look through all of them."""
    return _found_page(ctx, name, after=None)


@school.command(reads=True, hidden=True)
def further(
    ctx: Context,
    after: Annotated[str, option("The last school of the page before")],
    name: Annotated[str, option("What was searched", maximum=_SEARCH)] = "",
) -> Reply:
    """Show the next page of public schools."""
    return Reply(redraw=_found_page(ctx, name, after=public_schools.by_id(ctx.uow, after)))


def _found_page(ctx: Context, name: str, *, after: School | None) -> Card:
    found = ctx.uow.schools.find_public(name, PAGE + 1, after=after)
    return cards.public_schools(found[:PAGE], name, more=len(found) > PAGE)


@school.command(needs=Permission.SCHOOL_CREATE)
def move(
    ctx: Context,
    district: Annotated[
        str, option("The district to move it to; out of all, if empty", suggest=own_districts)
    ] = "",
) -> Card:
    """Move a school to another district."""
    to = districts.find(ctx.uow, ctx.actor, district) if district else None
    return cards.moved(tree.move(ctx.uow, ctx.actor, ctx.school, to), to)


@school.command(needs=Permission.SCHOOL_CREATE)
def archive(ctx: Context) -> Reply:
    """Archive a school: only its district's admins can do anything in it."""
    return Reply(redraw=cards.archived(tree.archive(ctx.uow, ctx.actor, ctx.school)))


def _archived(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest archived schools in the actor's districts."""
    found = which_school.overseen(ctx.uow, ctx.actor, typed, _FOUND, archived=True)
    return [Item(one.id, verbatim(one.name)) for one in found]


def _archived_school(ctx: Context) -> School:
    """Find the school to restore; if two have the typed name, the archived one.

    Without a name, return any archived school that the actor may restore: the form then asks for the name.
    """
    typed = " ".join(ctx.value("name").split())
    most = 2 if typed else 1
    found = which_school.overseen(ctx.uow, ctx.actor, typed, most, whole=bool(typed), archived=True)
    if len(found) == 1:
        return found[0]
    try:
        return which_school.meant(ctx.uow, ctx.actor, typed)
    except NotFound:
        raise NotFound("archived school") from None


@school.command(needs=Permission.SCHOOL_CREATE, about=_archived_school)
def restore(ctx: Context, name: Annotated[str, option("Which archived school", suggest=_archived)]) -> Reply:
    """Open an archived school again, as it was."""
    del name  # `_archived_school` reads it
    return Reply(redraw=cards.restored(tree.restore(ctx.uow, ctx.actor, ctx.school)))

"""/member: show members, and change their roles and status."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.people import accounts as account_cards
from bot.cards.people import members as cards
from bot.cards.people.late_clicks import member_card
from bot.chat.commands import Group, Handler
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Item, Reply
from bot.chat.values import as_typed
from bot.commands.common import Sure
from bot.commands.mentions import member_named, members_like
from bot.core.people import archiving, directory, former_members, lifecycle, passwords
from bot.core.people.archiving import Choice
from bot.core.people.lifecycle import TRANSITIONS, Verb
from bot.core.people.members import Access, Member, Standing
from bot.core.rights import grants
from bot.core.rights.permissions import Permission
from bot.core.typed_lists import listed

member = Group("member", "See and change who is in your school")


def people(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest members of the school by name."""
    found = members_like(ctx, typed, PAGE)
    return cards.items(found, directory.issuers(ctx.uow, found))


Who = Annotated[str, option("Who: a name, or choose from the list", suggest=people)]


@member.command(needs=Permission.MEMBER_READ, reads=True, on_person="Membership…")
def show(ctx: Context, person: Who) -> Card:
    """Show a member: roles, status, when they joined."""
    return member_card(ctx, member_named(ctx, person))


def again(ctx: Context, found: Member, *, ended: int = 0) -> Reply:
    """Show a member after a change, and how many of their invitations it ended."""
    return Reply(redraw=cards.ending(member_card(ctx, member_named(ctx, found.membership.id)), ended))


def _roles_now(ctx: Context) -> dict[str, str]:
    typed = ctx.value("person")
    return {"roles": ", ".join(member_named(ctx, typed).roles)} if typed else {}


@member.command(needs=Permission.ROLE_GRANT, asks=_roles_now, submit="Save")
def roles(
    ctx: Context,
    person: Who,
    roles: Annotated[str, option("All their roles here, separated by commas", minimum=2)],
) -> Reply:
    """Change a member's roles; they take effect at once."""
    found = member_named(ctx, person)
    wanted = listed(roles)
    grants.set_roles(ctx.uow, ctx.actor, ctx.school, found.membership.person_id, wanted)
    return again(ctx, found)


def _declare(verb: Verb, description: str) -> None:
    """Declare the command of a verb that takes only the person."""

    def handler(ctx: Context, person: Who) -> Reply:
        found = member_named(ctx, person)
        ended = lifecycle.change(ctx.uow, ctx.actor, ctx.school, found.membership.person_id, verb)
        return again(ctx, found, ended=ended)

    named: Handler = handler
    named.__doc__ = description
    member.command(name=verb.value, needs=TRANSITIONS[verb].needs)(named)


for _verb, _description in {
    Verb.SUSPEND: "Suspend a member for a time; their records stay.",
    Verb.REINSTATE: "Lift a member's suspension.",
    Verb.DEACTIVATE: "Deactivate a member; no import, code or sync undoes it.",
    Verb.REACTIVATE: "Reactivate a deactivated member.",
}.items():
    _declare(_verb, _description)

Stands = Annotated[Standing | None, option("Whether they are let in; if empty, as they stand")]
Suspended = Annotated[bool | None, option("Whether they are suspended; if empty, as they are")]


def _as_they_are(ctx: Context) -> dict[str, str]:
    typed = ctx.value("person")
    if not typed:
        return {}
    found = member_named(ctx, typed).membership
    suspended = found.access is Access.SUSPENDED
    return {"standing": found.standing.value, "suspended": as_typed(suspended)}


@member.command(needs=Permission.MEMBER_ARCHIVE, asks=_as_they_are)
def archive(ctx: Context, person: Who, standing: Stands = None, suspended: Suspended = None) -> Reply:
    """Take a member off the list; they stay in the history."""
    found = member_named(ctx, person)
    choice = Choice(standing, suspended)
    ended = archiving.archive(ctx.uow, ctx.actor, ctx.school, found.membership.person_id, choice)
    return again(ctx, found, ended=ended)


@member.command(needs=Permission.MEMBER_ARCHIVE, asks=_as_they_are)
def restore(ctx: Context, person: Who, standing: Stands = None, suspended: Suspended = None) -> Reply:
    """Put an archived member back on the list, as they were or as you choose."""
    found = member_named(ctx, person)
    choice = Choice(standing, suspended)
    archiving.restore(ctx.uow, ctx.actor, ctx.school, found.membership.person_id, choice)
    return again(ctx, found)


@member.command(needs=Permission.MEMBER_REMOVE)
def remove(ctx: Context, person: Who) -> Reply:
    """Remove a member from the school; other schools are not touched."""
    found = member_named(ctx, person)
    ended = lifecycle.remove(ctx.uow, ctx.actor, ctx.school, found.membership.person_id)
    left = former_members.is_known_only_here(ctx.uow, ctx.school, found.membership.person_id)
    return Reply(redraw=cards.ending(cards.removed(found, ctx.school, left=left), ended))


@member.command(needs=Permission.MEMBER_EDIT, submit="Send the link")
def password(ctx: Context, person: Who) -> Card:
    """E-mail a member a link to choose their password; nobody else sees it."""
    found = member_named(ctx, person)
    passwords.send_link(ctx.uow, ctx.actor, ctx.school, found.membership.person_id, ctx.ways)
    return account_cards.password_link_sent(found.name)


@member.command(needs=Permission.PRIMARY_TRANSFER, submit="Make Primary")
def primary(ctx: Context, person: Who, sure: Sure = False) -> Reply:
    """Make another active admin the Primary Admin and billing contact."""
    found = member_named(ctx, person)
    before = grants.make_primary(ctx.uow, ctx.actor, ctx.school, found.membership.person_id, confirmed=sure)
    if sure:
        return Reply(redraw=cards.primary_made(found, ctx.school))
    return Reply(cards.primary_asked(found, ctx.school, ctx.uow.people.by_id(before) if before else None))

"""/account: a person's own accounts, settings and stored data."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards.people import account as cards
from bot.cards.people import accounts as account_cards
from bot.cards.people import exports as export_cards
from bot.chat.actions import Action
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import say
from bot.chat.values import as_typed
from bot.commands.common import Part, Sure, zone_named, zones
from bot.core import claims
from bot.core.ids import normal_code
from bot.core.people import accounts, erasure, exports, lifecycle, own_settings, passwords
from bot.core.people.merging import MergePlan
from bot.core.schools.schools import School

account = Group("account", "Your own account")


def _own(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the actor's own accounts."""
    wanted = typed.casefold()
    return [
        Item(
            accounts.handle(key),
            say("{platform} {account}", platform=account_cards.platform(key), account=key.subject),
        )
        for key in accounts.of_actor(ctx.uow, ctx.actor)
        if wanted in str(key).casefold()
    ]


@account.command()
def claim(
    ctx: Context, code: Annotated[str, option("The one-time code that the operator was shown", secret=True)]
) -> Card:
    """Become System Administrator with the operator's one-time code."""
    claims.become_system_administrator(ctx.uow, ctx.actor, code)
    return cards.claimed(ctx.typed)


@account.command(reads=True)
def show(ctx: Context) -> Card:
    """Show your linked accounts."""
    return account_cards.shown(accounts.of_actor(ctx.uow, ctx.actor), ctx.actor.caller.account, ctx.typed)


def _settings(ctx: Context) -> dict[str, str]:
    now = own_settings.shown(ctx.uow, ctx.actor)
    return {"zone": now.zone or "", "message_notifications": as_typed(now.message_notifications)}


@account.command(asks=_settings)
def edit(
    ctx: Context,
    zone: Annotated[
        str | None,
        option("Your time zone, such as Europe/Berlin; your chat's, if empty", suggest=zones, clears=True),
    ] = None,
    message_notifications: Annotated[bool | None, option("Whether you are told of new messages")] = None,
) -> Card:
    """Change your time zone, and what you are told."""
    read = {"zone": zone and zone_named(zone), "message_notifications": message_notifications}
    given: dict[str, object] = {name: value for name, value in read.items() if value is not None}
    if given.get("zone") == "":
        given["zone"] = None
    return account_cards.settings(own_settings.edit(ctx.uow, ctx.actor, given))


@account.command()
def link(
    ctx: Context,
    code: Annotated[
        str, option("The code that your other account was given; empty to get one", secret=True)
    ] = "",
) -> Card:
    """Link your accounts on several platforms: get a one-time code, and type it on the other one."""
    if not code:
        return account_cards.link_offered(accounts.offer(ctx.uow, ctx.actor), ctx.typed, ctx.links.typed)
    return _joined(accounts.join(ctx.uow, ctx.actor, code), code, stale=False)


@account.command(hidden=True)
def merge(
    ctx: Context,
    code: Annotated[str, option("The one-time code", secret=True)],
    plan: Annotated[str, option("The plan that was agreed to")],
) -> Reply:
    """Do what the plan of a link says, unless the facts have changed."""
    done = accounts.join(ctx.uow, ctx.actor, code, agreed=plan)
    return Reply(redraw=_joined(done, code, stale=True))


def _joined(done: accounts.Linked | MergePlan, code: str, *, stale: bool) -> Card:
    if isinstance(done, MergePlan):
        return account_cards.merge_plan(done, normal_code(code) or code, stale=stale)
    return account_cards.linked(done)


@account.command()
def unlink(ctx: Context, account: Annotated[str, option("Which one", suggest=_own)]) -> Reply:
    """Unlink one of your accounts; at least one stays."""
    return Reply(redraw=account_cards.unlinked(accounts.unlink(ctx.uow, ctx.actor, account)))


@account.command()
def password(ctx: Context) -> Card:
    """Get a link by e-mail to choose your password; never type one in a chat."""
    passwords.send_own_link(ctx.uow, ctx.actor, ctx.ways)
    return account_cards.password_link_sent()


def _in(ctx: Context, school: School) -> bool:
    """Tell whether the actor is a member of a school."""
    person_id = ctx.actor.person_id
    membership = ctx.uow.members.of(school.id, person_id) if person_id else None
    return membership is not None and membership.active


@account.command(at_school=True, suits=_in)
def leave(ctx: Context, sure: Sure = False) -> Reply:
    """Leave a school; your other schools are not touched."""
    ended = lifecycle.leave(ctx.uow, ctx.actor, ctx.school, confirmed=sure)
    if sure:
        return Reply(redraw=cards.left(ctx.school, ended))
    return Reply(cards.leaving(ctx.school, ctx.typed))


@account.command(reads=True)
def export(ctx: Context, part: Part = 1) -> Card:
    """Get everything that is held about you, as a file."""
    person = ctx.actor.known_person
    held = exports.own(ctx.uow, person, part)
    return export_cards.exported(person.name, held, Action("account export"))


@account.command()
def erase(
    ctx: Context,
    sure: Sure = False,
) -> Reply:
    """Erase what is held about you; the audit log stays complete."""
    done = erasure.own(ctx.uow, ctx.actor, confirmed=sure)
    if sure:
        return Reply(redraw=export_cards.erased(done, own=True))
    return Reply(export_cards.erasing(done, Action("account erase", {"sure": "yes"}), own=True))

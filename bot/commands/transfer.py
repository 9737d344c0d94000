"""/member transfer: transfer one member's records to another."""

from functools import cache
from importlib.metadata import entry_points
from typing import Annotated

from bot.cards.people import transfers as cards
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Reply
from bot.commands.member import Who, member, people
from bot.commands.mentions import member_named
from bot.core.errors import NotFound
from bot.core.people import transfers
from bot.core.people.transfers import PlugIn, TransferRequest
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.schools import School

GROUP = "homeroom.transfers"
# The admin's two wishes, appended to the plan's digest as letters, since a button has little room.
_PRIMARY, _REMOVE = "p", "r"


@cache
def plug_ins() -> tuple[PlugIn, ...]:
    """Load the installed plug-ins that transfer records in other systems, ordered by name."""
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return tuple(point.load()() for point in found)


@member.command(needs=Permission.MEMBER_TRANSFER)
def transfer(
    ctx: Context,
    person: Who,
    to: Annotated[str, option("Who gets the records", suggest=people)],
    primary: Annotated[bool, option("Whether being Primary Admin passes on too")] = False,
    remove: Annotated[bool, option("Whether the first person is then removed from the school")] = False,
) -> Reply:
    """Transfer one member's records to another: you see what would move, and confirm."""
    source = member_named(ctx, person)
    target = member_named(ctx, to)
    return _transfer(ctx, TransferRequest(source, target, primary, remove), agreed="")


def _school_of_source(ctx: Context) -> School:
    """Find the school by the member whose records move; the button has no room for the school's id."""
    school_id = ctx.uow.members.school_of(ctx.value("of"))
    if school_id is None:
        raise NotFound("member")
    return which_school.known(ctx.uow, ctx.actor, school_id, "member")


@member.command(needs=Permission.MEMBER_TRANSFER, about=_school_of_source, hidden=True)
def hand(
    ctx: Context,
    of: Annotated[str, option("Whose records")],
    to: Annotated[str, option("Who gets them")],
    plan: Annotated[str, option("The plan that was agreed to")],
) -> Reply:
    """Do what the plan of a transfer says, unless the facts have changed."""
    digest, _, wishes = plan.partition("-")
    asked = TransferRequest(
        member_named(ctx, of),
        member_named(ctx, to),
        primary=_PRIMARY in wishes,
        remove=_REMOVE in wishes,
    )
    return _transfer(ctx, asked, agreed=digest)


def _transfer(ctx: Context, asked: TransferRequest, *, agreed: str) -> Reply:
    plan, done = transfers.transfer(ctx.uow, ctx.actor, ctx.school, asked, plug_ins(), agreed=agreed)
    if done:
        return Reply(redraw=cards.done(plan, ctx.school))
    wishes = (_PRIMARY if asked.primary else "") + (_REMOVE if asked.remove else "")
    values = {
        "of": asked.source.membership.id,
        "to": asked.target.membership.id,
        "plan": f"{plan.digest}-{wishes}",
    }
    card = cards.planned(plan, ctx.school, Action("member hand", values), stale=bool(agreed))
    return Reply(redraw=card) if agreed else Reply(card)

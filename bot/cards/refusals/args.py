"""The values in the words of a refusal, such as names, times and commands."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import reduce

from bot.cards import following as following_cards
from bot.cards.common import contact
from bot.cards.people import accounts
from bot.cards.refusals import files as file_cards
from bot.cards.refusals.words import LISTS, QUOTAS, USES
from bot.cards.requests import join_requests as request_cards
from bot.chat.context import Context
from bot.chat.text import Line, Value, fill, say
from bot.core import errors, joining_errors
from bot.core.errors import Quota, Refusal
from bot.core.files import BadFile
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.people.members import Membership
from bot.core.requests import views as request_views
from bot.core.requests.join_requests import JoinRequest
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.schools import School

# The commands that the words of refusals name.
COMMANDS = (
    "account erase",
    "account link",
    "account password",
    "account show",
    "help",
    "join",
    "school create",
    "school link",
    "school mirror",
    "school share",
    "school show",
    "invite create",
    "invite list",
    "invite reissue",
    "invite unlock",
    "request list",
    "request reopen",
    "role following",
    "role unfollow",
    "school edit",
    "scim groups",
    "district restore",
    "member erase",
    "member primary",
    "member remove",
    "member show",
    "member roles",
    "member edit",
    "member list",
    "district show",
)
DEAD = {
    InvitationState.REVOKED: say("revoked"),
    InvitationState.EXPIRED: say("expired"),
    InvitationState.EXHAUSTED: say("used up"),
    InvitationState.ACCEPTED: say("accepted"),
    InvitationState.DECLINED: say("declined"),
    InvitationState.CLEARED: say("cleared"),
    InvitationState.LOCKED: say("locked"),
}


def args_of(ctx: Context, refusal: Refusal) -> dict[str, Value]:
    """Return the arguments for a refusal's templates: its values, and commands as typed on this front."""
    args: dict[str, Value] = {path.replace(" ", "_"): ctx.typed(path) for path in COMMANDS}
    args["here"] = _where(ctx, refusal)
    if isinstance(refusal, errors.NotFound):
        args["list"] = ctx.typed(LISTS.get(refusal.what, "help"))
    if isinstance(refusal, BadFile):
        return args | file_cards.words(refusal)
    if isinstance(refusal, errors.CannotFollow):
        args["why"], args["then"] = following_cards.why(refusal.problem, refusal.name)
    if isinstance(refusal, joining_errors.WrongAccount):
        args["sign_in"] = _right_account(ctx, refusal)
    if isinstance(refusal, errors.RoleInUse):
        args |= _uses(refusal, args)
    if isinstance(refusal, errors.NotPermitted) and refusal.kept_out is not None:
        args |= args_of(ctx, refusal.kept_out)
    for name, value in vars(refusal).items():
        args |= _values(ctx, name, value)
    if isinstance(refusal, errors.BadValue) and (asked := _question(ctx, refusal.option)):
        args["option"] = say("“{question}”", question=asked)
    return args


def _uses(refusal: errors.RoleInUse, args: Mapping[str, Value]) -> dict[str, Value]:
    """Say what uses a role, and what to do about each use."""
    whys = [say(USES[use][0]) for use in refusal.uses]
    steps = [fill(USES[use][1], args) for use in refusal.uses]
    return {
        "why": reduce(lambda one, other: say("{one}; {other}", one=one, other=other), whys),
        "then": reduce(lambda one, other: say("{one} {other}", one=one, other=other), steps),
    }


def _where(ctx: Context, refusal: Refusal) -> Line:
    """Name the school where the actor lacks a right, if the call is about another one; else say "here"."""
    at = refusal.at if isinstance(refusal, errors.NotPermitted | errors.RoleAboveCeiling) else None
    with suppress(Refusal):
        if at is not None and at.id != ctx.school.id:
            known = which_school.known(ctx.uow, ctx.actor, at.id, "school")
            return say("at {school}", school=known.name)
    return say("here")


def _question(ctx: Context, option: str) -> str:
    """Return an option's title in the command's form, if it has one: people know the option by that name."""
    if ctx.command is None or ctx.command.shapes is None:
        return ""
    try:
        return next((one.title for one in ctx.command.shapes(ctx) if one.name == option), "")
    except Refusal:
        return ""


def _right_account(ctx: Context, refusal: joining_errors.WrongAccount) -> Line:
    """Say how to use the right account, without telling the caller more than they may know."""
    if refusal.known:
        template = "You are known here by another account. Answer with that one, or link this one: `{link}`."
        return say(template, link=ctx.typed("account link"))
    if refusal.address:
        return say("Open its link and sign in as {address}.", address=refusal.address)
    if refusal.issuer:
        return say(
            "Answer it on {platform}, with the account it was sent to.",
            platform=accounts.platforms([refusal.issuer]),
        )
    return say("Switch to the account it was sent to.")


def _values(ctx: Context, name: str, value: object) -> dict[str, Value]:  # noqa: PLR0911 - one a kind
    match value:
        case School():
            return {name: value.name, "contact": contact(value)}
        case Quota():
            return {name: say(QUOTAS[value][0]), "remedy": say(QUOTAS[value][1])}
        case Permission():
            return {name: say(value.phrase), "atom": value.value}
        case JoinRequest():
            status = request_cards.status(request_views.view(ctx.uow, value))
            return {name: value.submitted_at, "status": status}
        case Membership():
            return {"state": value.barred_as or "not active"}
        case Invitation():
            return {"state": DEAD.get(value.state(ctx.uow.now), say("not usable"))}
        case tuple():
            shown: Value = ", ".join(value)
        case datetime() | int():
            shown = value
        case _:
            shown = "" if value is None else str(value)
    return {name: shown}

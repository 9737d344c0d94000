"""Finds the accounts and members that typed mentions, names, addresses and ids mean."""

import re
from collections.abc import Callable, Sequence

from bot.chat.context import Context
from bot.core.errors import NameUnclear, NoMemberNamed, NotFound
from bot.core.ids import is_id
from bot.core.people import members
from bot.core.people.members import Member
from bot.core.people.people_filter import PeopleFilter
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Platform
from bot.core.rights.permissions import Permission
from bot.core.typed_lists import beginnings

# As Discord and Slack write a mention: <@123>, <@!123>, <@U123>, <@U123|nia>.
_MENTION = re.compile(r"<@!?([A-Za-z0-9]+)(?:\|[^>]*)?>")
# What "Copy User ID" copies on Discord.
_DISCORD_ID = re.compile(r"[0-9]{17,20}")
# How many similar names are shown if nobody has the typed name.
_SOME = 3


def mentioned(ctx: Context, typed: str) -> AccountKey | None:
    """Return the account that a mention means, or None if the text is no mention."""
    caller, wanted = ctx.actor.caller, typed.strip()
    if caller.platform is Platform.DISCORD and _DISCORD_ID.fullmatch(wanted):
        return AccountKey(caller.platform.value, wanted)
    if (mention := _MENTION.fullmatch(wanted)) is None:
        return None
    user = mention[1]
    if caller.platform is Platform.SLACK:
        team = caller.account.subject.partition("/")[0]
        return AccountKey(caller.platform.value, f"{team}/{user}")
    return AccountKey(caller.platform.value, user.casefold() if caller.platform is Platform.WEB else user)


def member_named(ctx: Context, typed: str) -> Member:
    """Find a member by a mention, or by name, e-mail address or id; raise `NotFound` if there is none."""
    account = mentioned(ctx, typed)
    if account is None:
        try:
            return members.find(ctx.uow, ctx.school, typed)
        except NotFound:
            named = typed.strip() and not members.is_address(typed)
            alike = (members_like(ctx, name, _SOME) for name, _ in beginnings(typed) if named)
            near = next(filter(None, alike), ())
            if near:
                raise NoMemberNamed("member", tuple(dict.fromkeys(one.name for one in near)), typed) from None
            raise
    person = ctx.uow.people.by_account(account)
    membership = ctx.uow.members.of(ctx.school.id, person.id) if person else None
    if membership is None:
        raise NotFound("member")
    return members.find(ctx.uow, ctx.school, membership.id)


def _left_named(ctx: Context, typed: str) -> Sequence[str]:
    """Return the ids of persons that a mention, address, id or name may mean and who are not members."""
    if is_id(wanted := typed.strip()):
        return [wanted]
    account = mentioned(ctx, wanted)
    person = ctx.uow.people.by_account(account) if account else None
    if person is None and "@" in wanted:
        person = ctx.uow.people.by_email(wanted)
    if person is None and members.is_address(wanted):
        return ()
    return [person.id] if person else ctx.uow.audit.ids_by_name(ctx.school.id, " ".join(wanted.split()))


def member_or_left(ctx: Context, typed: str, fits: Callable[[str], bool]) -> Member | str:
    """Find a member, or the id of the one person who is meant, has left and `fits`; else raise `NotFound`."""
    try:
        return member_named(ctx, typed)
    except NotFound:
        left = [one for one in _left_named(ctx, typed) if fits(one)]
        if len(left) > 1:
            raise NameUnclear(typed) from None
        if not left:
            raise
        return left[0]


def members_like(ctx: Context, typed: str, limit: int) -> Sequence[Member]:
    """Return the first members whose names contain the typed text; none if the actor may not list them."""
    if not access.holds(ctx.uow, ctx.actor, Permission.MEMBER_READ, ctx.school):
        return ()
    wanted = PeopleFilter(ctx.school.id, text=typed, off_list=True)
    return ctx.uow.members.listed(wanted, after=None, limit=limit)

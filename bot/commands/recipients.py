"""Finds the recipient of an invitation by what was typed: an address, a mention or a name."""

import re

from bot.chat.context import Context
from bot.commands.mentions import member_named, mentioned
from bot.core.email_addresses import copied_email, read_email
from bot.core.errors import BadValue, NoMemberNamed, NotFound
from bot.core.invitations.addressed import Invitee
from bot.core.notices import destinations
from bot.core.people.members import Member
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Platform
from bot.core.rights.permissions import Permission

_SEVERAL = re.compile(r"[^\s,;<>@]@[^\s,;<>@]")

LONGEST_NAME = 80


def recipient(ctx: Context, typed: str, name: str) -> Invitee:
    """Return the recipient that was typed; raise `BadValue` if it is nobody."""
    wanted = typed.strip().rstrip(",; ")
    if not wanted:
        if not name:
            raise BadValue("to", "is missing: an e-mail address, a mention, or at least a name")
        return Invitee(name)
    if (account := mentioned(ctx, wanted)) is not None:
        return Invitee(name or account.subject.rpartition("/")[2], account=account)
    if wanted.startswith("@"):
        if ctx.actor.caller.platform is not Platform.WEB:
            raise BadValue("to", "is nobody here: choose the person from the menu that opens after the @")
        return _web_account(wanted[1:], name)
    if "@" in wanted:
        named, copied = copied_email(wanted)
        if len(_SEVERAL.findall(copied)) > 1:
            problem = (
                "names several people: invite them one by one, or bring them in as a list with roster import"
            )
            raise BadValue("to", problem, "nia@example.org")
        address = read_email(copied, "to")
        return Invitee(name or named[:LONGEST_NAME] or _called(ctx, address), email=address)
    return _member(ctx, wanted, name)


def _called(ctx: Context, address: str) -> str:
    """Return the name of the member with that address, or the part of it before the @."""
    try:
        return _listed(ctx, address).name
    except NotFound:
        return address.partition("@")[0]


def _listed(ctx: Context, wanted: str) -> Member:
    """Find a member; nobody for an actor who may not see members, as the invitation shows their address."""
    if not access.holds(ctx.uow, ctx.actor, Permission.MEMBER_READ, ctx.school):
        raise NotFound("member")
    return member_named(ctx, wanted)


def _member(ctx: Context, wanted: str, name: str) -> Invitee:
    """Return a member as recipient, or in the playground the account of that name."""
    try:
        found = _listed(ctx, wanted)
    except NotFound as unknown:
        if ctx.actor.caller.platform is Platform.WEB:
            return _web_account(wanted, name)
        if isinstance(unknown, NoMemberNamed):  # it lists similar names
            raise
        problem = "is nobody whom I know: write an e-mail address, or @ and choose the person"
        raise BadValue("to", problem, "nia@example.org") from None
    person_id = found.membership.person_id
    for chat in destinations.chats(ctx.uow, person_id):
        account = AccountKey(chat.platform.value, chat.account or "")
        return Invitee(name or found.name, account=account, person_id=person_id)
    return Invitee(name or found.name, ctx.uow.people.details(person_id).email, person_id=person_id)


def _web_account(wanted: str, name: str) -> Invitee:
    """Return an account of the playground as recipient; there, a name is an account."""
    return Invitee(name or wanted, account=AccountKey(Platform.WEB.value, wanted.casefold()))

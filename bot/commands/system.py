"""/system: the settings of the whole system."""

from typing import Annotated

from bot.cards import roles as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card
from bot.core.rights.permissions import Permission
from bot.core.schools import system as core
from bot.core.schools.system import WhoMayInvite

system = Group("system", "Settings of the whole system")

_MOST = 10_000_000


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True)
def show(ctx: Context) -> Card:
    """Show the settings of the whole system."""
    return cards.system(ctx.uow.system.settings())


def _as_they_are(ctx: Context) -> dict[str, str]:
    now = ctx.uow.system.settings()
    quotas = ("invitations_a_day", "members_a_school", "mails_a_day", "messages_a_day")
    numbers = {name: getattr(now, name) for name in quotas}
    return {
        "who_may_invite": now.who_may_invite.value,
        "sign_in": ", ".join(now.sign_in),
        **{name: str(number) for name, number in numbers.items() if number},
    }


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False, asks=_as_they_are)
def edit(
    ctx: Context,
    who_may_invite: Annotated[
        WhoMayInvite | None, option("Who may invite: every role with that right, or district admins only")
    ] = None,
    sign_in: Annotated[
        str | None,
        option("How people may sign in on the web; if empty, in every way that is set up", clears=True),
    ] = None,
    invitations_a_day: Annotated[
        int | None,
        option(
            "Most invitations a day for each school; no limit, if empty",
            minimum=0,
            maximum=_MOST,
            clears=True,
        ),
    ] = None,
    members_a_school: Annotated[
        int | None,
        option("Most members a school may have; no limit, if empty", minimum=0, maximum=_MOST, clears=True),
    ] = None,
    mails_a_day: Annotated[
        int | None,
        option("Most e-mails a day in all; no limit, if empty", minimum=0, maximum=_MOST, clears=True),
    ] = None,
    messages_a_day: Annotated[
        int | None,
        option(
            "Most people a day each school may send messages to; no limit, if empty",
            minimum=0,
            maximum=_MOST,
            clears=True,
        ),
    ] = None,
) -> Card:
    """Change the settings of the whole system."""
    edited = core.edit(
        ctx.uow,
        ctx.actor,
        who_may_invite=who_may_invite,
        sign_in=None if sign_in is None else core.read_sign_in(sign_in),
        invitations_a_day=invitations_a_day,
        members_a_school=members_a_school,
        mails_a_day=mails_a_day,
        messages_a_day=messages_a_day,
    )
    return cards.system(edited, saved=True)

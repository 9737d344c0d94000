"""People with invitations of their own, as tests of several parts need them."""

from bot.core.actors import AccountKey, Caller, Platform
from bot.core.invitations import Invitation, InvitationState
from bot.core.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from tests.core.door import Door
from tests.world import BASE_URL, caller

ADA = caller("ada", administers=True)
BEA = caller("bea", administers=True, workspace="oak")


def signed_in(subject: str, email: str = "", issuer: str = "google") -> Caller:
    """Make a caller as the page does: signed in, with an address that the provider vouches for."""
    return Caller(AccountKey(issuer, subject), subject.title(), Platform.WEB, verified_email=email)


async def newest(door: Door) -> Invitation:
    """Return the newest invitation of the only school."""
    return (await door.invitations())[0]


def link(invitation: Invitation) -> str:
    """Return the address of an invitation's page."""
    return f"{BASE_URL}/i/{invitation.token}"


async def state(door: Door, invitation: Invitation) -> InvitationState:
    """Tell how an invitation stands now."""
    found = await door.database.read(lambda uow: uow.invitations.by_id(invitation.id))
    assert found is not None
    return found.state(door.clock.now())


async def roles(door: Door, name: str) -> tuple[str, ...] | None:
    """Return the roles of an active member of the only school; None if there is none of that name."""
    school = await door.school()

    def unit(uow: UnitOfWork) -> tuple[str, ...] | None:
        found = uow.members.listed(PeopleFilter(school.id, text=name), after=None, limit=2)
        active = [one for one in found if one.membership.active]
        return active[0].roles if active else None

    return await door.database.read(unit)


async def owner(door: Door, who: Caller) -> str | None:
    """Tell whose an account is, by the person's id."""

    def unit(uow: UnitOfWork) -> str | None:
        found = uow.people.by_account(who.account)
        return found.id if found else None

    return await door.database.read(unit)

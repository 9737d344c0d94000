"""People who are invited personally, for tests of several parts."""

from bot.core.invitations.addressees import Addressee
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Caller, Platform
from tests.core.door import Door, heard
from tests.world import BASE_URL, caller

ADA = caller("ada", administers=True)
BEA = caller("bea", administers=True, workspace="oak")
INVITE = "/invite person to:nia@example.org name:Nia"
WRONG = "This invitation is for another account."


def signed_in(subject: str, email: str = "", issuer: str = "google") -> Caller:
    """Make a caller as the web page does: signed in, with an address that the provider has verified."""
    return Caller(AccountKey(issuer, subject), subject.title(), Platform.WEB, verified_email=email)


NIA = signed_in("nia", "nia@example.org")


async def newest(door: Door) -> Invitation:
    """Return the newest invitation of the only school."""
    return (await door.invitations())[0]


def link(invitation: Invitation) -> str:
    """Return the link of an invitation."""
    return f"{BASE_URL}/i/{invitation.token}"


async def invites(door: Door, *settings: str, to: str = "nia@example.org") -> str:
    """Invite someone to Maple Grove as Ada; return the link."""
    said = heard(await door.says(ADA, f"/invite person to:{to} name:Nia {' '.join(settings)}"))
    assert said.startswith("Preview"), said
    return link(await newest(door))


async def becomes_the_invited(door: Door, who: str, made: Invitation) -> None:
    """Link somebody's account to the person whom an invitation is for."""

    def unit(uow: UnitOfWork) -> None:
        assert made.to is not None
        assert uow.accounts.link(caller(who).account, made.to.person_id, uow.now)

    await door.database.run(unit)


async def state(door: Door, invitation: Invitation) -> InvitationState:
    """Return the current state of an invitation."""
    found = await door.database.read(lambda uow: uow.invitations.by_id(invitation.id))
    assert found is not None
    return found.state(door.clock.now())


async def roles(door: Door, name: str) -> tuple[str, ...] | None:
    """Return the roles of an active member of the only school; None if there is none with that name."""
    school = await door.school()

    def unit(uow: UnitOfWork) -> tuple[str, ...] | None:
        found = uow.members.listed(PeopleFilter(school.id, text=name), after=None, limit=2)
        active = [one for one in found if one.membership.active]
        return active[0].roles if active else None

    return await door.database.read(unit)


async def owner(door: Door, who: Caller) -> str | None:
    """Return the id of the person whose account a caller has; None if it is unknown."""

    def unit(uow: UnitOfWork) -> str | None:
        found = uow.people.by_account(who.account)
        return found.id if found else None

    return await door.database.read(unit)


async def addressee(door: Door) -> Addressee:
    """Return the addressee of the newest invitation."""
    to = (await newest(door)).to
    assert to is not None
    return to


async def known_by(door: Door, name: str, email: str) -> None:
    """Give a person an e-mail address that was entered, but not verified."""

    def unit(uow: UnitOfWork) -> None:
        person = uow.people.by_account(caller(name).account)
        assert person is not None
        assert uow.people.save_details(person.id, PersonDetails(email=email))

    await door.database.run(unit)

"""Accepting an addressed invitation as a person who is known already, or who says so."""

import pytest

from bot.core.invitations import link_views
from bot.core.invitations.invitations import InvitationFilter
from bot.core.people import passwords
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Caller
from bot.core.values import replace
from tests.core.door import Door, as_, heard, maple
from tests.core.invited import ADA, BEA, NIA, WRONG, invites, known_by, link, newest, owner, roles, signed_in
from tests.core.people.test_accounts import linking_code
from tests.core.people.test_corrections import CLERK
from tests.storage import build
from tests.world import caller


async def test_an_account_that_is_somebody_becomes_the_addressee(door: Door) -> None:
    """Eve is a member elsewhere and proves the address: the invited one and she are one person."""
    await maple(door, invite=None)
    await door.says(BEA, '/school create "Oak" approval:automatic')
    nia = replace(NIA, account=AccountKey("discord", "7"))
    await door.says(BEA, "/invite create role:Observer")
    (school,) = await door.database.read(lambda uow: uow.schools.linked_to(BEA.workspace))  # type: ignore[arg-type]
    code = await door.database.read(
        lambda uow: uow.invitations.listed(school.id, InvitationFilter(), limit=1)[0].code
    )
    await door.says(nia, f"/join {code}")
    before = await owner(door, nia)
    address = await invites(door, "roles:Staff")
    assert "Welcome to Maple Grove" in heard(await door.clicks(nia, "invite accept", invitation=address))
    assert await owner(door, nia) == before
    me = heard(await door.says(nia, "/me"))
    assert "Maple Grove" in me
    assert "Oak" in me
    assert "Staff" in me
    members = await door.members()
    assert len(members) == 3, "the invited one and they are one"


async def test_another_members_account_is_not_taken_over(door: Door) -> None:
    """The school knows Omar by the address, and Omar has an account: he says which others are his."""
    await maple(door)
    await door.says("zoe", f"/join {await door.code()}")
    await known_by(door, "omar", "omar@example.org")
    await door.says(ADA, "/invite person to:omar@example.org roles:Observer")
    address = link(await newest(door))
    zoe = replace(caller("zoe"), verified_email="omar@example.org")
    new = signed_in("omar", "omar@example.org")
    before = await door.known()
    for other in (zoe, new):
        told = heard(await door.clicks(other, "invite accept", invitation=address))
        assert told.startswith(WRONG)
        assert "known here by another" in told
        assert await door.known() == before
    eve = signed_in("eve", "eve@example.org")
    told = heard(await door.clicks(eve, "invite accept", invitation=address))
    assert told.startswith(WRONG)
    assert "known here" not in told, "who Omar is concerns whoever has his address"
    token = address.rpartition("/")[2]
    for other, known in ((zoe, True), (new, True), (eve, False)):

        def look(uow: UnitOfWork, who: Caller = other) -> link_views.LinkView | None:
            return link_views.look(uow, token, as_(uow, who))

        seen = await door.database.read(look)
        assert isinstance(seen, link_views.Open)
        assert (seen.theirs, seen.known) == (False, known)
    code = await linking_code(door, "omar")
    assert "linked" in heard(await door.says(new, f"/account link {code}"))
    assert "Welcome" in heard(await door.clicks(new, "invite accept", invitation=address))
    assert await owner(door, new) == await owner(door, caller("omar"))
    assert "Observer" in (await roles(door, "Omar") or ())


async def test_people_with_a_password_get_another_account_by_their_address(door: Door) -> None:
    """After a change to sign-in by a provider, people who had a password are found by their address."""
    await maple(door, invite=None)
    await door.says(ADA, "/member create email:nia@example.org first_name:Nia last_name:Okafor")

    def with_password(uow: UnitOfWork) -> None:
        nia = uow.people.by_email("nia@example.org")
        assert nia is not None
        passwords.store(uow, passwords.Invited(nia, "nia@example.org"), "hash")

    await door.database.run(with_password)
    await door.says(ADA, "/invite person to:nia@example.org roles:Observer")
    new = signed_in("nia", "nia@example.org")
    assert "Welcome" in heard(await door.clicks(new, "invite accept", invitation=link(await newest(door))))
    assert "Observer" in (await roles(door, "Nia Okafor") or ())


@pytest.mark.parametrize("role", ["Staff", None])
async def test_one_school_cannot_hand_over_who_somebody_is_in_another(door: Door, role: str | None) -> None:
    """The address was changed after the invitation was made: it opens the invitation's schools alone.

    Also where they have no role there, but are a member.
    """
    await maple(door, invite=None)
    await door.says(ADA, "/member create email:mal@example.org first_name:Nia last_name:Okafor")
    await door.says(ADA, "/invite person to:mal@example.org")
    address = link(await newest(door))

    def elsewhere(uow: UnitOfWork) -> None:
        person = uow.people.by_email("mal@example.org")
        assert person is not None
        oak = build.school(uow, "Oak")
        build.membership(uow, oak, person)
        if role is not None:
            uow.members.assign(person.id, role, oak.id, by=None, at=uow.now)
        assert uow.people.save_details(person.id, PersonDetails("Nia", "Okafor", email="nia@example.org"))

    await door.database.run(elsewhere)
    mal = signed_in("mal", "mal@example.org")
    assert heard(await door.clicks(mal, "invite accept", invitation=address)).startswith(WRONG)
    assert await owner(door, mal) is None


@pytest.mark.parametrize("proves", [False, True])
@pytest.mark.parametrize(("approval", "told"), [("automatic", "Welcome to Oak"), ("by request", "waiting")])
async def test_an_address_that_was_entered_for_the_invited_is_nobody_elses_until_they_prove_it(
    door: Door, approval: str, told: str, *, proves: bool
) -> None:
    """Whoever invites Nia by hand enters an address for the invited person: Oak, where she is, had no say."""
    await maple(door, invite=None)
    await door.says(BEA, f'/school create "Oak" approval:"{approval}" access:public')
    nia = replace(caller("nia", workspace="oak"), verified_email="nia@example.org" if proves else "")
    assert told in heard(await door.says(nia, "/join Oak"))
    await door.says(ADA, "/invite person name:Nia roles:Staff")
    await door.says(ADA, "/member edit person:Nia email:nia@example.org first_name:Nia last_name:Okafor")
    invitation = await newest(door)
    await door.clicks(ADA, "invite send", invitation=invitation.code)
    assert "Welcome" in heard(await door.clicks(nia, "invite accept", invitation=link(invitation)))

    def known(uow: UnitOfWork) -> tuple[str, str]:
        person = uow.people.by_account(nia.account)
        assert person is not None
        details = uow.people.details(person.id)
        return details.full_name, details.email

    assert await door.database.read(known) == ("Nia Okafor", "nia@example.org" if proves else "")


@pytest.mark.parametrize(("role", "gets"), [("Viewer", "nia@example.org"), ("School Admin", "")])
async def test_an_address_entered_for_the_invited_becomes_that_of_a_member_whom_the_inviter_may_edit(
    door: Door, role: str, gets: str
) -> None:
    await maple(door, invite=None)
    await door.says(ADA, CLERK)
    for name, given in (("cleo", "Clerk"), ("nia", role)):
        await door.says(ADA, f'/invite create role:"{given}"')
        await door.says(name, f"/join {await door.code()}")
    await door.says("cleo", "/invite person name:Other roles:Viewer")
    await door.says("cleo", "/member edit person:Other email:nia@example.org")
    invitation = await newest(door)
    await door.clicks("cleo", "invite send", invitation=invitation.code)
    told = heard(await door.clicks("nia", "invite accept", invitation=link(invitation)))
    assert "Maple Grove" in told

    def address(uow: UnitOfWork) -> str:
        person = uow.people.by_account(caller("nia").account)
        assert person is not None
        return uow.people.details(person.id).email

    assert await door.database.read(address) == gets

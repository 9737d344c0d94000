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

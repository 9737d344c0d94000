"""People who may not do something are told who may; and an inviter's rights are checked in full."""

import pytest

from bot.core.errors import NotPermitted, RoleAboveCeiling
from bot.core.joining_errors import SchoolArchived
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor
from bot.core.rights.permissions import Permission
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA
from tests.core.place import Place
from tests.world import START, caller

_ALL = "System Administrator, District Admin, School Admin"


async def _told(door: Door, who: str, line: str = "/invite create") -> str:
    said = heard(await door.says(who, line))
    assert "You may not" in said
    return said.partition("These roles may: ")[2].partition(".")[0]


async def test_a_member_is_told_of_the_schools_own_roles_too_and_a_stranger_is_not(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/role create name:Clerk permissions:invitation.create,role.grant")
    await door.says("nia", f"/join {await door.code()}")
    assert await _told(door, "nia") == f"{_ALL}, Clerk"
    readers = "System Administrator, District Admin, District User, School Admin, Staff, Teacher"
    assert await _told(door, "nia", "/member list") == readers
    assert await _told(door, "eve") == _ALL
    await door.says(ADA, "/member suspend nia")
    said = heard(await door.says("nia", "/invite create"))
    assert "Your membership in Maple Grove is suspended." in said
    assert "Clerk" not in said, "who is suspended is told no more of roles than a stranger"


async def test_only_people_above_are_named_if_schools_may_not_invite(door: Door) -> None:
    await maple(door)
    await door.says("root", '/system edit who_may_invite:"district admins only"')
    assert await _told(door, "ada") == "System Administrator, District Admin"
    assert await _told(door, "eve", "/audit list") == _ALL


async def test_what_is_done_in_a_whole_district_is_a_wider_roles_to_do(door: Door) -> None:
    await maple(door)

    def unit(uow: UnitOfWork, district_id: str | None) -> tuple[str, ...]:
        ada = Actor(ADA, uow.people.by_account(ADA.account))
        with pytest.raises(NotPermitted) as refused:
            access.require_over(uow, ada, Permission.MEMBER_READ, district_id)
        return refused.value.holders

    assert await door.database.read(lambda uow: unit(uow, None)) == ("System Administrator",)
    wide = ("System Administrator", "District Admin", "District User")
    assert await door.database.read(lambda uow: unit(uow, "north")) == wide


def test_refusals_of_a_role_or_a_permission_name_the_school_and_what_is_offered_there() -> None:
    place = Place()
    nia, school = place.member("nia"), place.school
    with pytest.raises(NotPermitted) as refused:
        access.require(place.uow, nia, Permission.INVITATION_CREATE, school)
    assert refused.value.at == school
    offered = tuple(one.name for one in access.grantable(place.uow, place.admin, school))
    for actor, name, *expected in (
        (nia, "Staff", (), False),
        (place.admin, "District User", offered, False),
        (place.admin, "Wizard", offered, True),
    ):
        with pytest.raises(RoleAboveCeiling) as above:
            access.grantable_role(place.uow, actor, school, name)
        told = above.value
        assert (told.role, told.at, told.offered, told.unknown) == (name, school, *expected)


def test_what_follows_the_first_colon_of_a_named_administrator_is_their_id() -> None:
    place = Place(named_administrators=frozenset({"web:root:2", "nobody"}))
    root = place.person("root", AccountKey("web", "root:2"))
    assert access.named_administrators(place.uow) == {root.id}


def test_who_has_no_rights_because_their_only_school_is_archived_is_told_so() -> None:
    place = Place()
    nia, oak = place.member("nia"), place.another_school("Oak")

    def kept_out() -> object:
        with pytest.raises(NotPermitted) as refused:
            access.require(place.uow, nia, Permission.REPORT_READ, oak)
        return refused.value.kept_out

    assert kept_out() is None
    archived = place.save(place.school, archived_at=START)
    told = kept_out()
    assert isinstance(told, SchoolArchived)
    assert told.school == archived
    place.add_membership(nia.known_person, of=place.another_school("Elm"))
    assert kept_out() is None


@pytest.mark.parametrize(
    ("left", "works"),
    [
        ("invitation.create,role.grant,member.read", True),
        ("invitation.create,member.read", False),
        ("role.grant,member.read", False),
        ("invitation.create,role.grant", False),
    ],
)
async def test_an_inviter_needs_the_right_and_the_ceiling_still(
    door: Door, left: str, *, works: bool
) -> None:
    """Omar invites as Staff, who may read members; then he is left with these permissions."""
    await maple(door, invite=None)
    await door.says("omar", "/invite create role:Staff")
    await door.says(ADA, f"/role create name:Rest permissions:{left}")
    await door.says(ADA, "/member roles person:omar roles:Rest")
    told = heard(await door.says("nia", f"/join {await door.code()}"))
    assert ("Welcome" in told) is works


async def test_whoever_may_not_give_a_role_is_told_which_they_may(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/role create name:Clerk permissions:invitation.create,role.grant,member.read")
    await door.says(ADA, "/member roles person:omar roles:Clerk")
    told = heard(await door.says("omar", '/invite create role:"School Admin"'))
    assert "You may give: Staff, Viewer, Clerk." in told


async def test_in_an_archived_school_nobody_of_it_has_rights(door: Door) -> None:
    await maple(door)
    school = await door.school()

    def rights(uow: UnitOfWork) -> frozenset[Permission]:
        omar, now = uow.people.by_account(caller("omar").account), uow.schools.by_id(school.id)
        assert omar is not None
        assert now is not None
        return access.rights_of_person(uow, omar.id, now).reach

    await door.says("root", "/district create North")
    await door.says("root", '/school move school:"Maple Grove" district:North')
    assert await door.database.read(rights)
    await door.says("root", "/school archive")
    assert not await door.database.read(rights)
    await door.says("root", '/district grant person:omar role:"District User" district:North')
    assert not await door.database.read(rights), "nor has who only reads in its district"


async def test_me_names_rights_above_schools_without_a_school(door: Door) -> None:
    await maple(door)
    said = heard(await door.says("root", "/me"))
    assert "System Administrator\nthe whole system" in said
    assert "no school yet" not in said
    await door.says("root", "/district create North")
    await door.says("nia", f"/join {await door.code()}")
    await door.says("root", '/district grant person:Nia role:"District Admin" district:North')
    await door.says("ada", "/member remove nia")
    said = heard(await door.says("nia", "/me"))
    assert "District Admin\nNorth" in said
    assert "no school yet" not in said
    await door.says("root", '/district revoke person:Nia role:"District Admin" district:North')
    assert "You are not in a school yet" in heard(await door.says("nia", "/me"))

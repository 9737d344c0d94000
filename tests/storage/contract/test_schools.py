"""The contract of every store for schools, workspaces and their links."""

import pytest

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.schools.schools import Approval, ApprovalsChannel, School, SchoolAccess, Workspace
from bot.core.values import replace
from tests.storage import build
from tests.storage.build import MAPLE
from tests.storage.conftest import Store

OAK = WorkspaceKey(Platform.SLACK, "T1")


async def test_all_of_a_school_is_kept_and_changed(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        at = build.tick().replace(microsecond=123_456)
        made = School(
            build.fresh_id(),
            "Ñandú “School” 学校",
            at,
            zone="America/New_York",
            access=SchoolAccess.PUBLIC,
            approval=Approval.AUTOMATIC,
            invitation_skips_approval=True,
            default_role="Staff",
            support_contact="office@example.org",
            approver_dms=False,
            ask_again_days=3,
            primary_admin_id=build.person(uow).id,
        )
        uow.schools.add(made)
        assert uow.schools.by_id(made.id) == made
        changed = replace(made, name="Other", access=SchoolAccess.PRIVATE, approver_dms=True)
        uow.schools.save(changed)
        assert uow.schools.by_id(made.id) == changed
        assert uow.schools.by_id(build.fresh_id()) is None

    await store.run(unit)


async def test_schools_of_a_workspace_by_name(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        build.workspace(uow, MAPLE)
        build.workspace(uow, OAK)
        zebra, apple, ecole = (build.school(uow, name) for name in ("zebra", "Apple", "École"))
        for one in (zebra, apple, ecole):
            assert uow.workspaces.link(one.id, MAPLE, uow.now)
        assert not uow.workspaces.link(zebra.id, MAPLE, uow.now)
        assert uow.workspaces.link(zebra.id, OAK, uow.now)
        assert uow.schools.linked_to(MAPLE) == [apple, zebra, ecole]
        assert uow.schools.linked_to(OAK) == [zebra]
        assert uow.schools.linked_to(WorkspaceKey(Platform.WEB, "T1")) == []

    await store.run(unit)


async def test_a_workspace_is_added_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = build.workspace(uow)
        uow.workspaces.add(Workspace(build.fresh_id(), MAPLE, "Again", build.tick()))
        assert uow.workspaces.by_key(MAPLE) == made
        assert uow.workspaces.by_key(OAK) is None

    await store.run(unit)


async def test_a_school_cannot_be_linked_to_an_unknown_workspace(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        uow.workspaces.link(build.school(uow).id, OAK, uow.now)

    with pytest.raises(LookupError):
        await store.run(unit)


async def test_schools_of_a_person(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada = build.person(uow)
        zebra, apple, _ = (build.school(uow, name) for name in ("zebra", "Apple", "Other"))
        build.membership(uow, zebra, ada)
        build.membership(uow, apple, ada)
        assert uow.schools.of_person(ada.id) == [apple, zebra]

    await store.run(unit)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["50% School", "Straße", "École"]),
        ("éCOLE", ["École"]),
        ("strasse", ["Straße"]),
        ("%", ["50% School"]),
        ("_", []),
        ("school", ["50% School"]),
        ("hidden", []),
    ],
)
async def test_public_schools_are_found_by_a_part_of_their_name(
    store: Store, typed: str, found: list[str]
) -> None:
    def unit(uow: UnitOfWork) -> list[str]:
        for name in ("École", "50% School", "Straße"):
            build.school(uow, name, access=SchoolAccess.PUBLIC)
        build.school(uow, "Hidden School")
        return [one.name for one in uow.schools.find_public(typed, 10)]

    assert await store.run(unit) == found


async def test_no_more_public_schools_than_asked_for(store: Store) -> None:
    def unit(uow: UnitOfWork) -> int:
        for number in range(4):
            build.school(uow, f"School {number}", access=SchoolAccess.PUBLIC)
        return len(uow.schools.find_public("school", 3))

    assert await store.run(unit) == 3


async def test_the_workspaces_of_a_school_oldest_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, other = build.school(uow), build.school(uow, "Other")
        made = [build.workspace(uow, key) for key in (OAK, MAPLE)]
        for one in reversed(made):
            uow.workspaces.link(maple.id, one.key, uow.now)
        assert uow.workspaces.of_school(maple.id) == made
        assert uow.workspaces.of_school(other.id) == []

    await store.run(unit)


async def test_approvals_channels_one_a_workspace(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        for key in (MAPLE, OAK):
            build.workspace(uow, key)
            uow.workspaces.link(maple.id, key, uow.now)
        assert uow.workspaces.approvals_channels(maple.id) == []
        for channel in ("c1", "c2"):
            uow.workspaces.set_approvals_channel(ApprovalsChannel(maple.id, MAPLE, channel))
        uow.workspaces.set_approvals_channel(ApprovalsChannel(maple.id, OAK, "c3"))
        other = build.school(uow, "Not linked")
        uow.workspaces.set_approvals_channel(ApprovalsChannel(other.id, MAPLE, "c4"))
        assert uow.workspaces.approvals_channels(maple.id) == [
            ApprovalsChannel(maple.id, MAPLE, "c2"),
            ApprovalsChannel(maple.id, OAK, "c3"),
        ]
        assert uow.workspaces.approvals_channels(other.id) == []
        gone = ApprovalsChannel(maple.id, MAPLE, "c2")
        assert not uow.workspaces.unset_approvals_channel(ApprovalsChannel(maple.id, MAPLE, "c1"))
        assert not uow.workspaces.unset_approvals_channel(ApprovalsChannel(other.id, MAPLE, "c4"))
        assert uow.workspaces.unset_approvals_channel(gone)
        assert not uow.workspaces.unset_approvals_channel(gone)
        assert [one.channel for one in uow.workspaces.approvals_channels(maple.id)] == ["c3"]

    await store.run(unit)


async def test_links_rest_and_work_again_one_by_one(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        build.workspace(uow)
        build.workspace(uow, OAK)
        maple, oak = build.school(uow, "Maple"), build.school(uow, "Oak")
        for school in (maple, oak):
            assert uow.workspaces.link(school.id, MAPLE, uow.now)
        assert uow.workspaces.link(maple.id, OAK, uow.now)
        uow.workspaces.set_approvals_channel(ApprovalsChannel(maple.id, MAPLE, "5"))
        assert uow.workspaces.suspend_links(MAPLE, uow.now) == sorted([maple.id, oak.id])
        assert uow.workspaces.suspend_links(MAPLE, uow.now) == []
        assert uow.workspaces.suspend_links(WorkspaceKey(Platform.DISCORD, "unknown"), uow.now) == []
        assert uow.schools.linked_to(MAPLE) == []
        assert uow.schools.linked_to(OAK) == [maple]
        assert [one.key for one in uow.workspaces.of_school(maple.id)] == [OAK]
        assert uow.workspaces.approvals_channels(maple.id) == []
        assert uow.workspaces.link(maple.id, MAPLE, uow.now)
        assert not uow.workspaces.link(maple.id, MAPLE, uow.now)
        assert uow.schools.linked_to(MAPLE) == [maple]
        assert [one.channel for one in uow.workspaces.approvals_channels(maple.id)] == ["5"]

    await store.run(unit)


async def test_a_link_that_is_forgotten_takes_what_hung_on_it_along(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        build.workspace(uow)
        build.workspace(uow, OAK)
        maple, oak = build.school(uow, "Maple"), build.school(uow, "Oak")
        for school, key in ((maple, MAPLE), (maple, OAK), (oak, MAPLE)):
            assert uow.workspaces.link(school.id, key, uow.now)
            uow.workspaces.set_approvals_channel(ApprovalsChannel(school.id, key, "5"))
        assert uow.bans.add(MAPLE, "9", uow.now)
        assert uow.workspaces.unlink(maple.id, MAPLE)
        assert not uow.workspaces.unlink(maple.id, MAPLE)
        assert not uow.workspaces.unlink(maple.id, WorkspaceKey(Platform.DISCORD, "unknown"))
        assert uow.schools.linked_to(MAPLE) == [oak]
        assert uow.schools.linked_to(OAK) == [maple]
        assert [one.workspace for one in uow.workspaces.approvals_channels(maple.id)] == [OAK]
        assert len(uow.workspaces.approvals_channels(oak.id)) == 1
        nine = [AccountKey("discord", "9")]
        assert (uow.bans.any_at_school(maple.id, nine), uow.bans.any_at_school(oak.id, nine)) == (False, True)
        assert uow.workspaces.link(maple.id, MAPLE, uow.now)
        assert [one.workspace for one in uow.workspaces.approvals_channels(maple.id)] == [OAK]
        uow.workspaces.suspend_links(OAK, uow.now)
        assert not uow.workspaces.unlink(maple.id, OAK), "it rests, and bans there hold"

    await store.run(unit)


async def test_bans_of_a_workspace(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert not uow.bans.add(MAPLE, "9", uow.now)  # it is linked to no school
        build.workspace(uow)
        maple, oak = build.school(uow, "Maple"), build.school(uow, "Oak")
        uow.workspaces.link(maple.id, MAPLE, uow.now)
        assert uow.bans.add(MAPLE, "9", uow.now)
        assert not uow.bans.add(MAPLE, "9", uow.now)
        nine, other = AccountKey("discord", "9"), AccountKey("discord", "8")
        assert uow.bans.any_at_school(maple.id, [other, nine])
        assert not uow.bans.any_at_school(oak.id, [nine])
        assert not uow.bans.any_at_school(maple.id, [other, AccountKey("slack", "9")])
        assert not uow.bans.any_at_school(maple.id, [])
        assert uow.bans.schools_banning([other, nine]) == {maple.id}
        assert uow.bans.schools_banning([other, AccountKey("slack", "9")]) == frozenset()
        uow.workspaces.link(oak.id, MAPLE, uow.now)
        assert uow.bans.schools_banning([nine]) == {maple.id, oak.id}
        uow.workspaces.suspend_links(MAPLE, uow.now)
        assert uow.bans.any_at_school(maple.id, [nine])
        assert uow.bans.schools_banning([nine]) == {maple.id, oak.id}
        assert uow.bans.drop(MAPLE, "9")
        assert not uow.bans.drop(MAPLE, "9")
        assert not uow.bans.any_at_school(maple.id, [nine])

    await store.run(unit)

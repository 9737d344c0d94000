"""Changes by others during an identity provider's call: the call checks again, under a lock."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.core.errors import NotFound
from bot.core.people import lifecycle
from bot.core.scim import groups
from bot.core.scim.groups import Edit
from bot.core.values import replace
from tests.core.scim.land import SYSTEM_ADMIN, Land, off, on
from tests.fakes.members import FakeMembers
from tests.fakes.schools import FakeSchools

pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


def _archived(school: Any) -> Any:
    return replace(school, archived_at=school.created_at)


def _moved(school: Any) -> Any:
    return replace(school, district_id=None)


def _while_waiting(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    """Make those who lock a school find that it has changed while they waited."""

    def lock(self: FakeSchools, school_id: str, **_: object) -> None:
        self.state.schools[school_id] = change(self.state.schools[school_id])

    monkeypatch.setattr(FakeSchools, "lock", lock)


@pytest.mark.parametrize("change", [_archived, _moved])
async def test_a_school_that_is_closed_or_moved_meanwhile_is_joined_by_nobody(
    land: Land, monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]
) -> None:
    leo = await land.create("leo")
    group = await land.link(await land.group("Teachers"), land.one, "Teacher")
    await land.choose(land.two)
    _while_waiting(monkeypatch, change)
    nia = await land.create("nia")
    await land.fill(group, add=[leo.account.id])
    for school, user in ((land.two, nia), (land.one, leo)):
        assert await land.of(school, user.account.person_id) == (None, ())


async def test_what_a_group_gave_at_a_school_that_leaves_the_district_stays(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    nia = await land.create("nia")
    group = await land.link(await land.group("Teachers", nia.account.id), land.one, "Teacher")
    _while_waiting(monkeypatch, _moved)
    await land.fill(group, drop=[nia.account.id])
    assert (await land.of(land.one, nia.account.person_id))[1] == ("Teacher",)


async def test_a_person_who_joined_another_way_is_not_changed_by_a_group(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    nia, leo = await land.create("nia"), await land.create("leo")
    group = await land.link(await land.group("Teachers"), land.one, "Teacher")
    await land.change(leo.account.id, off)
    await land.choose(land.two)
    before = await land.actions()
    monkeypatch.setattr(FakeMembers, "add", lambda *_: False)
    await land.fill(group, add=[nia.account.id])
    await land.change(leo.account.id, on)
    assert sorted(set(await land.actions()) - set(before)) == ["scim.user_reactivated", "scim_group.edited"]
    given = await land.run(lambda uow: uow.scim_groups.given_roles(land.district.id, nia.account.person_id))
    assert given == []


async def test_leaving_a_group_after_a_removal_changes_nothing_else(land: Land) -> None:
    nia = await land.create("nia")
    person = nia.account.person_id
    group = await land.link(await land.group("Teachers", nia.account.id), land.one, "Teacher")
    await land.run(lambda uow: lifecycle.remove(uow, SYSTEM_ADMIN, land.one, person))
    before = await land.actions()
    await land.fill(group, drop=[nia.account.id])
    assert await land.of(land.one, person) == (None, ())
    assert len(await land.actions()) == len(before) + 1, "that the group was edited"
    assert await land.run(lambda uow: uow.scim_groups.given_roles(land.district.id, person)) == []


async def test_a_group_that_is_deleted_meanwhile_is_not_linked(land: Land) -> None:
    group = await land.group("Teachers")
    await land.run(lambda uow: groups.delete(uow, land.provider, group.id))
    with pytest.raises(NotFound):
        await land.link(group, land.one, "Teacher")
    with pytest.raises(NotFound):
        await land.fill(group)
    with pytest.raises(NotFound):
        await land.run(lambda uow: groups.delete(uow, land.provider, group.id))


async def test_a_role_that_is_gone_is_given_to_nobody(land: Land) -> None:
    nia = await land.create("nia")
    group = await land.link(await land.group("Clerks"), land.one, "Teacher")
    await land.run(lambda uow: uow.scim_groups.save(replace(group, role="Clerk")))
    edit = Edit("Clerks", None, add=frozenset([nia.account.id]))
    await land.run(lambda uow: groups.change(uow, land.provider, group.id, lambda _: edit))
    assert await land.of(land.one, nia.account.person_id) == (None, ())

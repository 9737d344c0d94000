"""What the audit log keeps about identity providers and their admins, word for word."""

from datetime import timedelta
from textwrap import dedent

import pytest

from bot.core.scim import groups
from bot.core.scim.model import Address
from bot.core.scim.tokens import connect, revoke, rotate
from bot.core.values import replace
from tests.core.door import Door
from tests.core.logged import Log
from tests.core.scim.land import SYSTEM_ADMIN, Land, as_known, off, on

pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


async def test_log_of_tokens_and_the_school_that_new_users_join(door: Door, land: Land) -> None:
    log = Log(door)
    await log.fresh()
    await land.run(lambda uow: connect(uow, SYSTEM_ADMIN, land.district))
    await land.run(lambda uow: rotate(uow, SYSTEM_ADMIN, land.district, timedelta(hours=3)))
    await land.run(lambda uow: revoke(uow, SYSTEM_ADMIN, land.district))
    for school in (land.two, land.one, None):
        await land.choose(school)
    assert await log.fresh() == dedent("""\
        Sysadmin (web, nowhere) scim.connected district:North
        Sysadmin (web, nowhere) scim.rotated district:North
          - -> overlap_hours=3
        Sysadmin (web, nowhere) scim.revoked district:North
          - -> tokens=2
        Sysadmin (web, nowhere) scim.school_set district:North
          school=None -> school=North Two
        Sysadmin (web, nowhere) scim.school_set district:North
          school=North Two -> school=North One
        Sysadmin (web, nowhere) scim.school_set district:North
          school=North One -> school=None
        """)


async def test_log_of_a_user_from_the_first_day_to_the_last(door: Door, land: Land) -> None:
    log = Log(door)
    await land.choose(land.two)
    await log.fresh()
    nia = await land.create("nia", first_name="Nia", email=Address("nia@example.org"))
    await land.create("late@example.org", last_name="Late", active=False)
    user = nia.account.id
    await land.change(user, lambda it: replace(as_known(it), user_name="n", last_name="Okafor"))
    await land.change(user, off)
    await land.change(user, on)
    await land.delete(user)
    await land.create("back", email=Address("nia@example.org"))
    assert await log.fresh() == dedent("""\
        nobody (scim, North Two) person.created person:Nia Okafor
          - -> roles=['Viewer'], entered=['first_name', 'email'], district=North
        nobody (scim, North Two) member.deactivated person:Nia Okafor
          state=ok -> state=deactivated, district=North
        nobody (scim, North Two) member.reactivated person:Nia Okafor
          state=deactivated -> state=ok, district=North
        nobody (scim, North Two) member.deactivated person:Nia Okafor
          state=ok -> state=deactivated, district=North
        nobody (scim, North Two) member.reactivated person:Nia Okafor
          state=deactivated -> state=ok, district=North
        nobody (scim, nowhere) person.created person:Late
          - -> roles=[], entered=['last_name', 'email'], district=North
        nobody (scim, nowhere) person.edited person:Nia Okafor
          - -> entered=['last_name', 'user_name'], district=North
        nobody (scim, nowhere) scim.user_deactivated person:Nia Okafor
          - -> schools=1, district=North
        nobody (scim, nowhere) scim.user_reactivated person:Nia Okafor
          - -> schools=1, district=North
        nobody (scim, nowhere) scim.user_deactivated person:Nia Okafor
          - -> schools=1, district=North
        nobody (scim, nowhere) scim.user_deleted person:Nia Okafor
          - -> district=North
        nobody (scim, nowhere) scim.user_restored person:Nia Okafor
          - -> district=North
        nobody (scim, nowhere) person.edited person:Nia Okafor
          - -> entered=['first_name', 'last_name'], district=North
        nobody (scim, nowhere) scim.user_reactivated person:Nia Okafor
          - -> schools=1, district=North
        """)


async def test_log_of_a_group_and_the_roles_that_it_gives(door: Door, land: Land) -> None:
    nia = (await land.create("nia", first_name="Nia")).account.id
    log = Log(door)
    await log.fresh()
    group = await land.group("Teachers", nia)
    linked = await land.link(group, land.one, "Teacher")
    other = await land.group("Observers", nia)
    await land.link(other, land.one, "Observer")
    await land.fill(linked, drop=[nia])
    await land.fill(replace(linked, name="Staff"))
    await land.link(linked, land.two, "Staff")
    await land.run(lambda uow: groups.unlink(uow, SYSTEM_ADMIN, land.district, group))
    await land.run(lambda uow: groups.delete(uow, land.provider, other.id))
    await land.settle()
    assert await log.fresh() == dedent("""\
        Sysadmin (web, North One) scim_group.linked scim_group:#1
          school=None, role=None -> school=North One, role=Teacher
        nobody (scim, North One) member.joined_by_group person:Nia
          - -> role=Teacher, district=North
        Sysadmin (web, North One) scim_group.linked scim_group:#2
          school=None, role=None -> school=North One, role=Observer
        nobody (scim, North One) role.granted person:Nia
          - -> role=Observer, district=North
        nobody (scim, North One) role.taken person:Nia
          - -> role=Teacher, district=North
        nobody (scim, North One) role.taken person:Nia
          - -> role=Observer, district=North
        nobody (scim, North One) member.removed person:Nia
          standing=active, access=ok -> district=North
        Sysadmin (web, North Two) scim_group.linked scim_group:#1
          school=North One, role=Teacher -> school=North Two, role=Staff
        Sysadmin (web, North Two) scim_group.unlinked scim_group:#1
          school=North Two, role=Staff -> -
        nobody (scim, nowhere) scim_group.created scim_group:#1
          - -> added=1, district=North
        nobody (scim, nowhere) scim_group.created scim_group:#2
          - -> added=1, district=North
        nobody (scim, nowhere) scim_group.edited scim_group:#1
          - -> added=0, dropped=1, district=North
        nobody (scim, nowhere) scim_group.edited scim_group:#1
          - -> added=0, dropped=0, district=North
        nobody (scim, nowhere) scim_group.deleted scim_group:#2
          - -> district=North
        """)

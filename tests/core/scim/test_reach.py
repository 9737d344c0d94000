"""Whom an identity provider may change, and the limits of what it may say about them."""

import pytest

from bot.core.errors import AboveYou, BadValue, NothingToChange
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Access
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.rights.roles import DISTRICT_ADMIN, SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.scim import group_roles, groups, reach, tokens, users
from bot.core.scim.errors import UserNameTaken
from bot.core.scim.groups import Edit
from bot.core.scim.model import Address
from bot.core.scim.queries import EVERYTHING, Compare, Field, Op
from bot.core.stuck import TrackedItem, put_off
from bot.core.values import replace
from tests.core.door import Door
from tests.core.scim.land import SYSTEM_ADMIN, Land, as_known, member, off, on
from tests.core.scim.test_users import NIA
from tests.storage import build

pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


@pytest.mark.parametrize(
    ("role", "at", "above"),
    [
        *(("Viewer", "far", False), (SCHOOL_ADMIN.name, "far", True), (SCHOOL_ADMIN.name, "one", False)),
        *((DISTRICT_ADMIN.name, "north", False), (DISTRICT_ADMIN.name, "south", True)),
        (SYSTEM_ADMINISTRATOR.name, "", True),
    ],
)
async def test_who_may_do_more_than_a_district_admin_is_not_changed(
    land: Land, role: str, at: str, *, above: bool
) -> None:
    def unit(uow: UnitOfWork) -> None:
        who = member(uow, land.two, "Leo", email="leo@example.org")
        places = {"far": land.far.id, "one": land.one.id, "north": land.district.id, "": None}
        scope = places.get(at, land.far.district_id)
        giving = uow.members if at in {"far", "one", ""} else uow.districts
        giving.assign(who, role, scope, by=None, at=uow.now)  # type: ignore[arg-type]
        if above:
            with pytest.raises(AboveYou):
                reach.refuse_above(uow, land.provider, who)
        else:
            reach.refuse_above(uow, land.provider, who)

    await land.run(unit)


async def test_whom_the_settings_name_is_not_changed(land: Land) -> None:
    nia = await land.create("nia")
    root = AccountKey("web", "root")
    await land.run(lambda uow: uow.accounts.link(root, nia.account.person_id, uow.now))
    with pytest.raises(AboveYou):
        await land.change(nia.account.id, off)


async def test_what_a_provider_finds_is_told_in_pages(land: Land) -> None:
    for name in ("nia", "leo"):
        await land.create(name)
    await land.group("Teachers")
    provider = land.provider
    some = await land.run(lambda uow: users.found(uow, provider, EVERYTHING, start=1, limit=1))
    assert (some.total, len(some.users), some.groups) == (3, 1, ()), "Ada is there without SCIM"
    named = Compare(Field.USER_NAME, Op.EQ, "leo")
    (leo,) = (await land.run(lambda uow: users.found(uow, provider, named, start=0, limit=9))).users
    assert leo.account.user_name == "leo"
    found = await land.run(lambda uow: groups.found(uow, provider, EVERYTHING, start=0, limit=9))
    assert (found.total, [one.name for one in found.groups], found.users) == (1, ["Teachers"], ())


async def test_a_name_that_looks_like_an_address_may_be_none(land: Land) -> None:
    odd = await land.create("nia@")
    assert (odd.email, odd.account.user_name) == ("", "nia@")
    with pytest.raises(BadValue) as refused:
        await land.create("leo", email=Address("leo@"))
    assert refused.value.option == "emails"


async def test_a_name_is_only_taken_by_whom_the_district_sees(land: Land) -> None:
    await land.run(lambda uow: member(uow, land.far, "Far", email="far@example.org"))
    far = await land.create("far@example.org", email=Address("else@example.org"))
    assert far.account.user_name == "far@example.org"
    nia = await land.create("nia", email=NIA)
    with pytest.raises(UserNameTaken):
        await land.create("ada@example.org", email=Address("other@example.org"))
    renamed = await land.create("nia@example.org", email=Address("third@example.org"))
    assert renamed.account.person_id != nia.account.person_id, "a user of SCIM's is known by name alone"


async def test_the_deleted_come_back_under_a_name_that_is_free(land: Land) -> None:
    nia = await land.create("nia", email=NIA)
    await land.change(nia.account.id, off)
    before = await land.actions()
    await land.delete(nia.account.id)
    assert len(await land.actions()) == len(before) + 1, "who is off is not switched off once more"
    await land.create("nia")
    with pytest.raises(UserNameTaken):
        await land.create("nia", email=NIA)
    with pytest.raises(UserNameTaken):
        await land.create("ada@example.org", email=NIA)
    back = await land.create("nia2", email=NIA, active=False)
    assert (back.active, back.account.deleted_at) == (False, None)


async def test_each_change_says_when_it_was(door: Door, land: Land) -> None:
    moment = tokens.USED_EVERY

    async def changed() -> bool:
        door.clock.forward(moment)
        user = await land.run(lambda uow: users.shown(uow, land.provider, nia.account.id))
        return user.account.changed_at == door.clock.now() - moment

    nia = await land.create("nia", email=NIA)
    for change in (off, on, lambda user: replace(as_known(user), user_name="n")):
        await land.change(nia.account.id, change)
        assert await changed()
    await land.change(nia.account.id, lambda user: replace(as_known(user), active=None))
    assert await changed()
    await land.delete(nia.account.id)
    door.clock.forward(moment)
    await land.create("n", email=NIA)
    assert await changed()


async def test_what_was_told_of_an_address_stays_where_the_person_is_elsewhere_too(land: Land) -> None:
    nia = await land.create("nia", email=NIA)

    def elsewhere(uow: UnitOfWork) -> None:
        person = uow.people.by_id(nia.account.person_id)
        assert person is not None
        build.membership(uow, land.far, person)

    await land.run(elsewhere)
    now = await land.change(nia.account.id, lambda user: replace(as_known(user), email=None, external_id="7"))
    assert (now.address, now.account.external_id) == (NIA, "7")


async def test_a_user_is_called_by_their_name_or_what_stands_before_the_at(land: Land) -> None:
    for name, more, called in (
        ("nia.o@example.org", {}, "nia.o"),
        ("a@b@c", {}, "a"),
        ("leo", {"first_name": "Leo"}, "Leo"),
        ("x@example.org", {"first_name": "Mia", "last_name": "Lund"}, "Mia Lund"),
    ):
        user = await land.create(name, **more)
        person = await land.run(lambda uow, of=user.account.person_id: uow.people.by_id(of))  # type: ignore[misc]
        assert person is not None
        assert person.name == called


async def test_who_joined_the_default_school_leaves_it_with_their_last_group(land: Land) -> None:
    await land.choose(land.one)
    nia = await land.create("nia")
    person = nia.account.person_id
    membership, _ = await land.of(land.one, person)
    assert membership is not None
    assert await land.run(lambda uow: uow.scim_users.made(membership.id))
    group = await land.link(await land.group("All", nia.account.id), land.one, "Teacher")
    await land.run(lambda uow: uow.members.unassign(person, "Viewer", land.one.id))
    await land.fill(group, drop=[nia.account.id])
    assert await land.of(land.one, person) == (None, ())


async def test_switching_counts_the_schools_that_it_changes(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.one, "Leo", email="leo@example.org"))

    def more(uow: UnitOfWork) -> None:
        person = uow.people.by_id(leo)
        assert person is not None
        build.membership(uow, land.two, person)

    await land.run(more)
    await land.change(leo, off)
    await land.change(leo, on)

    def numbers(uow: UnitOfWork) -> list[object]:
        chain = [one.entry for one in uow.audit.chain("system")]
        return [one.new["schools"] for one in chain if one.action.startswith("scim.user_")]

    assert await land.run(numbers) == [2, 2]
    await land.change(leo, off)
    third = await land.run(lambda uow: build.school(uow, "North Three", district_id=land.district.id))

    def joins(uow: UnitOfWork) -> None:
        person = uow.people.by_id(leo)
        assert person is not None
        build.membership(uow, third, person)

    await land.run(joins)
    await land.delete(leo)
    membership, _ = await land.of(third, leo)
    assert membership is not None
    assert membership.access is Access.OK, "who is off already is not looked at again"


async def test_a_group_is_what_its_provider_says(door: Door, land: Land) -> None:
    provider = land.provider
    nia, leo = await land.create("nia"), await land.create("leo")
    ids = frozenset([nia.account.id, leo.account.id])
    made = await land.run(lambda uow: groups.create(uow, provider, Edit("Teachers", "7", add=ids)))
    assert (made.name, made.external_id) == ("Teachers", "7")
    door.clock.forward(tokens.USED_EVERY)
    edit = Edit("Staff", "8", drop=frozenset([nia.account.id]))
    await land.run(lambda uow: groups.change(uow, provider, made.id, lambda _: edit))
    now = await land.run(lambda uow: groups.shown(uow, provider, made.id))
    assert (now.name, now.external_id, now.changed_at) == ("Staff", "8", door.clock.now())
    members = await land.run(lambda uow: uow.scim_groups.members(made.id))
    assert [person for _, person in members] == [leo.account.person_id]
    with pytest.raises(BadValue, match="members") as refused:
        await land.fill(now, add=["unknown"])
    assert refused.value.problem == "names somebody who is not a user here"
    door.clock.forward(tokens.USED_EVERY)
    linked = await land.run(
        lambda uow: groups.link(uow, SYSTEM_ADMIN, land.district, now, land.one, "Teacher")
    )
    with pytest.raises(NothingToChange, match=r"^linked$"):
        await land.link(linked, land.one, "teacher")
    door.clock.forward(tokens.USED_EVERY)
    free = await land.run(lambda uow: groups.unlink(uow, SYSTEM_ADMIN, land.district, linked))
    assert (free.school_id, free.role, free.changed_at) == (None, None, door.clock.now())
    with pytest.raises(NothingToChange, match=r"^not linked$"):
        await land.run(lambda uow: groups.unlink(uow, SYSTEM_ADMIN, land.district, linked))
    assert linked.changed_at == door.clock.now() - tokens.USED_EVERY
    named = await land.run(lambda uow: groups.named(uow, land.district, f" {free.id.upper()} "))
    assert named == free
    two = await land.group("Front  Office".replace("  ", " "))
    assert await land.run(lambda uow: groups.named(uow, land.district, " front   office")) == two


async def test_one_whom_the_sweep_cannot_settle_holds_up_nobody(land: Land) -> None:
    nia, leo = await land.create("nia"), await land.create("leo")
    heads = await land.group("Heads", nia.account.id)
    await land.link(heads, land.two, SCHOOL_ADMIN.name)
    group = await land.link(await land.group("Teachers"), land.one, "Teacher")

    def due(uow: UnitOfWork) -> None:
        """Remove the Primary Admin from their group, and add another person to one."""
        uow.scim_groups.drop(heads.id, [nia.account.person_id])
        uow.scim_groups.put(group.id, [leo.account.person_id])
        group_roles.settle_all(uow, land.provider, [])
        uow.scim_groups.make_due(land.district.id, [nia.account.person_id, leo.account.person_id])

    await land.run(due)
    assert await land.settle() == 2
    assert (await land.of(land.two, nia.account.person_id))[1] == (SCHOOL_ADMIN.name,)
    assert (await land.of(land.one, leo.account.person_id))[1] == ("Teacher",)


async def test_a_group_may_have_somebody_who_is_off(land: Land) -> None:
    nia = await land.create("nia")
    await land.change(nia.account.id, off)
    group = await land.link(await land.group("Teachers"), land.one, "Teacher")
    await land.fill(group, add=[nia.account.id])
    assert await land.of(land.one, nia.account.person_id) == (None, ())


async def test_a_primary_admin_may_lose_another_role_by_a_group(land: Land) -> None:
    group = await land.link(await land.group("Teachers", land.primary), land.one, "Teacher")
    assert (await land.of(land.one, land.primary))[1] == (SCHOOL_ADMIN.name, "Teacher")
    await land.fill(group, drop=[land.primary])
    assert (await land.of(land.one, land.primary))[1] == (SCHOOL_ADMIN.name,)


async def test_a_member_that_is_put_off_does_not_hold_up_the_others(land: Land) -> None:
    nia, leo = await land.create("nia"), await land.create("leo")
    people = [one.account.person_id for one in (nia, leo)]
    group = await land.group("Teachers", nia.account.id, leo.account.id)
    await land.run(lambda uow: put_off(uow, TrackedItem(group_roles.DUE, people[0]), "broke"))
    await land.link(group, land.one, "Teacher")
    assert [(await land.of(land.one, one))[1] for one in people] == [(), ("Teacher",)]


async def test_a_provider_that_calls_somebody_active_is_remembered(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.one, "Leo", email="leo@example.org"))
    before = await land.actions()
    told = await land.change(leo, on)
    assert (told.account.active, told.account.stored) == (True, True)
    assert await land.actions() == before, "nothing has changed for Leo"
    await land.run(lambda uow: lifecycle.change(uow, land.provider, land.one, leo, Verb.DEACTIVATE))
    await land.change(leo, off)
    (last,) = await land.run(lambda uow: [one.entry.new["schools"] for one in uow.audit.chain("system")][-1:])
    assert last == 0, "an admin had done it before"

"""Users are created, changed, switched off and on, and deleted; and what SCIM may not do."""

from collections.abc import Callable
from functools import partial

import pytest

from bot.core.errors import (
    AboveYou,
    EmailTaken,
    NotFound,
    NothingToChange,
    PrimaryAdminProtected,
)
from bot.core.joining_errors import MembershipBarred
from bot.core.people import lifecycle, members
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Access, Standing
from bot.core.ports import UnitOfWork
from bot.core.rights import access, roles
from bot.core.rights.actors import Person
from bot.core.rights.roles import DISTRICT_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.scim import users
from bot.core.scim.errors import UserNameTaken
from bot.core.scim.model import Account, Address, Wanted
from bot.core.values import replace
from tests.core.scim.land import Land, as_known, member, off, on
from tests.storage import build

NIA = Address("nia@example.org", "work", primary=True)


async def test_a_new_user_waits_for_a_group_where_no_school_is_chosen(land: Land) -> None:
    nia = await land.create("nia", first_name="Nia", email=NIA)
    assert (nia.first_name, nia.address, nia.active) == ("Nia", NIA, True)
    assert await land.of(land.one, nia.account.person_id) == (None, ())
    assert await land.actions() == ["person.created"]
    (entry,) = await land.run(lambda uow: [one.entry for one in uow.audit.chain("system")])
    assert (entry.actor_id, entry.front, entry.new["district"]) == (None, "scim", land.district.id)


async def test_a_new_user_joins_the_school_that_was_chosen_with_its_default_role(land: Land) -> None:
    await land.choose(land.two)
    nia = await land.create("nia@example.org")
    membership, given = await land.of(land.two, nia.account.person_id)
    assert membership is not None
    assert (membership.active, given) == (True, ("Viewer",))
    assert nia.email == "nia@example.org"
    assert nia.address is None, "it was not told as an address"
    late = await land.create("late", active=False)
    assert await land.of(land.two, late.account.person_id) == (None, ())
    await land.change(late.account.id, on)
    assert (await land.of(land.two, late.account.person_id))[1] == ("Viewer",)


async def test_a_name_or_address_is_one_users(land: Land) -> None:
    await land.create("nia", email=NIA)
    with pytest.raises(UserNameTaken):
        await land.create("NIA")
    with pytest.raises(EmailTaken):
        await land.create("other", email=Address("NIA@example.org"))
    with pytest.raises(UserNameTaken):
        await land.create("ADA@example.org", email=Address("else@example.org"))
    other = await land.create("other")
    with pytest.raises(UserNameTaken):
        await land.change(other.account.id, lambda user: replace(as_known(user), user_name="Nia"))
    with pytest.raises(EmailTaken):
        await land.change(other.account.id, lambda user: replace(as_known(user), email=NIA))


async def test_a_change_is_one_entry_and_nothing_is_none(land: Land) -> None:
    nia = await land.create("nia", email=NIA)
    await land.change(nia.account.id, as_known)
    told = await land.change(
        nia.account.id,
        lambda user: replace(as_known(user), user_name="n", external_id="7", last_name="Okafor", email=None),
    )
    assert (told.account.user_name, told.account.external_id, told.last_name, told.email) == (
        *("n", "7", "Okafor"),
        "",
    )
    assert await land.actions() == ["person.created", "person.edited"]


async def test_an_address_that_an_admin_entered_stays_where_scim_tells_none(land: Land) -> None:
    nia = await land.create("nia")

    def entered(uow: UnitOfWork) -> None:
        details = uow.people.details(nia.account.person_id)
        assert uow.people.save_details(nia.account.person_id, replace(details, email="nia@example.org"))

    await land.run(entered)
    now = await land.change(nia.account.id, lambda user: replace(as_known(user), first_name="Nia"))
    assert (now.email, now.address) == ("nia@example.org", None)
    renamed = await land.change(nia.account.id, lambda user: replace(as_known(user), user_name="okafor"))
    assert renamed.email == "nia@example.org"
    moved = await land.change(nia.account.id, lambda user: replace(as_known(user), user_name="n@example.org"))
    assert moved.email == "n@example.org"


async def test_a_member_becomes_a_user_when_they_are_changed(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.two, "Leo", email="leo@example.org"))
    now = await land.change(leo, lambda user: replace(as_known(user), external_id="7"))
    assert (now.account.id, now.account.user_name, now.account.stored) == (leo, "leo@example.org", True)
    assert now.address == Address("leo@example.org", "work", primary=True)


@pytest.mark.parametrize("place", ["school", "provider"])
async def test_people_who_are_elsewhere_too_keep_name_and_address(land: Land, place: str) -> None:
    leo = await land.run(lambda uow: member(uow, land.two, "Leo", email="leo@example.org"))

    def elsewhere(uow: UnitOfWork) -> None:
        if place == "school":
            build.membership(uow, land.far, Person(leo, "Leo"))
        else:
            of = land.far.district_id or ""
            assert uow.scim_users.add(Account(leo, of, leo, "x", uow.now, uow.now))

    await land.run(elsewhere)
    now = await land.change(
        leo,
        lambda user: replace(
            as_known(user),
            first_name="Other",
            external_id="7",
            email=Address("other@example.org"),
            active=False,
        ),
    )
    assert (now.first_name, now.email) == ("Leo", "leo@example.org")
    assert (now.account.external_id, now.active) == ("7", False), "what is the district's own is changed"


async def test_off_is_off_in_every_school_of_the_district_and_in_no_other(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.one, "Leo", email="leo@example.org"))

    def more(uow: UnitOfWork) -> None:
        for school in (land.two, land.far):
            build.membership(uow, school, Person(leo, "Leo"))

    await land.run(more)
    gone = await land.change(leo, off)
    assert gone.active is False
    there = [(await land.of(school, leo))[0] for school in (land.one, land.two, land.far)]
    assert [one.access for one in there if one] == [Access.DEACTIVATED, Access.DEACTIVATED, Access.OK]
    assert await land.actions() == ["member.deactivated", "member.deactivated", "scim.user_deactivated"]
    with pytest.raises(NothingToChange):
        await land.run(lambda uow: lifecycle.change(uow, land.provider, land.one, leo, Verb.DEACTIVATE))


async def test_on_undoes_what_scim_has_done_and_nothing_else(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.one, "Leo", email="leo@example.org"))

    def more(uow: UnitOfWork) -> None:
        build.membership(uow, land.two, Person(leo, "Leo"))
        lifecycle.change(uow, land.provider, land.one, leo, Verb.SUSPEND)
        lifecycle.change(uow, land.provider, land.two, leo, Verb.DEACTIVATE)

    await land.run(more)
    await land.change(leo, off)
    back = await land.change(leo, on)
    first, _ = await land.of(land.one, leo)
    second, _ = await land.of(land.two, leo)
    assert first is not None
    assert second is not None
    assert (first.access, second.access) == (Access.SUSPENDED, Access.DEACTIVATED)
    assert back.active is True


async def test_what_an_admin_does_after_scim_stays(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.one, "Leo", email="leo@example.org"))
    await land.change(leo, off)

    def again(uow: UnitOfWork) -> None:
        lifecycle.change(uow, land.provider, land.one, leo, Verb.REACTIVATE)
        lifecycle.change(uow, land.provider, land.one, leo, Verb.DEACTIVATE)

    await land.run(again)
    await land.change(leo, on)
    membership, _ = await land.of(land.one, leo)
    assert membership is not None
    assert membership.access is Access.DEACTIVATED


async def test_people_switched_off_join_no_school_of_the_district(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.one, "Leo", email="leo@example.org"))
    await land.change(leo, off)

    def enters(school: str, standing: Standing) -> Callable[[UnitOfWork], object]:
        if standing is Standing.PENDING:
            return lambda uow: members.await_approval(uow, school, leo, None)
        return lambda uow: members.activate(uow, school, leo, "Viewer", by=None)

    for standing in (Standing.PENDING, Standing.ACTIVE):
        with pytest.raises(MembershipBarred) as barred:
            await land.run(enters(land.two.id, standing))
        assert barred.value.membership.barred_as == "deactivated"
    assert await land.run(enters(land.far.id, Standing.ACTIVE))
    await land.change(leo, on)
    assert await land.run(enters(land.two.id, Standing.ACTIVE))


async def test_a_primary_admin_is_protected_and_nothing_else_is_done(land: Land) -> None:
    before = await land.actions()
    for act in (lambda: land.change(land.primary, off), lambda: land.delete(land.primary)):
        with pytest.raises(PrimaryAdminProtected):
            await act()
    membership, _ = await land.of(land.one, land.primary)
    assert membership is not None
    assert membership.active
    assert await land.actions() == before


async def test_who_is_switched_off_has_no_role_over_the_district_any_more(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.two, "Leo", email="leo@example.org"))
    await land.run(
        lambda uow: uow.districts.assign(leo, DISTRICT_ADMIN.name, land.district.id, by=None, at=uow.now)
    )
    await land.change(leo, off)
    assert not (await land.run(lambda uow: uow.districts.rights(leo, land.district.id))).reach
    await land.change(leo, on)
    assert not (await land.run(lambda uow: uow.districts.rights(leo, land.district.id))).reach


async def test_a_user_who_rules_the_system_by_now_is_not_changed(land: Land) -> None:
    nia = await land.create("nia", email=NIA)
    person_id = nia.account.person_id
    await land.run(
        lambda uow: uow.members.assign(person_id, SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)
    )
    for act in (lambda: land.change(nia.account.id, off), lambda: land.delete(nia.account.id)):
        with pytest.raises(AboveYou):
            await act()


async def test_the_deleted_are_gone_and_come_back_by_their_address_alone(land: Land) -> None:
    await land.choose(land.two)
    nia = await land.create("nia", email=NIA)
    person_id = nia.account.person_id
    group = await land.group("Teachers", nia.account.id)
    await land.delete(nia.account.id)
    with pytest.raises(NotFound):
        await land.change(nia.account.id, on)
    membership, _ = await land.of(land.two, person_id)
    assert membership is not None
    assert membership.access is Access.DEACTIVATED
    assert await land.run(lambda uow: uow.scim_groups.members(group.id)) == []
    namesake = await land.create("nia")
    assert namesake.account.person_id != person_id, "a name alone makes nobody another's heir"
    back = await land.create("nia2", email=NIA)
    assert (back.account.person_id, back.account.user_name, back.active) == (person_id, "nia2", True)
    membership, _ = await land.of(land.two, person_id)
    assert membership is not None
    assert membership.access is Access.OK


async def test_the_provider_has_the_rights_of_a_district_admin_and_no_others(land: Land) -> None:
    def unit(uow: UnitOfWork) -> None:
        provider = land.provider
        own = roles.Rights.of([DISTRICT_ADMIN.name])
        assert access.rights_of(uow, provider, land.one) == own
        assert access.rights_over(uow, provider, land.district.id) == own
        for nowhere in (land.far, None):
            assert access.rights_of(uow, provider, nowhere) == roles.Rights()
        assert access.rights_over(uow, provider, None) == roles.Rights()
        assert access.rights_over(uow, provider, land.far.district_id) == roles.Rights()

    await land.run(unit)


async def test_schools_are_locked_before_the_person(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever changes a member locks the school first: another order would deadlock."""
    await land.choose(land.one)
    nia = await land.create("nia", email=NIA)
    await land.link(await land.group("Teachers", nia.account.id), land.two, "Teacher")
    schools = sorted([land.one.id, land.two.id])
    locked: list[object] = []

    def changes(uow: UnitOfWork, *, active: bool) -> None:
        for kind in (uow.schools, uow.people, uow.accounts):
            monkeypatch.setattr(type(kind), "lock", lambda _, of: locked.append(of))
        changed = Wanted("nia", first_name=f"Nia {active}", email=NIA, active=active)
        users.change(uow, land.provider, nia.account.id, lambda _: changed)

    for active in (False, True):
        locked.clear()
        await land.run(partial(changes, active=active))
        assert locked[:3] == [*schools, (nia.account.person_id,)]

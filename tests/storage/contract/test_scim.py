"""The contract of every store for identity providers' tokens and users."""

from datetime import timedelta

import pytest

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.schools.districts import District
from bot.core.scim.model import Token
from bot.core.values import replace
from tests.storage import build, scim
from tests.storage.conftest import Store
from tests.world import START

HOUR = timedelta(hours=1)


async def test_tokens_work_until_they_end(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, south = scim.district(uow), scim.district(uow, "South")
        first, second, other = (Token(build.fresh_id(), of.id, "hash", START) for of in (north, north, south))
        for token in (first, second, other):
            uow.scim_tokens.add(token)
        assert uow.scim_tokens.of(north.id, START) == [first, second]
        assert uow.scim_tokens.expire_all(north.id, START + HOUR) == 2
        assert uow.scim_tokens.expire_all(north.id, START + 2 * HOUR) == 0, "none works longer than it did"
        assert uow.scim_tokens.by_id(first.id) == replace(first, expires_at=START + HOUR)
        assert uow.scim_tokens.of(north.id, START + HOUR) == []
        assert uow.scim_tokens.of(south.id, START + HOUR) == [other]
        uow.scim_tokens.mark_used(other.id, START)
        assert uow.scim_tokens.by_id(other.id) == replace(other, used_at=START)
        assert uow.scim_tokens.by_id("unknown") is None

    await store.run(unit)


async def test_a_district_has_one_default_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        assert uow.scim_tokens.default_school(north.id) is None
        for of in (school.id, school.id, None):
            uow.scim_tokens.set_default_school(north.id, of)
            assert uow.scim_tokens.default_school(north.id) == of

    await store.run(unit)


async def test_a_user_name_is_one_persons_and_free_when_they_are_deleted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, south = scim.district(uow), scim.district(uow, "South")
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        one = scim.account(uow, north, nia, user_name="Same", external_id="x", active=True)
        scim.account(uow, south, leo, user_name="same")
        assert not uow.scim_users.add(replace(one, id=leo.id, person_id=leo.id, user_name="SAME"))
        assert not uow.scim_users.add(replace(one, id=leo.id, user_name="other")), "one account a person"
        other = scim.account(uow, north, leo)
        assert not uow.scim_users.save(replace(other, user_name="sAme"))
        gone = replace(one, deleted_at=START)
        assert uow.scim_users.save(gone)
        assert uow.scim_users.by_id(north.id, nia.id) is None
        assert uow.scim_users.of_person(north.id, nia.id) == gone
        assert uow.scim_users.save(replace(other, user_name="same", active=False, email_type="home"))
        assert not uow.scim_users.save(replace(gone, deleted_at=None))
        assert uow.scim_users.known_elsewhere(north.id, leo.id)
        assert not uow.scim_users.known_elsewhere(north.id, nia.id)

    await store.run(unit)


async def test_the_switched_off_are_barred_in_their_district_alone(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        far = build.school(uow, "Far", district_id=scim.district(uow, "South").id)
        lone = build.school(uow, "Lone")
        nia = build.person(uow, "Nia")
        account = scim.account(uow, north, nia, active=True)
        assert not uow.scim_users.barred(school.id, nia.id)
        uow.scim_users.save(replace(account, active=False, deleted_at=START))
        assert uow.scim_users.barred(school.id, nia.id)
        assert not uow.scim_users.barred(far.id, nia.id)
        assert not uow.scim_users.barred(lone.id, nia.id)
        uow.scim_users.save(replace(account, active=None))
        assert not uow.scim_users.barred(school.id, nia.id)

    await store.run(unit)


async def test_marks_of_a_membership(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert (uow.scim_users.made("m"), uow.scim_users.was("m")) == (False, None)
        uow.scim_users.mark("m", made=True)
        uow.scim_users.mark("m", was="suspended")
        assert (uow.scim_users.made("m"), uow.scim_users.was("m")) == (True, "suspended")
        uow.scim_users.unmark("m")
        uow.scim_users.unmark("other")
        assert (uow.scim_users.made("m"), uow.scim_users.was("m")) == (True, None)

    await store.run(unit)


@pytest.mark.parametrize("both", [False, True])
async def test_one_who_proves_to_be_another_takes_it_all_along(store: Store, both: bool) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        nia, old = build.person(uow, "Nia"), build.person(uow, "Old", AccountKey("web", "old"))
        account = scim.account(uow, north, old, active=False)
        if both:
            scim.account(uow, north, nia, active=True)
        group = scim.group(uow, north)
        uow.scim_groups.put(group.id, [old.id, *([nia.id] if both else [])])
        uow.scim_groups.give(old.id, school.id, "Staff")
        uow.scim_groups.make_due(north.id, [old.id])
        uow.scim_users.absorb(old.id, nia.id)
        now = uow.scim_users.of_person(north.id, nia.id)
        assert now is not None
        assert now.id == (nia.id if both else account.id)
        assert now.active is False, "the stricter state wins"
        assert uow.scim_users.of_person(north.id, old.id) is None
        assert uow.scim_groups.members(group.id) == [(now.id, nia.id)]
        assert uow.scim_groups.given_roles(north.id, nia.id) == [(school.id, "Staff")]
        assert uow.scim_groups.take_due(north.id, 5) == [nia.id]
        found = uow.scim_users.by_id(north.id, now.id)
        assert found is not None
        assert found.account.person_id == nia.id

    await store.run(unit)


async def test_what_is_kept_of_somebody_is_told_with_the_names_of_their_groups(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, _ = scim.place(uow)
        south = District(build.fresh_id(), "South", START)
        uow.districts.add(south)
        nia, ida = build.person(uow, "Nia"), build.person(uow, "Ida")
        for one in (nia, ida):
            scim.account(uow, north, one, external_id=f"x-{one.name}")
        scim.account(uow, south, nia, active=False)
        for name, who in (("Teachers", nia), ("Coaches", nia), ("Others", ida)):
            uow.scim_groups.put(scim.group(uow, north, name).id, [who.id])
        by_district = {one["district_id"]: one for one in uow.scim_users.about([nia.id])}
        assert by_district.keys() == {north.id, south.id}
        mine = {"user_name": "nia", "external_id": "x-Nia", "active": None, "groups": ["Coaches", "Teachers"]}
        assert mine.items() <= by_district[north.id].items()
        assert {"external_id": None, "active": False, "groups": []}.items() <= by_district[south.id].items()
        assert uow.scim_users.about([]) == []

    await store.run(unit)


async def test_nothing_is_kept_about_erased_people(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        nia = build.person(uow, "Nia")
        scim.account(uow, north, nia)
        group = scim.group(uow, north)
        uow.scim_groups.put(group.id, [nia.id])
        uow.scim_groups.give(nia.id, school.id, "Staff")
        uow.scim_groups.make_due(north.id, [nia.id])
        uow.scim_users.forget([nia.id])
        assert uow.scim_users.of_person(north.id, nia.id) is None
        assert uow.scim_groups.members(group.id) == []
        assert uow.scim_groups.given_roles(north.id, nia.id) == []
        assert uow.scim_groups.next_due() is None

    await store.run(unit)

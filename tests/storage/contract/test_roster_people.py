"""The contract of every store for finding the people whom a roster names, or no longer names."""

from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.rights.roles import ScopeKind
from bot.core.rosters.imports import RosterDetails
from bot.core.rosters.known import HeldRole
from bot.core.schools.districts import District
from bot.core.scim.model import Account
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.rosters import an_import, known_member, newcomer
from tests.world import START


async def test_who_is_met_absent_and_known(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        nia, nia_in = known_member(uow, maple, "nia", "Staff", "Observer")
        leo, _ = known_member(uow, maple, "leo")
        waits = build.person(uow, "Waits")
        build.membership(uow, maple, waits, Standing.PENDING)
        uow.districts.assign(nia, "District User", build.fresh_id(), by=None, at=uow.now)
        roster = an_import(uow, maple)
        steps = [
            newcomer(maple, 1, "Nia", said=RosterDetails("NIA@X.org", "Nia", "L")),
            newcomer(maple, 2, "Mia"),
        ]
        steps += [
            newcomer(oak, 3, "Nia", said=RosterDetails("nia@x.org", "Nia", "L", "", "", "", "9"), leads=False)
        ]
        uow.roster_steps.stage_new(roster.id, steps)
        assert list(uow.roster_people.matching(roster.id, after=0, until=3)) == [
            (steps[0], nia),
            (steps[2], nia),
        ]
        assert list(uow.roster_people.matching(roster.id, after=0, until=2)) == [(steps[0], nia)]
        assert not uow.roster_people.matching(roster.id, after=1, until=2)
        assert uow.roster_steps.schools_by_address(roster.id) == {"nia@x.org": {maple.id, oak.id}}
        assert sorted(uow.roster_people.absent(roster.id, maple.id, after="", limit=9)) == sorted([nia, leo])
        uow.roster_steps.settle(roster.id, [steps[0]._replace(person_id=nia)])
        assert list(uow.roster_people.absent(roster.id, maple.id, after="", limit=9)) == [leo]
        assert not uow.roster_people.absent(roster.id, maple.id, after=leo, limit=9)
        (one, other) = uow.roster_people.known(sorted([nia, leo]))
        said = {of.person_id: of.said for of in (one, other)}
        assert uow.roster_people.details([leo, build.fresh_id(), nia]) == said
        assert uow.roster_people.details([]) == {}
        known = one if one.person_id == nia else other
        assert (known.name, known.has_account) == ("nia L", True)
        assert known.said == RosterDetails("nia@x.org", "nia", "L", educator_id="9")
        assert [(one.id, one.school_id) for one in known.memberships] == [(nia_in, maple.id)]
        assert known.roles_in(maple.id) == ("Observer", "Staff")
        assert [one.scope for one in known.held] == [ScopeKind.DISTRICT, ScopeKind.SCHOOL, ScopeKind.SCHOOL]
        assert all(isinstance(one, HeldRole) and one.role is not None for one in known.held)
        assert not uow.roster_people.known([build.fresh_id()])

    await store.run(unit)


async def test_what_identity_providers_say_of_somebody_is_known(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        north, south = (District(build.fresh_id(), name, START) for name in ("North", "South"))
        for district in (north, south):
            uow.districts.add(district)
        ids = sorted(known_member(uow, school, name)[0] for name in ("nia", "leo", "mia"))
        for district, person_id, active, deleted_at in (
            (north, ids[0], False, None),
            (south, ids[0], False, START),
            (north, ids[1], True, None),
            (south, ids[1], None, None),
        ):
            account = Account(person_id, district.id, person_id, person_id, START, START, active=active)
            assert uow.scim_users.add(replace(account, deleted_at=deleted_at))
        known = uow.roster_people.known(ids)
        assert [one.scim for one in known] == [{north.id}, {north.id, south.id}, set()]
        assert [one.off for one in known] == [{north.id, south.id}, set(), set()]

    await store.run(unit)


async def test_an_educators_id_of_somebody_else_is_found(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        nia, _ = known_member(uow, maple, "nia")
        roster = an_import(uow, maple)
        theirs = newcomer(maple, 1, "Nia", said=RosterDetails("nia@x.org", "Nia", "L", educator_id="9"))
        same = newcomer(maple, 2, "Leo", said=RosterDetails("leo@x.org", "Leo", "L", educator_id="9"))
        uow.roster_steps.stage_new(roster.id, [theirs, same])
        uow.roster_steps.settle(roster.id, [theirs._replace(person_id=nia)])
        assert [one.number for one in uow.roster_people.ids_taken(roster.id, [maple.id], 9)] == [2]
        assert not uow.roster_people.ids_taken(roster.id, [oak.id], 9)
        known_member(uow, maple, "zoe")
        found = uow.roster_people.ids_taken(roster.id, [maple.id, oak.id], 9)
        assert [one.number for one in found] == [1, 2], "two have it already"
        assert [one.number for one in uow.roster_people.ids_taken(roster.id, [maple.id], 1)] == [1]

    await store.run(unit)

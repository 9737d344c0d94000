"""The contract of every store for what OneRoster folders say."""

from datetime import date, time, timedelta

from bot.core.oneroster.model import (
    Count,
    FeedError,
    FeedProblem,
    Grant,
    KnownUser,
    Mark,
    Org,
    Outcome,
    Run,
    RunState,
    Source,
    Trouble,
)
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.schools.districts import District
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.scim import district
from tests.world import START

HOUR = timedelta(hours=1)


def _run(of: District, **settings: object) -> Run:
    return Run(build.fresh_id(), of.id, RunState.WAITING, START, **settings)  # type: ignore[arg-type]


async def test_sources_are_due_by_their_time_and_where_the_clock_was_put_back(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, south = district(uow), district(uow, "South")
        made = Source(north.id, "north", "Europe/Berlin", time(2, 30), START, START, START + HOUR)
        uow.oneroster.save_source(made)
        uow.oneroster.save_source(Source(south.id, "south", "UTC", None, START, START))
        assert uow.oneroster.source(north.id) == made
        assert uow.oneroster.due(START, 9) == []
        assert uow.oneroster.due(START + HOUR, 9) == [made]
        assert [one.district_id for one in uow.oneroster.due(START - HOUR, 9)] == [north.id]
        uow.oneroster.mark_checked(north.id, START + HOUR, START + 3 * HOUR)
        assert uow.oneroster.due(START + 2 * HOUR, 9) == []
        changed = replace(made, folder="other", at=None, next_at=None)
        uow.oneroster.save_source(changed)
        assert uow.oneroster.source(north.id) == changed

    await store.run(unit)


async def test_a_day_has_one_run_and_one_worker_has_it(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = district(uow)
        night = _run(north, day=date(2026, 9, 2), applies=True)
        assert uow.oneroster.begin(night)
        assert not uow.oneroster.begin(_run(north, day=date(2026, 9, 2)))
        asked = [_run(north), _run(north)]
        assert all(uow.oneroster.begin(one) for one in asked)
        assert uow.oneroster.next_unclaimed("a", START) == night.id
        assert uow.oneroster.claim(night.id, "a", START, until=START + HOUR)
        assert not uow.oneroster.claim(night.id, "b", START, until=START + HOUR)
        assert uow.oneroster.claim(night.id, "a", START, until=START + HOUR)
        assert uow.oneroster.next_unclaimed("b", START) == asked[0].id
        assert uow.oneroster.next_unclaimed("b", START + HOUR) == night.id
        error = FeedError("users.csv", 2, "role", FeedProblem.ROSTER, "x", ("unknown role", "Staff"))
        outcome = Outcome({Count.ADDED: 2}, (error,), 1, Trouble.CHANGING)
        done = night.ended(RunState.DONE, START, outcome, digest="d", import_id=build.fresh_id(), stale=True)
        assert not uow.oneroster.save_run(done, expected=RunState.AGREED)
        assert uow.oneroster.save_run(done, expected=RunState.WAITING)
        assert uow.oneroster.run(night.id) == done
        assert not uow.oneroster.claim(night.id, "a", START, until=START + HOUR)
        assert [one.id for one in uow.oneroster.runs(north.id, 2)] == [asked[1].id, asked[0].id]

    await store.run(unit)


async def test_what_was_said_is_kept_by_district_and_dropped(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, south = district(uow), district(uow, "South")
        school = build.school(uow, "One", district_id=north.id)
        nia = build.person(uow, "Nia")
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor", email="nia@example.org"))
        orgs = {"o1": Org("One", "1", "school", school.id, chosen=True), "o2": Org("Two")}
        uow.oneroster_known.put_orgs(north.id, orgs)
        uow.oneroster_known.put_orgs(south.id, {"o1": Org("Else")})
        assert uow.oneroster_known.orgs(north.id) == orgs
        uow.oneroster_known.drop_orgs(north.id, {"o2"})
        assert uow.oneroster_known.orgs(north.id).keys() == {"o1"}
        uow.oneroster_known.put_users(
            north.id, {"u1": KnownUser(nia.id, told="t"), "u2": KnownUser(None, active=False)}
        )
        assert uow.oneroster_known.users(north.id) == {
            "u1": KnownUser(nia.id, told="t", email="nia@example.org"),
            "u2": KnownUser(None, active=False),
        }
        begins, ends = date(2026, 9, 10), date(2026, 9, 20)
        uow.oneroster_known.put_grants(
            north.id, {"r1": Grant("u1", "o1", "teacher"), "r2": Grant("u2", "o1", "aide", begins, ends)}
        )
        uow.oneroster_known.set_role(north.id, "aide", "Viewer")
        uow.oneroster_known.set_role(north.id, "aide", "Staff")
        assert uow.oneroster_known.roles(north.id) == {"aide": "Staff"}
        ida = build.person(uow, "Ida")
        told = {"district_id": north.id, "id": "u1", "active": True}
        whole = [{**told, "roles": [{"organisation": "o1", "role": "teacher"}]}]
        assert uow.oneroster_known.about([nia.id, ida.id]) == whole
        assert uow.oneroster_known.about([ida.id]) == []
        uow.oneroster_known.absorb(nia.id, ida.id)
        assert uow.oneroster_known.users(north.id)["u1"].person_id == ida.id
        uow.oneroster_known.forget([ida.id])
        assert uow.oneroster_known.users(north.id).keys() == {"u2"}
        assert uow.oneroster_known.grants(north.id) == {"r2": Grant("u2", "o1", "aide", begins, ends)}
        uow.oneroster.drop(north.id)
        assert not uow.oneroster_known.orgs(north.id)
        assert not uow.oneroster_known.grants(north.id)
        assert uow.oneroster_known.orgs(south.id).keys() == {"o1"}

    await store.run(unit)


async def test_marks_stand_with_memberships_and_say_who_leaves(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = district(uow)
        school = build.school(uow, "One", district_id=north.id)
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        assert uow.people.save_details(nia.id, PersonDetails("Nia", "O", email="Nia@example.org"))
        hers = build.membership(uow, school, nia)
        build.membership(uow, school, leo)
        uow.members.assign(nia.id, "Staff", school.id, by=None, at=START)
        mark = Mark(made=True, roles=("Staff",), was="suspended", by_default=True)
        uow.oneroster_known.mark(north.id, {hers.id: mark})
        found = {one.person_id: one for one in uow.oneroster_known.memberships(north.id)}
        assert (found[nia.id].email, found[nia.id].active) == ("nia@example.org", True)
        assert "Staff" in found[nia.id].roles
        assert found[nia.id].mark == mark
        assert found[leo.id].mark is None
        uow.oneroster_known.unmark(hers.id)
        after = {one.person_id: one.mark for one in uow.oneroster_known.memberships(north.id)}
        assert after == {nia.id: mark._replace(was=None), leo.id: None}
        uow.oneroster_known.set_leaving(north.id, [hers.id])
        assert list(uow.oneroster_known.leaving_schools(north.id)) == [school.id]
        assert list(uow.oneroster_known.leaving(north.id, school.id, after="", limit=9)) == [nia.id]
        assert list(uow.oneroster_known.leaving(north.id, school.id, after=nia.id, limit=9)) == []
        uow.oneroster_known.set_leaving(north.id, [])
        assert list(uow.oneroster_known.leaving_schools(north.id)) == []

    await store.run(unit)

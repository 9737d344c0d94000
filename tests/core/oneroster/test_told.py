"""Refusals about a district's folder, and people whom it does not change."""

from functools import partial

import pytest

from bot.core.errors import NotFound, NothingToChange
from bot.core.ids import new_id
from bot.core.oneroster import runs, setup
from bot.core.oneroster.model import Count, RunState, Trouble
from bot.core.people import members
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.core.oneroster.town import ALL, SYSTEM_ADMIN, TEACH, Town, role, user

# These test the rules alone; folders on real databases are in test_syncing and tests/storage.
pytestmark = pytest.mark.parametrize("unopened", ["fake"], indirect=True)


async def _synced(town: Town) -> None:
    town.write(ALL, TEACH)
    assert (await town.sync()).state is RunState.DONE


async def test_a_folder_that_is_not_connected_is_not_looked_at_or_forgotten(town: Town) -> None:
    await town.run(lambda uow: setup.disconnect(uow, SYSTEM_ADMIN, town.district))
    with pytest.raises(NothingToChange):
        await town.run(lambda uow: setup.disconnect(uow, SYSTEM_ADMIN, town.district))
    with pytest.raises(NothingToChange):
        await town.run(lambda uow: runs.ask(uow, SYSTEM_ADMIN, town.district))
    assert await town.run(lambda uow: runs.ask_as_operator(uow, town.district)) is None
    assert await town.runs() == []


async def test_one_look_at_a_time_is_enough_and_another_is_asked_for_by_the_operator(town: Town) -> None:
    town.write(ALL, TEACH)
    first = await town.run(lambda uow: runs.ask(uow, SYSTEM_ADMIN, town.district))
    assert await town.run(lambda uow: runs.ask(uow, SYSTEM_ADMIN, town.district)) == first
    other = await town.run(lambda uow: runs.ask_as_operator(uow, town.district))
    assert other is not None
    assert other.id != first.id


async def test_a_plan_is_agreed_to_once_and_by_its_own_district(town: Town) -> None:
    town.write(ALL, TEACH)
    planned = await town.sync(only_plan=True)
    with pytest.raises(NotFound):
        await town.run(
            lambda uow: runs.agree(uow, SYSTEM_ADMIN, replace(town.district, id="other"), planned.id)
        )
    await town.run(lambda uow: runs.agree_as_operator(uow, planned, None))
    assert (await town.worked(planned)).state is RunState.DONE
    again = await town.run(lambda uow: runs.agree(uow, SYSTEM_ADMIN, town.district, planned.id))
    assert again.state is RunState.DONE
    await town.run(lambda uow: runs.agree_as_operator(uow, again, None))
    assert (await town.runs())[0].state is RunState.DONE


async def test_organisations_are_mapped_to_the_districts_own_schools(town: Town) -> None:
    await _synced(town)
    foreign = School(new_id(town.clock.now()), "Elm", town.clock.now())
    one = town.schools["North One"]
    closed = replace(one, archived_at=town.clock.now())
    for org, school in (("North One", foreign), ("Nowhere", one), ("o1", closed)):
        maps = partial(setup.map_school, actor=SYSTEM_ADMIN, district=town.district, org=org, school=school)
        with pytest.raises(NotFound):
            await town.run(maps)
    named = await town.run(lambda uow: setup.map_school(uow, SYSTEM_ADMIN, town.district, "north one", one))
    assert named == "North One"
    with pytest.raises(NothingToChange):
        await town.run(lambda uow: setup.map_school(uow, SYSTEM_ADMIN, town.district, "o1", one))


async def test_a_district_without_schools_leaves_its_folder_alone(town: Town) -> None:
    await town.archive_schools()
    town.write(ALL, TEACH)
    assert (await town.sync()).outcome.trouble is Trouble.NO_SCHOOL


async def test_an_archived_district_leaves_its_folder_alone(town: Town) -> None:
    town.write(ALL, TEACH)
    run = await town.run(lambda uow: runs.ask(uow, SYSTEM_ADMIN, town.district))
    await town.run(lambda uow: uow.districts.save(replace(town.district, archived_at=uow.now)))
    assert (await town.worked(run)).outcome.trouble is Trouble.NO_SCHOOL


async def test_people_known_only_outside_the_district_are_left_out_and_counted(town: Town) -> None:
    def elsewhere(uow: UnitOfWork) -> None:
        elm = School(new_id(uow.now), "Elm", uow.now)
        assert uow.schools.add(elm)
        nia = Person(new_id(uow.now), "Nia")
        assert uow.people.add(nia, AccountKey("web", "nia"))
        uow.people.save_details(nia.id, PersonDetails("Nia", "Okafor", email="nia@example.org"))
        members.activate(uow, elm.id, nia.id, "Viewer", by=None)

    await town.run(elsewhere)
    town.write(ALL, TEACH)
    done = await town.sync()
    assert done.outcome.number(Count.ELSEWHERE) == 1
    assert "Nia" not in await town.people()


async def test_the_primary_admin_is_not_deactivated_by_the_source(town: Town) -> None:
    await _synced(town)

    def leads(uow: UnitOfWork) -> None:
        nia = uow.people.by_email("nia@example.org")
        assert nia is not None
        members.grant(uow, town.schools["North One"].id, nia.id, SCHOOL_ADMIN.name, by=None)

    await town.run(leads)
    town.write((user("nia", enabled="false"), *ALL[1:]), TEACH)
    done = await town.sync()
    assert done.outcome.number(Count.KEPT) >= 1
    assert (await town.people())["Nia"][0] == "active"


async def test_a_user_without_an_address_is_an_error_where_they_would_come(town: Town) -> None:
    nobody = (*user("nia")[:10], "", *user("nia")[11:])
    town.write((nobody, *ALL[1:]), TEACH)
    run = await town.sync()
    assert run.state is RunState.FAULTY
    assert [(one.file, one.column) for one in run.outcome.errors] == [("users.csv", "email")]


async def test_what_was_given_to_a_member_of_before_is_taken_and_their_own_is_left(town: Town) -> None:
    await town.add_member("Nia", "Evaluator")
    await _synced(town)
    assert (await town.people())["Nia"] == ("active", ("Evaluator", "Teacher"))
    town.write(ALL, (role("nia", org="o2"), *TEACH[1:]))
    await town.sync()
    assert (await town.people())["Nia"] == ("active", ("Evaluator",))
    assert await town.people("North Two") == {"Nia": ("active", ("Teacher",))}

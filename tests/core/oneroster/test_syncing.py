"""A district follows its OneRoster folder: bulk and delta, within the guard, and nobody's no is undone."""

from datetime import timedelta

import pytest

from bot.core.districts import District
from bot.core.errors import BadValue
from bot.core.ids import new_id
from bot.core.lifecycle import Verb
from bot.core.oneroster import setup
from bot.core.oneroster.model import Count, Run, RunState, Trouble
from bot.core.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.scim import switching, tokens
from bot.core.scim.model import Account
from bot.core.values import replace
from tests.core.oneroster.town import RULER, Town, role, user

STAFF = ("nia", "leo", "mia", "kim", "ivo", "eva")
ALL = tuple(user(one) for one in STAFF)
TEACH = tuple(role(one) for one in STAFF)
TEACHER = ("active", ("Teacher",))


def _counts(run: Run) -> dict[str, int]:
    return {one.value: number for one, number in run.outcome.counts.items() if number}


async def _begin(town: Town) -> None:
    town.write(ALL, TEACH)
    run = await town.sync()
    assert run.state is RunState.DONE, run.outcome


async def test_everyone_in_the_folder_comes_and_stays_as_they_are(town: Town) -> None:
    town.write(ALL, TEACH)
    planned = await town.sync(only_plan=True)
    assert (planned.state, _counts(planned)) == (RunState.PLANNED, {"added": 6})
    assert await town.people() == {}
    done = await town.agree(planned)
    assert (done.state, _counts(done)) == (RunState.DONE, {"added": 6})
    assert await town.people() == {one.title(): TEACHER for one in STAFF}
    again = await town.sync()
    assert (again.state, _counts(again)) == (RunState.DONE, {"same": 6})


async def test_details_are_taken_over(town: Town) -> None:
    await _begin(town)
    town.write((user("nia", first="Niara"), *ALL[1:]), TEACH)
    assert _counts(await town.sync()) == {"changed": 1, "same": 5}

    def unit(uow: UnitOfWork) -> PersonDetails:
        person = uow.people.by_email("nia@example.org")
        assert person is not None
        return uow.people.details(person.id)

    nia = await town.database.read(unit)
    assert (nia.first_name, nia.middle_initial, nia.grade_levels) == ("Niara", "R", "3; 4")


async def test_who_is_gone_from_a_bulk_folder_loses_what_the_sync_gave(town: Town) -> None:
    await _begin(town)
    town.write(ALL[1:], TEACH[1:])
    assert _counts(await town.sync()) == {"removed": 1, "same": 5}
    assert "Nia" not in await town.people()


async def test_members_whom_the_sync_did_not_bring_stay(town: Town) -> None:
    await _begin(town)
    await town.has("Zoe", "Evaluator")
    town.write((*ALL, user("zoe")), (*TEACH, role("zoe", "aide")))
    assert _counts(await town.sync())["changed"] == 1
    assert (await town.people())["Zoe"] == ("active", ("Evaluator", "Staff"))
    town.write(ALL, TEACH)
    await town.sync()
    assert (await town.people())["Zoe"][0] == "active"
    assert "Evaluator" in (await town.people())["Zoe"][1]


async def test_roles_given_by_hand_stay_and_those_of_the_source_follow_it(town: Town) -> None:
    await _begin(town)

    def unit(uow: UnitOfWork) -> None:
        person = uow.people.by_email("nia@example.org")
        assert person is not None
        uow.members.assign(person.id, "Observer", town.schools["North One"].id, by=None, at=uow.now)

    await town.run(unit)
    town.write(ALL, (role("nia", "aide"), *TEACH[1:]))
    assert _counts(await town.sync()) == {"changed": 1, "same": 5}
    assert (await town.people())["Nia"] == ("active", ("Observer", "Staff"))


async def test_somebody_changes_school(town: Town) -> None:
    await _begin(town)
    town.write(ALL, (role("nia", org="o2"), *TEACH[1:]))
    assert _counts(await town.sync()) == {"added": 1, "removed": 1, "same": 5}
    assert "Nia" not in await town.people()
    assert await town.people("North Two") == {"Nia": TEACHER}


async def test_a_delta_does_only_what_it_says(town: Town) -> None:
    await _begin(town)
    town.delta(
        [user("ada2", status="active")], [role("ada2", status="active"), role("leo", status="tobedeleted")]
    )
    assert _counts(await town.sync()) == {"added": 1, "removed": 1}
    people = await town.people()
    assert people.keys() == {"Nia", "Mia", "Kim", "Ivo", "Eva", "Ada2"}
    # A role of somebody who was told of before comes without their row.
    town.delta(None, [role("nia", "counselor", "o2", status="active")])
    assert _counts(await town.sync()) == {"added": 1, "same": 1}
    assert await town.people("North Two") == {"Nia": ("active", ("Staff",))}


@pytest.mark.parametrize("how", ["tobedeleted", "disabled"])
async def test_who_is_switched_off_is_deactivated_and_comes_back_by_the_source(town: Town, how: str) -> None:
    await _begin(town)
    off = user("nia", status="tobedeleted") if how == "tobedeleted" else user("nia", enabled="false")
    town.write((off, *ALL[1:]), TEACH)
    assert _counts(await town.sync()) == {"deactivated": 1, "same": 5}
    assert (await town.people())["Nia"][0] == "deactivated"
    assert _counts(await town.sync()) == {"same": 5}
    town.write(ALL, TEACH)
    done = await town.sync()
    assert done.outcome.number(Count.REACTIVATED) == 1
    assert (await town.people())["Nia"] == TEACHER


async def test_whom_scim_switched_off_the_source_does_not_bring_back(town: Town) -> None:
    await _begin(town)
    town.write((user("nia", enabled="false"), *ALL[1:]), TEACH)
    await town.sync()

    def unit(uow: UnitOfWork) -> None:
        person = uow.people.by_email("nia@example.org")
        assert person is not None
        account = Account(person.id, town.district.id, person.id, "nia", uow.now, uow.now)
        assert uow.scim_users.add(account)
        switching.off(uow, tokens.acting_for(town.district.id), account)

    await town.run(unit)
    town.write(ALL, TEACH)
    done = await town.sync()
    assert done.outcome.number(Count.REACTIVATED) == 0
    assert (await town.people())["Nia"][0] == "deactivated"


async def test_what_an_admin_did_is_never_undone(town: Town) -> None:
    await _begin(town)
    await town.does(Verb.DEACTIVATE, "nia@example.org")
    await town.does(Verb.SUSPEND, "leo@example.org")
    town.write((user("nia", enabled="false"), user("leo", enabled="false"), *ALL[2:]), TEACH)
    assert _counts(await town.sync(typed=1))["deactivated"] == 1
    town.write(ALL, TEACH)
    await town.sync()
    people = await town.people()
    assert people["Nia"][0] == "deactivated"
    assert people["Leo"][0] == "suspended"


async def test_an_admin_who_switches_on_again_has_the_last_word(town: Town) -> None:
    await _begin(town)
    town.write((user("nia", enabled="false"), *ALL[1:]), TEACH)
    await town.sync()
    await town.does(Verb.REACTIVATE, "nia@example.org")
    await town.sync()
    assert (await town.people())["Nia"][0] == "active"
    await town.does(Verb.DEACTIVATE, "nia@example.org")
    town.write(ALL, TEACH)
    await town.sync()
    assert (await town.people())["Nia"][0] == "deactivated"


@pytest.mark.parametrize("how", ["gone", "disabled"])
async def test_too_many_at_once_must_be_agreed_to_by_their_number(town: Town, how: str) -> None:
    await _begin(town)
    if how == "gone":
        town.write(ALL[2:], TEACH[2:])
    else:
        town.write((*(user(one, enabled="false") for one in STAFF[:2]), *ALL[2:]), TEACH)
    guarded = await town.sync(typed=1)
    assert (guarded.state, guarded.outcome.going) == (RunState.GUARDED, 2)
    assert await town.people() == {one.title(): TEACHER for one in STAFF}
    done = await town.agree(guarded, 2)
    assert done.state is RunState.DONE
    status = [how for how, _ in (await town.people()).values()]
    assert status.count("active") == 4


async def test_what_was_agreed_to_is_shown_anew_when_the_folder_changed(town: Town) -> None:
    town.write(ALL[:3], TEACH[:3])
    planned = await town.sync(only_plan=True)
    town.write(ALL, TEACH)
    shown = await town.agree(planned)
    assert (shown.state, shown.stale, _counts(shown)) == (RunState.PLANNED, True, {"added": 6})
    assert await town.people() == {}


async def test_guardians_and_other_places_are_left_out(town: Town) -> None:
    orgs = (
        ("o1", "", "", "North One", "school", "", ""),
        ("o9", "", "", "Far Away", "school", "", ""),
        ("d1", "", "", "North", "district", "", ""),
    )
    roles = [
        role("nia"), role("leo", "guardian"), role("mia", org="o9"),
        role("kim", "districtAdministrator", "d1"), role("ivo", "student"),
    ]  # fmt: skip
    town.write(ALL[:5], roles, orgs)
    done = await town.sync()
    assert _counts(done) == {"added": 2, "ignored": 2, "unmapped": 1}
    assert await town.people() == {"Nia": TEACHER, "Ivo": ("active", ("Viewer",))}


async def test_a_role_that_has_ended_is_none(town: Town) -> None:
    town.write(ALL[:2], [role("nia"), role("leo", ends="2026-08-01")])
    await town.sync()
    assert (await town.people()).keys() == {"Nia"}


async def test_a_role_that_a_delta_told_of_begins_and_ends_on_its_days(town: Town) -> None:
    await _begin(town)
    there = role("nia", "counselor", "o2", status="active", begins="2026-09-10", ends="2026-09-20")
    unknown = role("zoe", "counselor", "o2", status="active", begins="2026-09-10")
    town.delta(None, [there, unknown])
    assert (await town.sync()).state is RunState.DONE
    town.delta(None, None)
    staff = {"Nia": ("active", ("Staff",))}
    for days, people in ((0, {}), (8, {}), (1, staff), (10, staff), (1, {})):
        town.clock.forward(timedelta(days=days))
        assert (await town.sync(typed=1)).state is RunState.DONE  # she is the only one there
        assert await town.people("North Two") == people
    assert await town.people() == {one.title(): TEACHER for one in STAFF}


async def test_a_role_that_is_still_to_begin_keeps_none_beside_it_waiting(town: Town) -> None:
    await _begin(town)
    later = role("nia", "counselor", "o2", status="active", begins="2026-09-10")
    town.delta(None, [later, role("leo", "counselor", "o2", status="active")])
    assert (await town.sync()).state is RunState.DONE
    assert await town.people("North Two") == {"Leo": ("active", ("Staff",))}


async def test_what_an_admin_took_from_somebody_whose_role_has_begun_is_not_given_again_by_a_delta(
    town: Town,
) -> None:
    await _begin(town)
    town.delta(None, [role("nia", "counselor", "o2", status="active", begins="2026-08-20")])
    await town.sync()
    town.delta(None, None)
    await town.run(lambda uow: uow.members.unassign(_nia(uow), "Staff", town.schools["North Two"].id))
    await town.sync()
    assert await town.people("North Two") == {"Nia": ("active", ())}


def _nia(uow: UnitOfWork) -> str:
    person = uow.people.by_email("nia@example.org")
    assert person is not None
    return person.id


async def test_errors_are_all_named_and_stop_everything(town: Town) -> None:
    nobody = (*user("kim")[:10], "no address", *user("kim")[11:])
    users = [*ALL[:2], nobody, user("nia"), user("ivo", enabled="maybe")]
    town.write(users, [role("nia"), role("leo", "wizard"), role("zoe"), role("nia", org="o7")])
    found = await town.sync()
    assert found.state is RunState.FAULTY
    said = [(one.file, one.row, one.column, one.problem.value) for one in found.outcome.errors]
    assert said == [
        ("roles.csv", 3, "role", "unknown value"),
        ("roles.csv", 4, "userSourcedId", "not found"),
        ("roles.csv", 5, "orgSourcedId", "not found"),
        ("users.csv", 4, "email", "no address"),
        ("users.csv", 5, "sourcedId", "twice"),
        ("users.csv", 6, "enabledUser", "unknown value"),
    ]
    assert "no address" not in [one.value for one in found.outcome.errors]
    assert await town.people() == {}


async def test_two_with_one_address_are_an_error_of_the_roster(town: Town) -> None:
    town.write((*ALL, user("nina", email="nia@example.org")), (*TEACH, role("nina")))
    found = await town.sync()
    assert [(one.file, one.row, one.problem.value, one.about) for one in found.outcome.errors] == [
        ("users.csv", 8, "address twice", ("2",))
    ]
    assert await town.people() == {}


async def test_an_address_that_changes_is_the_same_person_and_is_named(town: Town) -> None:
    await _begin(town)
    town.write((user("nia", email="nia.new@example.org"), *ALL[1:]), TEACH)
    assert _counts(await town.sync()) == {"readdressed": 1, "same": 6}
    assert len(await town.people()) == 6


async def test_the_audit_log_names_the_sync_and_nobody(town: Town) -> None:
    await _begin(town)

    def unit(uow: UnitOfWork) -> list[tuple[str, str, object]]:
        entries = [one.entry for name in uow.audit.chains() for one in uow.audit.chain(name)]
        assert "nia" not in repr(entries).casefold()
        return [(one.action, one.front, one.actor_id is None) for one in entries if one.front == "oneroster"]

    assert await town.database.read(unit) == [
        ("roster.imported", "oneroster", True),
        ("oneroster.synced", "oneroster", True),
    ]


@pytest.mark.parametrize("folder", ["north", "NORTH", "north.zip", "North.ZIP"])
async def test_a_folder_is_one_districts(town: Town, folder: str) -> None:
    def unit(uow: UnitOfWork) -> str:
        south = District(new_id(uow.now), "South", uow.now)
        uow.districts.add(south)
        setup.connect(uow, town.admin(uow), town.district, folder="north", zone="UTC", at=None)
        setup.connect(uow, RULER, south, folder="south", zone="UTC", at=None)
        with pytest.raises(BadValue, match="another district"):
            setup.connect(uow, RULER, south, folder=folder, zone="UTC", at=None)
        found = uow.oneroster.source(south.id)
        return found.folder if found else ""

    assert await town.run(unit) == "south"


async def test_only_who_rules_the_system_says_whose_a_folder_is(town: Town) -> None:
    def unit(uow: UnitOfWork) -> str:
        ada = town.admin(uow)
        with pytest.raises(BadValue, match="System Administrator"):
            setup.connect(uow, ada, town.district, folder="south", zone="UTC", at=None)
        setup.connect(uow, ada, town.district, folder="north", zone="UTC", at=None)  # the one it has
        return setup.connect(uow, ada, town.district, folder=town.district.id, zone="UTC", at=None).folder

    assert await town.run(unit) == town.district.id


async def test_a_limit_of_the_installation_stops_everything_and_is_said(town: Town) -> None:
    town.write(ALL, TEACH)
    await town.run(lambda uow: uow.system.save(replace(uow.system.settings(), members_a_school=5)))
    left = await town.sync()
    assert (left.state, left.outcome.trouble) == (RunState.LEFT, Trouble.REFUSED)
    assert await town.people() == {}

"""A district follows its OneRoster folder: bulk and delta files, the guard, and sticky states."""

from datetime import timedelta

import pytest

from bot.core.oneroster.model import Count, RunState
from bot.core.people.lifecycle import Verb
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.scim import switching, tokens
from bot.core.scim.model import Account
from tests.core.oneroster.town import ALL, STAFF, TEACH, TEACHER, Town, begin, counts, role, user


async def test_everyone_in_the_folder_comes_and_stays_as_they_are(town: Town) -> None:
    town.write(ALL, TEACH)
    planned = await town.sync(only_plan=True)
    assert (planned.state, counts(planned)) == (RunState.PLANNED, {"added": 6})
    assert await town.people() == {}
    done = await town.agree(planned)
    assert (done.state, counts(done)) == (RunState.DONE, {"added": 6})
    assert await town.people() == {one.title(): TEACHER for one in STAFF}
    again = await town.sync()
    assert (again.state, counts(again)) == (RunState.DONE, {"same": 6})


async def test_details_are_taken_over(town: Town) -> None:
    await begin(town)
    town.write((user("nia", first="Niara"), *ALL[1:]), TEACH)
    assert counts(await town.sync()) == {"changed": 1, "same": 5}

    def unit(uow: UnitOfWork) -> PersonDetails:
        person = uow.people.by_email("nia@example.org")
        assert person is not None
        return uow.people.details(person.id)

    nia = await town.database.read(unit)
    assert (nia.first_name, nia.middle_initial, nia.grade_levels) == ("Niara", "R", "3; 4")


async def test_people_missing_from_a_bulk_folder_lose_what_the_sync_gave(town: Town) -> None:
    await begin(town)
    town.write(ALL[1:], TEACH[1:])
    assert counts(await town.sync()) == {"removed": 1, "same": 5}
    assert "Nia" not in await town.people()


async def test_members_whom_the_sync_did_not_bring_stay(town: Town) -> None:
    await begin(town)
    await town.add_member("Zoe", "Evaluator")
    town.write((*ALL, user("zoe")), (*TEACH, role("zoe", "aide")))
    assert counts(await town.sync())["changed"] == 1
    assert (await town.people())["Zoe"] == ("active", ("Evaluator", "Staff"))
    town.write(ALL, TEACH)
    await town.sync()
    assert (await town.people())["Zoe"][0] == "active"
    assert "Evaluator" in (await town.people())["Zoe"][1]


async def test_roles_given_by_hand_stay_and_those_of_the_source_follow_it(town: Town) -> None:
    await begin(town)

    def unit(uow: UnitOfWork) -> None:
        person = uow.people.by_email("nia@example.org")
        assert person is not None
        uow.members.assign(person.id, "Observer", town.schools["North One"].id, by=None, at=uow.now)

    await town.run(unit)
    town.write(ALL, (role("nia", "aide"), *TEACH[1:]))
    assert counts(await town.sync()) == {"changed": 1, "same": 5}
    assert (await town.people())["Nia"] == ("active", ("Observer", "Staff"))


async def test_somebody_changes_school(town: Town) -> None:
    await begin(town)
    town.write(ALL, (role("nia", org="o2"), *TEACH[1:]))
    assert counts(await town.sync()) == {"added": 1, "removed": 1, "same": 5}
    assert "Nia" not in await town.people()
    assert await town.people("North Two") == {"Nia": TEACHER}


async def test_a_delta_does_only_what_it_says(town: Town) -> None:
    await begin(town)
    town.delta(
        [user("ada2", status="active")], [role("ada2", status="active"), role("leo", status="tobedeleted")]
    )
    assert counts(await town.sync()) == {"added": 1, "removed": 1}
    people = await town.people()
    assert people.keys() == {"Nia", "Mia", "Kim", "Ivo", "Eva", "Ada2"}
    # A role can come without the row of its user, if an earlier folder had that.
    town.delta(None, [role("nia", "counselor", "o2", status="active")])
    assert counts(await town.sync()) == {"added": 1, "same": 1}
    assert await town.people("North Two") == {"Nia": ("active", ("Staff",))}


@pytest.mark.parametrize("how", ["tobedeleted", "disabled"])
async def test_users_switched_off_by_the_source_are_deactivated_and_come_back_by_it(
    town: Town, how: str
) -> None:
    await begin(town)
    off = user("nia", status="tobedeleted") if how == "tobedeleted" else user("nia", enabled="false")
    town.write((off, *ALL[1:]), TEACH)
    assert counts(await town.sync()) == {"deactivated": 1, "same": 5}
    assert (await town.people())["Nia"][0] == "deactivated"
    assert counts(await town.sync()) == {"same": 5}
    town.write(ALL, TEACH)
    done = await town.sync()
    assert done.outcome.number(Count.REACTIVATED) == 1
    assert (await town.people())["Nia"] == TEACHER


async def test_a_sync_does_not_bring_back_people_whom_scim_switched_off(town: Town) -> None:
    await begin(town)
    town.write((user("nia", enabled="false"), *ALL[1:]), TEACH)
    await town.sync()

    def unit(uow: UnitOfWork) -> None:
        person = uow.people.by_email("nia@example.org")
        assert person is not None
        account = Account(person.id, town.district.id, person.id, "nia", uow.now, uow.now)
        assert uow.scim_users.add(account)
        switching.deactivate(uow, tokens.acting_for(town.district.id), account)

    await town.run(unit)
    town.write(ALL, TEACH)
    done = await town.sync()
    assert done.outcome.number(Count.REACTIVATED) == 0
    assert (await town.people())["Nia"][0] == "deactivated"


async def test_what_an_admin_did_is_never_undone(town: Town) -> None:
    await begin(town)
    await town.change_member(Verb.DEACTIVATE, "nia@example.org")
    await town.change_member(Verb.SUSPEND, "leo@example.org")
    town.write((user("nia", enabled="false"), user("leo", enabled="false"), *ALL[2:]), TEACH)
    assert counts(await town.sync(typed=1))["deactivated"] == 1
    town.write(ALL, TEACH)
    await town.sync()
    people = await town.people()
    assert people["Nia"][0] == "deactivated"
    assert people["Leo"][0] == "suspended"


async def test_an_admin_who_switches_on_again_has_the_last_word(town: Town) -> None:
    await begin(town)
    town.write((user("nia", enabled="false"), *ALL[1:]), TEACH)
    await town.sync()
    await town.change_member(Verb.REACTIVATE, "nia@example.org")
    await town.sync()
    assert (await town.people())["Nia"][0] == "active"
    await town.change_member(Verb.DEACTIVATE, "nia@example.org")
    town.write(ALL, TEACH)
    await town.sync()
    assert (await town.people())["Nia"][0] == "deactivated"


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
    assert counts(done) == {"added": 2, "ignored": 2, "unmapped": 1}
    assert await town.people() == {"Nia": TEACHER, "Ivo": ("active", ("Viewer",))}


async def test_a_role_that_has_ended_is_none(town: Town) -> None:
    town.write(ALL[:2], [role("nia"), role("leo", ends="2026-08-01")])
    await town.sync()
    assert (await town.people()).keys() == {"Nia"}


async def test_a_role_that_a_delta_told_of_begins_and_ends_on_its_days(town: Town) -> None:
    await begin(town)
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
    await begin(town)
    later = role("nia", "counselor", "o2", status="active", begins="2026-09-10")
    town.delta(None, [later, role("leo", "counselor", "o2", status="active")])
    assert (await town.sync()).state is RunState.DONE
    assert await town.people("North Two") == {"Leo": ("active", ("Staff",))}


async def test_what_an_admin_took_from_somebody_whose_role_has_begun_is_not_given_again_by_a_delta(
    town: Town,
) -> None:
    await begin(town)
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


async def test_an_address_that_changes_is_the_same_person_and_is_named(town: Town) -> None:
    await begin(town)
    town.write((user("nia", email="nia.new@example.org"), *ALL[1:]), TEACH)
    assert counts(await town.sync()) == {"readdressed": 1, "same": 6}
    assert len(await town.people()) == 6


async def test_the_audit_log_names_the_sync_and_nobody(town: Town) -> None:
    await begin(town)

    def unit(uow: UnitOfWork) -> list[tuple[str, str, object]]:
        entries = [one.entry for name in uow.audit.chains() for one in uow.audit.chain(name)]
        assert "nia" not in repr(entries).casefold()
        return [(one.action, one.front, one.actor_id is None) for one in entries if one.front == "oneroster"]

    assert await town.database.read(unit) == [
        ("roster.imported", "oneroster", True),
        ("oneroster.synced", "oneroster", True),
    ]

"""What a run of a folder counts and remembers, and when its plan must be agreed to again."""

import pytest

from bot.core.oneroster.model import Count, Mark, Run, RunState
from bot.core.people import members
from bot.core.people.lifecycle import Verb
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.roles import SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.rosters.imports import RosterImport
from bot.core.scim import switching, tokens
from bot.core.scim.model import Account
from tests.core.oneroster.test_setup import logged
from tests.core.oneroster.town import ALL, STAFF, TEACH, Town, role, user
from tests.fakes.oneroster_known import FakeOneRosterKnown

# The rules' own; folders on the databases are in test_syncing and tests/storage.
pytestmark = pytest.mark.parametrize("unopened", ["fake"], indirect=True)


def _of(uow: UnitOfWork, name: str) -> str:
    person = uow.people.by_email(f"{name}@example.org")
    assert person is not None
    return person.id


async def _synced(town: Town) -> Run:
    town.write(ALL, TEACH)
    run = await town.sync()
    assert run.state is RunState.DONE, run.outcome
    return run


async def _marks(town: Town, of: str = "North One") -> dict[str, Mark | None]:
    """Return what the sync has noted for each membership of a school, by e-mail address."""
    standing = await town.database.read(lambda uow: uow.oneroster_known.memberships(town.district.id))
    return {one.email.partition("@")[0]: one.mark for one in standing if one.school_id == town.schools[of].id}


async def test_a_look_that_is_done_names_its_import_and_what_it_counted(town: Town) -> None:
    run = await _synced(town)

    def imported(uow: UnitOfWork) -> RosterImport | None:
        return uow.rosters.by_id(run.import_id or "")

    found = await town.database.read(imported)
    assert found is not None
    assert (found.front, found.started_at) == ("oneroster", run.finished_at)
    (synced,) = [one for one in await logged(town) if one[0] == "oneroster.synced"]
    of = town.district
    assert synced[1:] == (of.subject, {}, {"run": run.id, "added": 6, "district": of.id})
    town.write(ALL, (), None)
    town.delta((), ())
    nothing = await town.sync()
    assert (nothing.state, nothing.import_id, nothing.outcome.counts) == (RunState.DONE, None, {})


async def test_it_is_noted_what_was_given_with_each_membership(town: Town) -> None:
    await town.add_member("Zoe", "Evaluator")
    people = [user(one) for one in ("nia", "leo", "zoe")]
    town.write(people, [role("nia"), role("leo", "student"), role("zoe", "aide")])
    await town.sync()
    assert await _marks(town) == {
        "nia": Mark(made=True, roles=("Teacher",)),
        "leo": Mark(made=True, roles=("Viewer",), by_default=True),
        "zoe": Mark(roles=("Staff",)),
    }
    await town.change_member(Verb.SUSPEND, "leo@example.org")  # nothing is noted about people who are kept
    town.write(people, [role("nia", "aide"), role("leo"), role("zoe")])
    done = await town.sync()
    assert done.outcome.counts == {Count.CHANGED: 2, Count.KEPT: 1}
    assert await _marks(town) == {
        "nia": Mark(made=True, roles=("Staff",)),
        "leo": Mark(made=True, roles=("Viewer",), by_default=True),
        "zoe": Mark(roles=("Teacher",)),
    }


async def test_a_role_that_the_source_takes_back_goes_and_comes_with_it(town: Town) -> None:
    await _synced(town)
    for what, roles in (("student", "Viewer"), ("aide", "Staff"), ("student", "Viewer")):
        town.write(ALL, (role("nia", what), *TEACH[1:]))
        first, second = await town.sync(), await town.sync()
        assert first.outcome.counts == {Count.CHANGED: 1, Count.SAME: 5}
        assert second.outcome.counts == {Count.SAME: 6}
        assert (await town.people())["Nia"] == ("active", (roles,))


async def test_a_sync_stores_which_people_the_users_are(town: Town) -> None:
    await _synced(town)

    def unit(uow: UnitOfWork) -> None:
        found = uow.oneroster_known.users(town.district.id)
        assert {key: (one.person_id, one.active) for key, one in found.items()} == {
            f"u-{name}": (_of(uow, name), True) for name in STAFF
        }

    await town.database.read(unit)


async def test_what_is_stored_as_it_is_is_not_written_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _synced(town)
    written: list[tuple[str, object]] = []
    for what in ("put_orgs", "put_users", "put_grants"):

        def put(_known: FakeOneRosterKnown, _of: str, given: object, what: str = what) -> None:
            written.append((what, given))

        monkeypatch.setattr(FakeOneRosterKnown, what, put)
    await town.sync()
    assert written == [("put_orgs", {}), ("put_users", {}), ("put_grants", {})]


async def test_all_who_are_kept_are_counted_by_reason(town: Town) -> None:
    """Leo is a Primary Admin, Mia a System Administrator, Kim and Ivo are archived."""
    town.write(ALL, (*TEACH[1:], role("nia", org="o2")))
    await town.sync()

    def lead(uow: UnitOfWork) -> None:
        for name, school in (("leo", "North One"), ("nia", "North Two")):
            members.grant(uow, town.schools[school].id, _of(uow, name), SCHOOL_ADMIN.name, by=None)
        uow.members.assign(_of(uow, "mia"), SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)

    await town.run(lead)
    await town.change_member(Verb.SUSPEND, "kim@example.org")
    await town.change_member(Verb.DEACTIVATE, "ivo@example.org")
    off = [user(one, enabled="false") for one in ("nia", "leo", "mia")]
    roles = [role("nia", org="o2"), role("kim", "aide"), role("ivo", "aide"), *TEACH[1:3], *TEACH[5:]]
    town.write([*off, *ALL[3:]], roles)
    done = await town.sync()
    assert done.outcome.counts == {Count.KEPT: 5, Count.SAME: 1}
    assert {name: how for name, (how, _) in (await town.people()).items()} == {
        "Leo": "active", "Mia": "active", "Kim": "suspended", "Ivo": "deactivated", "Eva": "active",
    }  # fmt: skip


async def test_people_switched_off_by_scim_are_counted_as_kept(town: Town) -> None:
    town.write(ALL, (*TEACH, role("nia", org="o2")))
    await town.sync()
    # All of Nia, in both schools, and one of the others: still few enough to be done at once.
    town.write((user("nia", enabled="false"), user("leo", enabled="false"), *ALL[2:]), TEACH)
    await town.sync(typed=3)

    def unit(uow: UnitOfWork) -> None:
        nia = _of(uow, "nia")
        account = Account(nia, town.district.id, nia, "nia", uow.now, uow.now)
        assert uow.scim_users.add(account)
        switching.deactivate(uow, tokens.acting_for(town.district.id), account)

    await town.run(unit)
    town.write(ALL, TEACH)
    done = await town.sync()
    assert done.outcome.number(Count.REACTIVATED) == 1
    assert done.outcome.number(Count.KEPT) == 2
    assert {name for name, (how, _) in (await town.people()).items() if how == "deactivated"} == {"Nia"}


async def test_the_guard_counts_removals_and_deactivations_together(town: Town) -> None:
    await _synced(town)
    one = user("leo", enabled="false")
    town.write((one, *ALL[2:]), TEACH[1:])
    guarded = await town.sync(typed=1)
    assert (guarded.state, guarded.outcome.losing_access) == (RunState.GUARDED, 2)
    # Suspended people do not count as losses.
    await town.change_member(Verb.SUSPEND, "leo@example.org")
    again = await town.sync()
    assert (again.state, again.outcome.losing_access) == (RunState.DONE, 2)


async def test_what_was_agreed_to_is_shown_anew_when_people_changed(town: Town) -> None:
    await _synced(town)
    town.write(ALL, (role("nia", "aide"), role("leo", "aide"), *TEACH[2:]))
    planned = await town.sync(only_plan=True)
    assert (planned.state, planned.stale) == (RunState.PLANNED, False)
    await town.change_member(Verb.SUSPEND, "leo@example.org")
    shown = await town.agree(planned)
    assert (shown.state, shown.stale) == (RunState.PLANNED, True)
    assert shown.outcome.counts == {Count.CHANGED: 1, Count.KEPT: 1, Count.SAME: 4}
    assert (await town.agree(shown)).state is RunState.DONE


async def test_what_was_agreed_to_and_takes_too_many_by_now_is_guarded(town: Town) -> None:
    await _synced(town)
    town.write(ALL, (role("nia", "aide"), *TEACH[1:]))
    planned = await town.sync(only_plan=True)
    town.write(ALL[3:], TEACH[3:])
    shown = await town.agree(planned)
    assert (shown.state, shown.stale, shown.outcome.losing_access) == (RunState.GUARDED, True, 3)
    assert len(await town.people()) == 6


async def test_the_first_of_very_many_errors_are_kept_and_all_are_counted(town: Town) -> None:
    nobody = [(*user(f"p{number}")[:10], "none", *user("nia")[11:]) for number in range(210)]
    town.write(nobody, [])
    found = await town.sync()
    assert (found.state, found.outcome.wrong, len(found.outcome.errors)) == (RunState.FAULTY, 210, 200)
    assert [one.row for one in found.outcome.errors] == list(range(2, 202))


async def test_people_without_a_name_are_left_out_of_a_delta(town: Town) -> None:
    """Leo has lost his last name, and of Zoe nothing is known but that she is somebody."""
    await _synced(town)
    town.write([*ALL, user("zoe")], TEACH)
    await town.sync()

    def unit(uow: UnitOfWork) -> None:
        uow.people.save_details(_of(uow, "leo"), PersonDetails("Leo", email="leo@example.org"))

    await town.run(unit)
    town.delta(None, [role(one, "aide", "o2", status="active") for one in ("nia", "leo", "zoe")])
    done = await town.sync()
    assert done.outcome.number(Count.ADDED) == 1
    assert (await town.people("North Two")).keys() == {"Nia"}

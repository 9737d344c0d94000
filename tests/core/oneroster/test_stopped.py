"""What stops a run, or makes it wait for agreement: errors, too many changes, a limit."""

import pytest

from bot.core.oneroster.model import RunState, Trouble
from bot.core.values import replace
from tests.core.oneroster.town import ALL, STAFF, TEACH, TEACHER, Town, begin, counts, role, user


@pytest.mark.parametrize("how", ["gone", "disabled"])
async def test_too_many_at_once_must_be_agreed_to_by_their_number(town: Town, how: str) -> None:
    await begin(town)
    if how == "gone":
        town.write(ALL[2:], TEACH[2:])
    else:
        town.write((*(user(one, enabled="false") for one in STAFF[:2]), *ALL[2:]), TEACH)
    guarded = await town.sync(typed=1)
    assert (guarded.state, guarded.outcome.losing_access) == (RunState.GUARDED, 2)
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
    assert (shown.state, shown.stale, counts(shown)) == (RunState.PLANNED, True, {"added": 6})
    assert await town.people() == {}


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


async def test_a_limit_of_the_installation_stops_everything_and_is_said(town: Town) -> None:
    town.write(ALL, TEACH)
    await town.run(lambda uow: uow.system.save(replace(uow.system.settings(), members_a_school=5)))
    left = await town.sync()
    assert (left.state, left.outcome.trouble) == (RunState.LEFT, Trouble.REFUSED)
    assert await town.people() == {}

"""Connecting a district's folder: the words of each refusal, and what the audit log keeps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.core.errors import BadValue, NothingToChange
from bot.core.ids import new_id
from bot.core.oneroster import setup
from bot.core.oneroster.model import NOTHING, SCHOOLS_DEFAULT, Org, Source
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.schools.districts import District
from tests.core.oneroster.town import SYSTEM_ADMIN, Town

# The rules' own; folders on the databases are in test_whose_folder and tests/storage.
pytestmark = pytest.mark.parametrize("unopened", ["fake"], indirect=True)
HOUR = timedelta(hours=1)
Logged = tuple[str, str, dict[str, object], dict[str, object]]


@contextmanager
def _refused(option: str, problem: str, example: str = "") -> Iterator[None]:
    with pytest.raises(BadValue) as wrong:
        yield
    assert (wrong.value.option, wrong.value.problem, wrong.value.example) == (option, problem, example)


@contextmanager
def _left(state: str) -> Iterator[None]:
    with pytest.raises(NothingToChange) as as_it_is:
        yield
    assert as_it_is.value.state == state


async def logged(town: Town) -> list[Logged]:
    """Return the audit log of the district as text, with old and new values."""

    def unit(uow: UnitOfWork) -> list[Logged]:
        found = [one.entry for name in uow.audit.chains() for one in uow.audit.chain(name)]
        return [(one.action, one.subject, dict(one.old), dict(one.new)) for one in found]

    return await town.database.read(unit)


def _connects(
    of: District,
    folder: str,
    who: Callable[[UnitOfWork], Actor] = lambda _: SYSTEM_ADMIN,
    at: time | None = None,
) -> Callable[[UnitOfWork], Source]:
    return lambda uow: setup.connect(uow, who(uow), of, folder=folder, zone="UTC", at=at)


@pytest.mark.parametrize("folder", ["../etc", "north.", "north ", "a/b", ""])
async def test_a_name_that_leads_elsewhere_is_no_folders(town: Town, folder: str) -> None:
    with _refused("folder", "is not the name of a folder or zip below the root", "north-district"):
        await town.run(_connects(town.district, folder))


async def test_a_folder_of_others_is_refused_and_whose_it_is_says_who_rules_the_system(town: Town) -> None:
    south = District(new_id(town.clock.now()), "South", town.clock.now())
    await town.run(lambda uow: uow.districts.add(south))
    with _refused("folder", "is another district's"):
        await town.run(_connects(south, "NORTH.zip"))
    only_id = (
        "is for a System Administrator to choose; "
        f"a folder named {town.district.id} is your district's"
    )  # fmt: skip
    with _refused("folder", only_id, town.district.id):
        await town.run(_connects(town.district, "elsewhere", town.admin))
    await town.run(lambda uow: setup.disconnect(uow, SYSTEM_ADMIN, town.district))
    with _refused("folder", only_id, town.district.id):
        await town.run(_connects(town.district, "north", town.admin))
    assert (await town.run(_connects(town.district, town.district.id, town.admin))).at is None


async def test_a_folder_that_changes_is_connected_since_the_first_day(town: Town) -> None:
    since = town.clock.now()
    town.clock.forward(HOUR)
    changed = await town.run(_connects(town.district, "north", town.admin, time(2, 30)))
    now = town.clock.now()
    assert changed == Source(
        town.district.id, "north", "UTC", time(2, 30), since, now, datetime(2026, 9, 2, 2, 30, tzinfo=UTC)
    )
    await town.run(_connects(town.district, "far.zip"))
    await town.run(lambda uow: setup.disconnect(uow, SYSTEM_ADMIN, town.district))
    about = town.district.subject
    night = {"folder": "north", "zone": "UTC", "at": "02:30:00"}
    first, far = night | {"zone": "Europe/Berlin", "at": None}, night | {"folder": "far.zip", "at": None}
    assert await logged(town) == [
        ("oneroster.connected", about, {}, first),
        ("oneroster.connected", about, first, night),
        ("oneroster.connected", about, night, far),
        ("oneroster.disconnected", about, {}, {}),
    ]
    with _left("not connected"):
        await town.run(lambda uow: setup.disconnect(uow, SYSTEM_ADMIN, town.district))


async def test_an_organisation_is_a_school_or_none_because_an_admin_says_so(town: Town) -> None:
    of, one = town.district, town.schools["North One"]
    orgs = {"o1": Org("Lower", "1"), "o2": Org("Upper"), "o3": Org("Upper")}
    await town.run(lambda uow: uow.oneroster_known.put_orgs(of.id, orgs))
    assert await town.run(lambda uow: setup.map_school(uow, SYSTEM_ADMIN, of, " lower ", one)) == "Lower"
    with _left("as you want it"):
        await town.run(lambda uow: setup.map_school(uow, SYSTEM_ADMIN, of, "o1", one))
    await town.run(lambda uow: setup.map_school(uow, SYSTEM_ADMIN, of, "o1", None))
    await town.run(lambda uow: setup.map_school(uow, SYSTEM_ADMIN, of, "o3", None))  # chosen to be none
    known = await town.database.read(lambda uow: uow.oneroster_known.orgs(of.id))
    assert known == {
        "o1": Org("Lower", "1", chosen=True), "o2": Org("Upper"), "o3": Org("Upper", chosen=True)
    }  # fmt: skip
    what = "oneroster.school_mapped"
    assert (await logged(town))[1:] == [
        (what, of.subject, {"school": None}, {"org": "o1", "school": one.id}),
        (what, of.subject, {"school": one.id}, {"org": "o1", "school": None}),
        (what, of.subject, {"school": None}, {"org": "o3", "school": None}),
    ]


async def test_a_role_of_the_source_means_what_an_admin_says(town: Town) -> None:
    of = town.district

    async def maps(source: str, role: str) -> str:
        return await town.run(lambda uow: setup.map_role(uow, SYSTEM_ADMIN, of, source, role))

    with _refused("source", "is no role of OneRoster", "teacher"):
        await maps("wizard", "Staff")
    for above in ("System Administrator", "Clerk"):
        with _refused("role", "is not a role that a sync may give", "Teacher"):
            await maps("teacher", above)
    for source, role in (("teacher", "teacher"), ("ext:coach", "")):
        with _left("as you want it"):
            await maps(source, role)
    assert await maps(" Aide ", "Default") == "aide"
    assert await maps("ext:coach", "evaluator") == "ext:coach"
    assert await maps("EXT:Coach", "") == "ext:coach"
    known = await town.database.read(lambda uow: uow.oneroster_known.roles(of.id))
    assert known == {"aide": SCHOOLS_DEFAULT, "ext:coach": NOTHING}
    what = "oneroster.role_mapped"
    assert (await logged(town))[1:] == [
        (what, of.subject, {"role": "Staff"}, {"source": "aide", "role": "default"}),
        (what, of.subject, {"role": ""}, {"source": "ext:coach", "role": "Evaluator"}),
        (what, of.subject, {"role": "Evaluator"}, {"source": "ext:coach", "role": ""}),
    ]


async def test_a_district_without_schools_gives_no_roles(town: Town) -> None:
    await town.archive_schools()
    with _refused("role", "is not a role that a sync may give", "Teacher"):
        await town.run(lambda uow: setup.map_role(uow, SYSTEM_ADMIN, town.district, "aide", "Teacher"))

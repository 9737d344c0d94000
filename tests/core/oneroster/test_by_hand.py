"""People whom an admin has added by hand stay members, whatever the source says about their address."""

import pytest

from bot.core.ids import new_id
from bot.core.oneroster.model import Run, RunState
from bot.core.people import members
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.rosters import planning
from bot.core.values import replace
from tests.core.oneroster.town import Town, role, user

_STAFF = ("nia", "leo", "mia", "kim", "ivo", "eva", "ada", "ben", "cleo", "dan", "emil", "fay")
_ALL, _ROLES = tuple(user(one) for one in _STAFF), tuple(role(one) for one in _STAFF)


def _comes(uow: UnitOfWork, school_id: str, name: str, email: str) -> Person:
    person = Person(new_id(uow.now), name)
    uow.people.add_unlinked(person)
    uow.people.save_details(person.id, PersonDetails(name, "Okafor", email=email))
    members.activate(uow, school_id, person.id, "Evaluator", by=None)
    return person


async def test_a_person_added_by_hand_stays_with_an_address_of_the_source(town: Town) -> None:
    north = town.schools["North One"].id
    town.write(_ALL, _ROLES)
    await town.sync()

    def given_away(uow: UnitOfWork) -> None:
        _comes(uow, north, "Zoe", "zoe@example.org")
        nia, zoe = (uow.people.by_email(f"{one}@example.org") for one in ("nia", "zoe"))
        assert nia is not None
        assert zoe is not None
        own = uow.members.of(north, nia.id)
        assert own is not None
        assert uow.members.remove(own)
        for person, email in ((nia, ""), (zoe, "nia@example.org")):
            details = uow.people.details(person.id)
            assert uow.people.save_details(person.id, replace(details, email=email))

    await town.run(given_away)
    await town.sync()
    town.write(_ALL[1:], _ROLES[1:])
    await town.sync()
    # She has the name that goes with the address, and is there.
    assert len(await town.people()) == len(_STAFF)


async def test_a_person_who_joins_during_a_sync_is_considered_by_the_next_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = (town.schools[name].id for name in ("North One", "North Two"))
    zoe = await town.run(lambda uow: _comes(uow, south, "Zoe", "zoe@example.org"))
    town.write((*_ALL, user("zoe")), (*_ROLES, role("zoe")))
    plan = planning.plan

    def meanwhile(uow: UnitOfWork, *given: object) -> object:
        members.activate(uow, north, zoe.id, "Viewer", by=None)
        return plan(uow, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(planning, "plan", meanwhile)
    now = town.clock.now()
    night = Run(new_id(now), town.district.id, RunState.WAITING, now, applies=True)
    await town.run(lambda uow: uow.oneroster.begin(night))
    assert (await town.worked(night)).state is RunState.DONE
    assert "Zoe" in await town.people()

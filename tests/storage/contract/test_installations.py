"""The contract of every store for Slack installations."""

from datetime import timedelta

from bot.core.ports import UnitOfWork
from bot.core.values import replace
from bot.core.workspaces.installation_ports import Installation
from tests.storage.conftest import Store
from tests.world import START

SOON = START + timedelta(hours=12)


def _taken_in(uow: UnitOfWork, place: str, token: str = "xoxb-1") -> Installation:
    made = Installation(place, "Maple", "B1", "U1", "chat:write", token, START, "xoxe-1", SOON)
    uow.installations.save(made)
    found = uow.installations.by_place(place)
    assert found is not None
    return found


async def test_a_workspace_has_one_installation_and_the_newest_counts(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert uow.installations.by_place("T1") is None
        assert uow.installations.for_workspace("T1") is None
        first, other = _taken_in(uow, "T1"), _taken_in(uow, "T2", "xoxb-2")
        assert (first.token, first.refresh, first.expires_at, first.version) == ("xoxb-1", "xoxe-1", SOON, 1)
        assert uow.installations.for_workspace("T1") == first
        assert uow.installations.for_workspace("T2") == other
        uow.installations.save(replace(first, name="Oak", token="xoxb-3", refresh="", expires_at=None))
        second = uow.installations.by_place("T1")
        assert second is not None
        assert (second.name, second.token, second.refresh) == ("Oak", "xoxb-3", "")
        assert (second.expires_at, second.version) == (None, 2)
        assert uow.installations.every() == [second, other]
        assert not uow.installations.remove("T1", first.version)
        assert uow.installations.remove("T1", second.version)
        assert not uow.installations.remove("T1", second.version)
        assert uow.installations.every() == [other]

    await store.run(unit)


async def test_tokens_are_renewed_only_for_the_version_that_they_were_got_for(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        first, later = _taken_in(uow, "T1"), SOON + timedelta(hours=1)
        assert uow.installations.renew(first, token="xoxb-2", refresh="xoxe-2", expires_at=later)
        assert not uow.installations.renew(first, token="xoxb-0", refresh="xoxe-0", expires_at=SOON)
        now = replace(first, token="xoxb-2", refresh="xoxe-2", expires_at=later, version=2)
        assert uow.installations.by_place("T1") == now
        assert _taken_in(uow, "T1", "xoxb-9").version == 3
        assert not uow.installations.renew(now, token="xoxb-0", refresh="xoxe-0", expires_at=SOON)
        missing = replace(now, place="T9")
        assert not uow.installations.renew(missing, token="xoxb-0", refresh="xoxe-0", expires_at=SOON)

    await store.run(unit)


async def test_an_organisations_installation_is_for_the_workspaces_it_gives(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        own, org, other = _taken_in(uow, "T1"), _taken_in(uow, "E1", "xoxb-e"), _taken_in(uow, "E2", "xoxb-f")
        assert uow.installations.for_workspace("T2") is None
        assert uow.installations.add_workspace("T2", "E1")
        assert not uow.installations.add_workspace("T2", "E1")
        assert uow.installations.for_workspace("T2") == org
        assert uow.installations.for_workspace("T1") == own
        assert uow.installations.add_workspace("T1", "E1")
        assert uow.installations.for_workspace("T1") == org
        assert uow.installations.workspaces("E1") == ["T1", "T2"]
        assert uow.installations.add_workspace("T2", "E2")
        assert uow.installations.for_workspace("T2") == other
        assert not uow.installations.remove_workspace("T2", "E1")
        assert uow.installations.remove_workspace("T2", "E2")
        assert uow.installations.for_workspace("T2") is None
        again = _taken_in(uow, "T1", "xoxb-new")
        assert uow.installations.for_workspace("T1") == again
        assert uow.installations.add_workspace("T3", "E1")
        assert uow.installations.remove("E1", org.version)
        assert uow.installations.for_workspace("T3") is None
        assert uow.installations.workspaces("E1") == []
        assert uow.installations.every() == [other, again]

    await store.run(unit)

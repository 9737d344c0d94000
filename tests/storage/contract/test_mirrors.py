"""The contract of every store for mirrored requests and for workspace events."""

from datetime import timedelta

from bot.core.ports import UnitOfWork
from bot.core.requests.mirror_ports import (
    MIRROR,
    Mirror,
    MirroredRequest,
    MirrorProblem,
    PlatformRequestState,
)
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.schools.schools import School
from bot.core.stuck import TrackedItem, put_off
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

MINUTE = timedelta(minutes=1)
HERE = build.MAPLE


def linked(uow: UnitOfWork, name: str, key: WorkspaceKey) -> School:
    made = build.school(uow, name)
    build.workspace(uow, key)
    uow.workspaces.link(made.id, key, START)
    return made


def place(number: int) -> WorkspaceKey:
    return WorkspaceKey(Platform.DISCORD, str(number))


async def test_a_workspace_has_one_mirror(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = linked(uow, "Maple", HERE), linked(uow, "Oak", place(701))
        assert uow.mirrors.of(HERE) is None
        made = Mirror(HERE, maple.id, START)
        uow.mirrors.put(made)
        uow.mirrors.put(Mirror(place(701), oak.id, START))
        assert uow.mirrors.of(HERE) == made
        seen = replace(made, looked_at=START, look_at=START + MINUTE, problem=MirrorProblem.NO_RIGHT)
        uow.mirrors.put(seen)
        assert uow.mirrors.of(HERE) == seen
        assert uow.mirrors.delete(HERE)
        assert not uow.mirrors.delete(HERE)
        assert uow.mirrors.of(HERE) is None
        assert uow.mirrors.of(place(701)) is not None

    await store.run(unit)


async def test_only_mirrors_at_work_are_due(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        schools = [linked(uow, f"S{number}", place(number)) for number in range(6)]
        for number, school in enumerate(schools):
            uow.mirrors.put(Mirror(place(number), school.id, START - number * MINUTE))
        uow.mirrors.put(Mirror(place(1), schools[1].id, START + MINUTE))
        uow.workspaces.suspend_links(place(2), START)
        uow.schools.save(replace(schools[3], archived_at=START))
        put_off(uow, TrackedItem(MIRROR, "discord/4"), "broke")

        def due(limit: int = 10) -> list[str]:
            return [one.workspace.external_id for one in uow.mirrors.due(START, limit)]

        assert due() == ["5", "0"]
        assert due(1) == ["5"]

    await store.run(unit)


async def test_which_request_stands_for_which(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = linked(uow, "Maple", HERE)
        linked(uow, "Oak", place(701))
        request = build.join_request(uow, maple, build.person(uow))
        first = MirroredRequest(HERE, "900", request.id, PlatformRequestState.WAITING, START, filed=True)
        second = MirroredRequest(HERE, "901", None, PlatformRequestState.WAITING, START)
        other = MirroredRequest(place(701), "900", None, PlatformRequestState.WAITING, START)
        for one in (second, first, other):
            uow.mirrors.save_request(one)
        assert uow.mirrors.by_external_id(HERE, "900") == first
        assert uow.mirrors.by_external_id(HERE, "902") is None
        assert uow.mirrors.waiting(HERE) == [first, second]
        assert uow.mirrors.of_request(request.id) == [first]
        ended = replace(first, fate=PlatformRequestState.LET_IN, at=START + MINUTE)
        uow.mirrors.save_request(ended)
        assert uow.mirrors.by_external_id(HERE, "900") == ended
        assert uow.mirrors.waiting(HERE) == [second]
        assert uow.mirrors.waiting(place(701)) == [other]

    await store.run(unit)


async def test_up_to_when_was_heard(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert uow.workspace_events.heard_until("shard 0") is None
        uow.workspace_events.set_heard_until("shard 0", START)
        uow.workspace_events.set_heard_until("shard 0", START + MINUTE)
        uow.workspace_events.set_heard_until("shard 0", START)  # another replica's clock, or a late word
        assert uow.workspace_events.heard_until("shard 0") == START + MINUTE
        assert uow.workspace_events.heard_until("shard 1") is None

    await store.run(unit)


async def test_workspaces_that_serve_schools(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        for number in (703, 701, 702, 704):
            linked(uow, f"S{number}", place(number))
        linked(uow, "T", WorkspaceKey(Platform.SLACK, "T1"))
        build.workspace(uow, place(705))
        uow.workspaces.suspend_links(place(702), START)

        def served(after: str = "", limit: int = 10) -> list[str]:
            found = uow.workspace_events.serving_workspaces(Platform.DISCORD, after=after, limit=limit)
            return [one.external_id for one in found]

        assert served() == ["701", "703", "704"]
        assert served("701", 1) == ["703"]
        assert served("704") == []

    await store.run(unit)


async def test_who_is_banned(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        linked(uow, "Maple", HERE)
        linked(uow, "Oak", place(701))
        for key, subject in ((HERE, "1"), (HERE, "2"), (place(701), "3")):
            assert uow.bans.add(key, subject, START)
        uow.bans.drop(HERE, "2")
        assert uow.bans.of(HERE) == {"1"}
        assert uow.bans.of(place(999)) == frozenset()

    await store.run(unit)


async def test_newcomers_are_counted_by_the_minute(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        linked(uow, "Maple", HERE)
        linked(uow, "Oak", place(701))
        assert [uow.workspace_events.count_newcomer(HERE, START) for _ in range(3)] == [1, 2, 3]
        assert uow.workspace_events.count_newcomer(place(701), START) == 1
        assert uow.workspace_events.count_newcomer(HERE, START + MINUTE) == 1
        assert (
            uow.workspace_events.newcomers(HERE, START),
            uow.workspace_events.newcomers(HERE, START + 2 * MINUTE),
        ) == (3, 0)
        uow.workspace_events.count_newcomer(HERE, START + timedelta(days=2))
        assert uow.workspace_events.newcomers(HERE, START) == 0
        assert uow.workspace_events.newcomers(place(701), START) == 1

    await store.run(unit)

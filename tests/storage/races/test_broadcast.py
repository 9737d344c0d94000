"""Two replicas send broadcasts at once: each person is written to once, and quotas hold."""

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from bot.chat.ports import Database
from bot.core.messages import broadcasting
from bot.core.messages import drafts as broadcast_drafts
from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import Broadcast, BroadcastState, DeliveryMethod, RecipientState
from bot.core.messages.drafts import Preview, Wording
from bot.core.people import members
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.system import SystemSettings
from bot.jobs.broadcasts import BroadcastWorker
from bot.jobs.sweeps import Sweep, sweep
from tests.outbox import deliver_all
from tests.storage import build
from tests.storage.messages import fill
from tests.storage.rounds import Database as Both
from tests.storage.rounds import Ground, actions, as_, check_audit_chains, grounds, race, refused, times
from tests.world import World

SCHEDULED = Sweep("scheduled messages", 15, broadcasting.sweep, "broadcast", broadcasting.due_audiences)
HOUR = timedelta(hours=1)
MANY = times(60)
# Each is a whole message, from the draft on.
RACES = times(40)


def _draft(uow: UnitOfWork, actor: Actor, of: Ground) -> Preview:
    wanted, wording = PeopleFilter(of.school.id), Wording("Hi", "{{name}}")
    seen = broadcast_drafts.audience(uow, actor, of.school, wanted, wording)
    return broadcast_drafts.draft(uow, actor, of.school, wanted, wording, seen)


def _send(uow: UnitOfWork, actor: Actor, of: Ground, draft: Preview) -> object:
    seen = broadcasting.current_audience(uow, actor, of.school, draft.broadcast)
    return broadcasting.send(uow, actor, of.school, draft.broadcast, seen)


async def test_two_clicks_send_once_and_both_are_answered(database: Both) -> None:
    land = (await grounds(database))[:RACES]
    drafts = await database.run(lambda uow: [as_("ada", of, partial(_draft, of=of))(uow) for of in land])
    rounds = [
        [as_(name, of, partial(_send, of=of, draft=draft)) for name in ("ada", "omar")]
        for of, draft in zip(land, drafts, strict=True)
    ]
    done = await race(database, rounds)
    assert not any(refused(one) for one in done)
    assert {view.broadcast.state for one in done for view in one} == {BroadcastState.SENDING}
    assert (await actions(database)).count("message.sent") == len(land)
    await check_audit_chains(database)


async def test_the_last_place_of_the_day_is_taken_once(database: Both) -> None:
    """A school may write to three people a day: of two broadcasts to three at once, one is refused."""
    land = (await grounds(database))[:RACES]
    await database.run(lambda uow: uow.system.save(SystemSettings(messages_a_day=3)))

    def drafts(uow: UnitOfWork) -> list[list[Preview]]:
        return [[as_(name, of, partial(_draft, of=of))(uow) for name in ("ada", "omar")] for of in land]

    rounds = [
        [
            as_(name, of, partial(_send, of=of, draft=draft))
            for name, draft in zip(("ada", "omar"), both, strict=True)
        ]
        for of, both in zip(land, await database.run(drafts), strict=True)
    ]
    assert all(refused(one) == ["LimitReached"] for one in await race(database, rounds))
    assert (await actions(database)).count("message.sent") == len(land)


async def test_two_workers_write_to_each_person_once(
    world: World, replica: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They race for each small chunk; deliveries make room for the next one."""
    monkeypatch.setattr(broadcast_work, "CHUNK", 2)
    monkeypatch.setattr(broadcast_work, "AHEAD", 7)

    def prepare(uow: UnitOfWork) -> str:
        school, ada = build.school(uow), build.person(uow)
        for number in range(MANY):
            build.membership(uow, school, build.person(uow, f"Many {number}"))
        wanted = PeopleFilter(school.id)
        made = Broadcast(
            *(
                build.fresh_id(),
                school.id,
                ada.id,
                "Hi",
                "Hello",
                DeliveryMethod.CHAT,
                wanted.pack(),
                uow.now,
                "web",
            ),
            state=BroadcastState.SENDING,
        )
        uow.broadcasts.add(made)
        fill(uow, made.id, wanted, DeliveryMethod.CHAT)
        members.activate(uow, school.id, ada.id, SCHOOL_ADMIN.name, by=None)
        return made.id

    made = await world.database.run(prepare)
    told: Counter[str] = Counter()
    workers = [BroadcastWorker(world.database), BroadcastWorker(replica)]
    while True:
        did = await asyncio.gather(*(worker.round() for worker in workers))
        queued = await world.database.run(_deliver)
        told.update(queued)
        if not any(did) and not queued:
            break
    assert set(told.values()) == {1}
    assert len(told) == MANY

    def unit(uow: UnitOfWork) -> tuple[BroadcastState, dict[RecipientState, int]]:
        of = uow.broadcasts.by_id(made)
        assert of is not None
        return of.state, {state: number for (state, _, _), number in uow.recipients.counts(made).items()}

    assert await world.database.read(unit) == (BroadcastState.DONE, {RecipientState.SENT: MANY})


def _deliver(uow: UnitOfWork) -> list[str]:
    """Deliver what is queued to recipients; return the subjects of the notices."""
    found = [one for one in deliver_all(uow) if one.subject.startswith("message:")]
    for one in found:
        assert broadcast_work.wanted(uow, one)
        broadcast_work.arrived(uow, one)
    return [one.subject for one in found]


async def test_what_is_scheduled_goes_out_once_though_two_replicas_look(
    world: World, replica: Database
) -> None:
    land = (await grounds(world.database))[:RACES]

    def prepare(uow: UnitOfWork) -> None:
        for of in land:
            draft = as_("ada", of, partial(_draft, of=of))(uow)
            at = uow.now + HOUR
            as_("ada", of, lambda u, who: broadcasting.schedule(u, who, of.school, draft.broadcast, at))(uow)  # noqa: B023

    await world.database.run(prepare)
    world.clock.forward(HOUR)
    await asyncio.gather(sweep(world.database, SCHEDULED), sweep(replica, SCHEDULED))
    assert (await actions(world.database)).count("message.sent") == len(land)
    await check_audit_chains(world.database)

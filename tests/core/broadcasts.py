"""Writes and sends broadcasts in tests, and counts what became of them."""

from collections import Counter

import pytest

from bot.core.messages import broadcasting
from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import Broadcast, BroadcastView, RecipientState
from bot.core.messages.drafts import Preview
from bot.core.notices import deliveries
from bot.core.notices.notices import Loss, Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Caller
from bot.core.schools.schools import School
from bot.core.stuck import ItemTracker
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.door import Door, actions_in, as_, maple
from tests.outbox import deliver_all
from tests.world import caller

ADA = caller("ada", administers=True)


SENT, FAILED, OUT = RecipientState.SENT, RecipientState.FAILED, RecipientState.OPTED_OUT


async def send(door: Door, more: str = "", text: str = "Hello {{first_name}}") -> str:
    """Write a broadcast as Ada and send it; return its id."""
    draft = actions_in(await door.says(ADA, f'/message send subject:News text:"{text}" {more}'))
    broadcast = draft["Send now"].values["broadcast"]
    assert not (await door.clicks(ADA, "message go", broadcast=broadcast)).refused
    return broadcast


async def drafted(door: Door, who: Caller | str, more: str = "", subject: str = "A") -> str:
    """Write a broadcast as a draft, which is not sent yet; return its id."""
    shown = actions_in(await door.says(who, f"/message send subject:{subject} text:B {more}"))
    return shown["Send now"].values["broadcast"]


async def found(door: Door, broadcast: str) -> Broadcast:
    one = await door.database.read(lambda uow: uow.broadcasts.by_id(broadcast))
    assert one is not None
    return one


async def became(door: Door, broadcast: str) -> dict[RecipientState, int]:
    """Return the number of a broadcast's recipients in each state."""
    counts = await door.database.read(lambda uow: uow.recipients.counts(broadcast))
    found = Counter[RecipientState]()
    for (state, _, _), number in counts.items():
        found[state] += number
    return dict(found)


async def work(door: Door, loss: dict[str, Loss] | None = None) -> list[Notice]:
    """Send all broadcasts under way, which fails for accounts in `loss`; return the notices taken."""
    lost, gone = loss or {}, []

    def deliver(uow: UnitOfWork) -> list[Notice]:
        taken = [one for one in deliver_all(uow) if one.subject.startswith("message:")]
        for one in taken:
            hooks = deliveries.hooks_for(one)
            if not hooks.wanted(uow, one):
                hooks.withheld(uow, one)
            elif (why := lost.get(one.to.account or "")) is not None:
                hooks.failed(uow, one, why)
            else:
                hooks.arrived(uow, one)
        return taken

    while True:
        did = await BroadcastWorker(door.database).round()
        fresh = await door.database.run(deliver)
        gone += fresh
        if not did and not fresh:
            return gone


async def crowd(door: Door) -> None:
    """Make a school with Ada and Omar, who are in the chat, and Bo and Cy, who only have e-mail."""
    await maple(door, invite=None)
    for name in ("bo", "cy"):
        await door.says(ADA, f"/member create email:{name}@example.org first_name:{name} last_name:Berg")


async def half_queued(door: Door, monkeypatch: pytest.MonkeyPatch) -> str:
    """Send a broadcast to four people, of whom two are queued and two still wait; return its id."""
    monkeypatch.setattr(broadcast_work, "AHEAD", 2)
    await crowd(door)
    made = await send(door)
    await BroadcastWorker(door.database).round()
    return made


async def attend(door: Door) -> int:
    audiences = await door.database.read(lambda uow: broadcasting.due_audiences(uow, ItemTracker()))
    return await door.database.run(lambda uow: broadcasting.sweep(uow, ItemTracker(), audiences))


def sent(uow: UnitOfWork, who: Caller, school: School, of: Broadcast) -> BroadcastView | Preview:
    """Send a broadcast to the audience that its filter selects now."""
    actor = as_(uow, who)
    return broadcasting.send(uow, actor, school, of, broadcasting.current_audience(uow, actor, school, of))

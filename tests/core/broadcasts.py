"""Messages to many in tests: written, sent by a hand that takes them, and what became of them."""

from collections import Counter

import pytest

from bot.core import broadcast_work, broadcasting, deliveries
from bot.core.actors import Caller
from bot.core.broadcast_drafts import Preview
from bot.core.broadcasts import Broadcast, BroadcastView, RecipientState
from bot.core.notices import Loss, Notice
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.stuck import ItemTracker
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.door import Door, actions_in, as_, maple
from tests.outbox import deliver_all
from tests.world import caller

ADA = caller("ada", administers=True)


SENT, FAILED, OUT = RecipientState.SENT, RecipientState.FAILED, RecipientState.OPTED_OUT


async def send(door: Door, more: str = "", text: str = "Hello {{first_name}}") -> str:
    """Write a message as Ada and send it; return its id."""
    draft = actions_in(await door.says(ADA, f'/message send subject:News text:"{text}" {more}'))
    broadcast = draft["Send now"].values["broadcast"]
    assert not (await door.clicks(ADA, "message go", broadcast=broadcast)).refused
    return broadcast


async def drafted(door: Door, who: Caller | str, more: str = "", subject: str = "A") -> str:
    """Write a message and send it to nobody yet; return its id."""
    shown = actions_in(await door.says(who, f"/message send subject:{subject} text:B {more}"))
    return shown["Send now"].values["broadcast"]


async def found(door: Door, broadcast: str) -> Broadcast:
    one = await door.database.read(lambda uow: uow.broadcasts.by_id(broadcast))
    assert one is not None
    return one


async def became(door: Door, broadcast: str) -> dict[RecipientState, int]:
    """Count what became of those for whom a message was."""
    counts = await door.database.read(lambda uow: uow.recipients.counts(broadcast))
    found = Counter[RecipientState]()
    for (state, _, _), number in counts.items():
        found[state] += number
    return dict(found)


async def work(door: Door, loss: dict[str, Loss] | None = None) -> list[Notice]:
    """Send what is under way; to the places named in `loss` it cannot be delivered."""
    lost, gone = loss or {}, []

    def deliver(uow: UnitOfWork) -> list[Notice]:
        taken = [one for one in deliver_all(uow) if one.subject.startswith("message:")]
        for one in taken:
            kind = deliveries.hooks_for(one)
            assert kind is not None
            if not kind.wanted(uow, one):
                kind.withheld(uow, one)
            elif (why := lost.get(one.to.account or "")) is not None:
                kind.failed(uow, one, why)
            else:
                kind.arrived(uow, one)
        return taken

    while True:
        did = await BroadcastWorker(door.database).round()
        fresh = await door.database.run(deliver)
        gone += fresh
        if not did and not fresh:
            return gone


async def crowd(door: Door) -> None:
    """Let there be Ada and Omar in the chat, and Bo and Cy who have an e-mail address alone."""
    await maple(door, invite=None)
    for name in ("bo", "cy"):
        await door.says(ADA, f"/member create email:{name}@example.org first_name:{name} last_name:Berg")


async def half_queued(door: Door, monkeypatch: pytest.MonkeyPatch) -> str:
    """Send a message to four of whom two are queued, and two wait until these have gone; return its id."""
    monkeypatch.setattr(broadcast_work, "AHEAD", 2)
    await crowd(door)
    made = await send(door)
    await BroadcastWorker(door.database).round()
    return made


async def attend(door: Door) -> int:
    audiences = await door.database.read(lambda uow: broadcasting.due_audiences(uow, ItemTracker()))
    return await door.database.run(lambda uow: broadcasting.sweep(uow, ItemTracker(), audiences))


def sent(uow: UnitOfWork, who: Caller, school: School, of: Broadcast) -> BroadcastView | Preview:
    """Send a message as it is seen now."""
    actor = as_(uow, who)
    return broadcasting.send(uow, actor, school, of, broadcasting.current_audience(uow, actor, school, of))

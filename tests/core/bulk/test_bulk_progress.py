"""Long bulk work shows its progress on one card, which is redrawn."""

from bot.chat.notifier import Notifiers
from bot.chat.replies import Card, Progress
from bot.chat.text import plain
from bot.core.bulk.work import CHUNK
from bot.core.notices.notices import Destination
from bot.core.rights.actors import Platform
from bot.jobs.bulk import BulkWorker
from bot.jobs.delivery import Delivery
from tests.core.door import Door, actions_in, maple
from tests.world import caller, deliver_due

ADA = caller("ada", administers=True)
PEOPLE = CHUNK + 5


class Recorder:
    """A platform that remembers what it was told to show."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str]] = []
        self.redrawn: list[str] = []

    async def post(self, to: Destination, card: Card, _: str = "") -> tuple[str, str]:
        self.posted.append((str(to), _said(card)))
        return "channel", "message"

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        assert (channel, message) == ("channel", "message"), to
        self.redrawn.append(_said(card))


def _said(card: Card) -> str:
    progress = [f" {block.done} of {block.total}" for block in card.blocks if isinstance(block, Progress)]
    return plain(card.title) + "".join(progress)


async def test_the_card_of_whoever_started_it_is_redrawn_as_the_work_goes_on(door: Door) -> None:
    await maple(door)
    for number in range(PEOPLE):
        line = f"/member create email:p{number}@example.org first_name:P{number} last_name:Many"
        await door.says(ADA, line)
    reply = await door.says(ADA, "/bulk plan act:archive search:many")
    await door.clicks(ADA, "bulk apply", **actions_in(reply)["Apply"].values)
    shown = Recorder()
    notifiers: Notifiers = {Platform.WEB: shown}
    delivery = Delivery(door.database, notifiers, door.clock)
    worker = BulkWorker(door.database, door.clock)
    await deliver_due(delivery)
    while await worker.round():
        await deliver_due(delivery)
    assert shown.posted == [
        ("web/@ada", f"Archive people of Maple Grove: under way 0 of {PEOPLE}"),
    ]
    assert shown.redrawn == [
        f"Archive people of Maple Grove: under way {CHUNK} of {PEOPLE}",
        f"{PEOPLE} people of Maple Grove archived",
    ]

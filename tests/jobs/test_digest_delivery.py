"""Delivery of a digest: to its channel, past a failing channel, redrawn after each decision."""

from datetime import timedelta
from pathlib import Path

from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card, Reply
from bot.chat.text import plain
from bot.core.notices.notices import Destination
from bot.core.rights.actors import Platform
from tests.core.digesting import BY_REQUEST, LATE, ask, school_with_channel
from tests.core.door import Door, door_of, heard, maple
from tests.world import World, open_world, sqlite_url

DAY = timedelta(days=1)
CHANNEL = "web/playground/#approvals"


class _Chat:
    """A platform that keeps the cards it gets; its channels can be closed, and people silent."""

    def __init__(self) -> None:
        self.closed = False
        self.silent: set[str] = set()
        self.shown: dict[tuple[str, str], Card] = {}

    async def post(self, to: Destination, card: Card, _: str = "") -> tuple[str, str]:
        if (self.closed and to.channel) or str(to) in self.silent:
            raise DeliveryFailed("not_in_channel", final=True)
        place = (str(to), str(len(self.shown)))
        self.shown[place] = card
        return place

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> str:  # noqa: ARG002
        """Replace a card by a message with another id, as if it had grown by a further message."""
        del self.shown[(channel, message)]
        self.shown[(channel, f"{message},more")] = card
        return f"{message},more"

    def titles(self, place: str) -> list[str]:
        """Return the current titles of the cards in a place, oldest first."""
        return [plain(card.title) for (where, _), card in self.shown.items() if where == place]

    def said(self, place: str) -> list[str]:
        """Return all current text of the cards in a place."""
        return [heard(Reply(card)) for (where, _), card in self.shown.items() if where == place]


async def _morning(world: World, door: Door, *newcomers: str) -> None:
    await ask(door, *newcomers)
    world.clock.forward(DAY)
    await world.sweep()
    await world.deliver()


async def test_a_digest_is_drawn_anew_and_gives_way_to_the_next(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = door_of(world), _Chat()
        world.notifiers[Platform.WEB] = chat
        await school_with_channel(door)
        world.clock.forward(LATE)
        await _morning(world, door, "nora", "omid")
        assert "2 people wait to join Maple Grove" in chat.titles(CHANNEL)
        nora, omid = await door.requests()
        await door.clicks("ada", "request approve", request=nora.id)
        await world.deliver()
        assert "1 person waits to join Maple Grove" in chat.titles(CHANNEL)
        await door.clicks("omid", "request withdraw", request=omid.id)
        await world.deliver()
        assert "Nobody waits to join Maple Grove" in chat.titles(CHANNEL)
        await _morning(world, door, "pia")
        digests = [title for title in chat.titles(CHANNEL) if "asks to join" not in title]
        assert digests[0] == "A newer digest of Maple Grove has come"
        assert "1 person waits to join Maple Grove" in digests


async def test_past_a_closed_channel_approvers_get_it_and_admins_are_told_once(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = door_of(world), _Chat()
        world.notifiers[Platform.WEB] = chat
        await school_with_channel(door)
        world.clock.forward(LATE)
        chat.closed = True
        for newcomer in ("nora", "omid"):
            await _morning(world, door, newcomer)
        lost = "I cannot write to the approvals channel of Maple Grove"
        for approver in ("ada", "omar"):
            titles = chat.titles(f"web/@{approver}")
            assert titles.count(lost) == 1
            assert titles.count("2 people wait to join Maple Grove") == 1
            assert titles.count("A newer digest of Maple Grove has come") == 1
        chat.closed = False
        await _morning(world, door, "pia")
        assert "3 people wait to join Maple Grove" in chat.titles(CHANNEL)
        chat.closed = True
        world.clock.forward(2 * DAY)  # a weekend
        await _morning(world, door, "quin")
        assert chat.titles("web/@ada").count(lost) == 2


async def test_an_approver_who_takes_no_direct_messages_gets_it_by_mail(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat, mail = door_of(world), _Chat(), _Chat()
        world.notifiers |= {Platform.WEB: chat, Platform.EMAIL: mail}
        await maple(door, BY_REQUEST)
        await door.says("ada", "/member edit person:ada email:ada@example.org")
        world.clock.forward(LATE)
        chat.silent = {"web/@ada"}
        await _morning(world, door, "nora")
        mailed = [plain(card.title) for card in mail.shown.values()]
        assert mailed == ["Nora asks to join Maple Grove", "1 person waits to join Maple Grove"]
        assert "1 person waits to join Maple Grove" in chat.titles("web/@omar")


async def test_people_without_the_right_see_no_new_applicants_on_their_card(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = door_of(world), _Chat()
        world.notifiers[Platform.WEB] = chat
        await maple(door, BY_REQUEST)
        world.clock.forward(LATE)
        await _morning(world, door, "nora")
        both = [f"web/@{name}" for name in ("ada", "omar")]
        assert all("1 person waits to join Maple Grove" in chat.titles(one) for one in both)
        (nora,) = await door.requests()
        await ask(door, "omid")
        await door.says("ada", "/member suspend omar")
        await door.clicks("ada", "request approve", request=nora.id)
        await world.deliver()
        ada, omar = (" ".join(sorted(chat.said(one))) for one in both)
        assert ("Omid" in ada, "Nora" in ada, "Omid" in omar, "Nora" in omar) == (True, True, False, False)
        assert set(chat.titles(both[1])) == {"No longer shown here"}
        await door.clicks("ada", "member reinstate", person="omar")
        (omid,) = await door.requests()
        await door.clicks("omid", "request withdraw", request=omid.id)
        await world.deliver()
        assert "Nobody waits to join Maple Grove" in chat.titles(both[1])


async def test_a_digest_grows_only_where_requests_arrive_and_requests_stay_true(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = door_of(world), _Chat()
        world.notifiers[Platform.WEB] = chat
        await school_with_channel(door)
        world.clock.forward(LATE)
        await _morning(world, door, "nora")
        await door.says("ada", "/school approvals channel:elsewhere")
        (nora,) = await door.requests()
        await ask(door, "omid")
        await door.clicks("ada", "request approve", request=nora.id)
        await world.deliver()
        assert sorted(set(chat.titles(CHANNEL))) == [
            "No longer shown here",
            "Nora asks to join Maple Grove",
        ]
        assert "Omid" not in " ".join(chat.said(CHANNEL))
        assert any("Approved as Viewer" in one for one in chat.said(CHANNEL))

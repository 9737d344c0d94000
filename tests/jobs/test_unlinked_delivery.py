"""Notices on their way to a workspace's channel when the school is unlinked from it."""

from datetime import timedelta
from pathlib import Path

from bot.chat.replies import Card, Reply
from bot.chat.text import plain
from bot.core.notices.notices import Destination
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.schools.schools import ApprovalsChannel
from tests.core.digesting import LATE, ask, school_with_channel
from tests.core.door import Door, door_of, heard
from tests.storage import build
from tests.world import World, open_world, sqlite_url

DAY = timedelta(days=1)
HERE, THERE = "web/playground/#approvals", "web/elm/#desk"
ELM = WorkspaceKey(Platform.WEB, "elm")


class _Chat:
    """A platform that keeps the current card of each message."""

    def __init__(self) -> None:
        self.shown: dict[tuple[str, str], Card] = {}

    async def post(self, to: Destination, card: Card, _: str = "") -> tuple[str, str]:
        place = (str(to), str(len(self.shown)))
        self.shown[place] = card
        return place

    async def redraw(self, _: Destination, channel: str, message: str, card: Card) -> None:
        self.shown[(channel, message)] = card

    def said(self, place: str) -> list[str]:
        return [heard(Reply(card)) for (where, _), card in self.shown.items() if where == place]

    def titles(self, place: str) -> list[str]:
        return [plain(card.title) for (where, _), card in self.shown.items() if where == place]


async def _school(world: World, *, other_channel: bool = False) -> tuple[Door, _Chat]:
    """Make a school that is linked to another workspace, too."""
    door, chat = door_of(world), _Chat()
    world.notifiers[Platform.WEB] = chat
    await school_with_channel(door)
    await door.says("ada", "/school edit direct_messages:no")
    school = await door.school()

    def unit(uow: UnitOfWork) -> None:
        build.workspace(uow, ELM)
        assert uow.workspaces.link(school.id, ELM, uow.now)
        if other_channel:
            uow.workspaces.set_approvals_channel(ApprovalsChannel(school.id, ELM, "desk"))

    await world.database.run(unit)
    return door, chat


async def _unlinked(world: World, door: Door) -> None:
    reply = await door.says("ada", "/school unlink workspace:playground")
    assert not reply.refused
    await world.deliver()


async def _unlinked_with_a_digest(world: World, door: Door) -> None:
    """Unlink a school while its digest of the day is on its way."""
    world.clock.forward(LATE)
    await ask(door, "nora")
    await world.deliver()
    world.clock.forward(DAY)
    await world.sweep()
    await _unlinked(world, door)


async def test_a_request_goes_to_those_who_decide_and_not_there(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = await _school(world)
        await ask(door, "nora")
        await _unlinked(world, door)
        assert chat.titles(HERE) == []
        told = {
            who for who in ("ada", "omar") if "Nora asks to join Maple Grove" in chat.titles(f"web/@{who}")
        }
        assert told == {"ada", "omar"}


async def test_a_request_that_stands_in_another_channel_is_told_there_alone(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = await _school(world, other_channel=True)
        await ask(door, "nora")
        await _unlinked(world, door)
        assert (chat.titles(HERE), chat.titles(THERE)) == ([], ["Nora asks to join Maple Grove"])
        assert "Nora asks to join Maple Grove" not in chat.titles("web/@ada")


async def test_a_digest_goes_to_those_who_decide_and_not_there(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = await _school(world)
        await _unlinked_with_a_digest(world, door)
        assert chat.titles(HERE) == ["No longer shown here"]
        assert "1 person waits to join Maple Grove" in chat.titles("web/@ada")


async def test_a_digest_that_stands_in_another_channel_is_told_there_alone(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = await _school(world, other_channel=True)
        await _unlinked_with_a_digest(world, door)
        assert "1 person waits to join Maple Grove" in chat.titles(THERE)
        assert "1 person waits to join Maple Grove" not in chat.titles("web/@ada")


async def test_what_stands_there_tells_nothing_any_more(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, chat = await _school(world, other_channel=True)
        await ask(door, "nora")
        await world.deliver()
        await _unlinked(world, door)
        reply = await door.says("omar", "/request approve request:Nora")
        assert not reply.refused
        await world.deliver()
        (here,) = chat.said(HERE)
        assert ("No longer shown here" in here, "Nora" in here) == (True, False)
        (there,) = chat.said(THERE)
        assert "Omar" in there

"""Cards that arrive while the account that they go to is being unlinked or erased."""

from pathlib import Path

import pytest

from bot.chat.replies import Card
from bot.core.notices.notices import Audience, Destination, tell
from bot.core.rights.actors import AccountKey, Platform
from tests.core.door import Door, door_of, maple
from tests.world import open_world, sqlite_url

NORA = Destination.direct(AccountKey("web", "nora"))


class _Chat:
    """A platform that does something while a card is on its way to it."""

    def __init__(self, door: Door, *does: str) -> None:
        self.door, self.does = door, list(does)

    async def post(self, to: Destination, card: Card, key: str = "") -> tuple[str, str]:  # noqa: ARG002
        if to == NORA and self.does:
            assert not (await self.door.says("nora", self.does.pop())).refused
        return str(to), key

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        """Replace a card."""


@pytest.mark.parametrize("does", [(), ("/account erase sure:yes",)], ids=["stays", "erased"])
async def test_no_card_is_stored_for_a_person_who_is_erased_meanwhile(
    tmp_path: Path, does: tuple[str, ...]
) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door = door_of(world)
        await maple(door, 'approval:"by request"')
        await door.says("nora", f"/join {await door.code()}")
        (request,) = await door.requests()
        world.notifiers[Platform.WEB] = _Chat(door, *does)
        await world.deliver()
        copies = await world.database.read(lambda uow: uow.card_copies.of(request.subject))
        assert (NORA in [one.to for one in copies]) is not bool(does)
        assert ("'nora'" in repr(await door.tables())) is not bool(does)


async def test_a_stranger_who_is_invited_by_an_account_has_a_card_that_changes(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door = door_of(world)
        await maple(door, invite=None)
        await door.says("ada", '/invite person to:<@nora> name:"Nora Finch" roles:Staff')
        (invitation, *_) = await door.invitations()
        world.notifiers[Platform.WEB] = _Chat(door)
        await world.database.run(lambda uow: tell(uow, invitation.subject, Audience.ADDRESSEE, NORA))
        await world.deliver()
        copies = await world.database.read(lambda uow: uow.card_copies.of(invitation.subject))
        assert [one.to for one in copies] == [NORA]

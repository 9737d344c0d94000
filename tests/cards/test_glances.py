"""What the notification of a card shows on a locked phone: its subject, and no names of other people."""

from datetime import timedelta

import pytest

from bot.cards.notices.notices import Target, draw
from bot.chat.text import plain
from bot.core.notices.notices import Audience
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.workspaces import events as workspace_events
from bot.jobs.sweeps import sweep
from tests.core.door import Door, maple, open_door
from tests.core.waiting import WAITING
from tests.outbox import deliver_all


@pytest.fixture
def door() -> Door:
    return open_door()


async def _glances(door: Door, who: str) -> dict[Audience, str]:
    """Return what the phones of those who are told about a person show."""

    def unit(uow: UnitOfWork) -> dict[Audience, str]:
        found = {}
        for notice in deliver_all(uow):
            card = draw(uow, notice.subject, Target(notice.audience))
            assert card is not None
            if who in plain(card.title):
                found[notice.audience] = plain(card.glance or card.title)
        return found

    return await door.database.run(unit)


async def test_a_request_is_somebodys(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    await door.says("nora", f"/join {await door.code()}")
    asks = "Somebody asks to join Maple Grove"
    assert await _glances(door, "Nora") == {Audience.APPROVER: asks}
    door.clock.forward(timedelta(hours=24))
    await sweep(door.database, WAITING)
    assert await _glances(door, "Nora") == {Audience.REMINDER: asks}


async def test_a_ban_is_somebodys(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    where = WorkspaceKey(Platform.WEB, "playground")
    await door.database.run(lambda uow: workspace_events.banned(uow, where, AccountKey("web", "nora")))
    glance = "Somebody was banned from one of your servers or workspaces"
    assert await _glances(door, "Nora") == {Audience.ADMIN: glance}


async def test_an_invitation_is_the_inviters(door: Door) -> None:
    await maple(door)
    await door.says("ada", "/invite person to:nora@example.org name:Nora")
    await door.database.run(deliver_all)
    (invitation, *_) = await door.invitations()

    def unit(uow: UnitOfWork) -> str:
        card = draw(uow, invitation.subject, Target(Audience.INVITER))
        assert card is not None
        assert "Nora" in plain(card.title)
        return plain(card.glance or card.title)

    assert "Nora" not in await door.database.read(unit)

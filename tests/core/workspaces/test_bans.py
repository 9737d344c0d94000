"""What a ban on a platform leads to: an audit entry for each school there, and a notice to its admins."""

from collections.abc import Sequence

import pytest

from bot.core.errors import AccountBanned
from bot.core.notices.notices import Audience
from bot.core.people import accounts, erasure, lifecycle
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Person, Platform, WorkspaceKey
from bot.core.workspaces import bans
from bot.core.workspaces import events as workspace_events
from tests.core.door import Door, heard, maple
from tests.core.place import GUILD, OTHER, Place, discord
from tests.outbox import deliver_all
from tests.world import caller

HERE = WorkspaceKey(Platform.WEB, "playground")
NIA = caller("nia").account
DESK = AccountKey("slack", "T1/U1")


async def _about_bans(door: Door) -> list[tuple[str, str, str | None, object]]:
    entries = [one for one in await door.audit_entries() if "banned" in one.action]
    return [(one.action, one.subject, one.school_id, one.new) for one in entries]


async def _told(door: Door) -> Sequence[tuple[str, Audience, str]]:
    notices = await door.database.run(deliver_all)
    return [(one.subject, one.audience, str(one.to)) for one in notices if one.subject.startswith("banned")]


async def test_a_banned_members_admins_are_told_once_and_the_log_says_who_it_is_about(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    school = await door.school()
    place = {"workspace": "web:playground"}

    def membership(uow: UnitOfWork) -> str:
        nia = uow.people.by_account(NIA)
        assert nia is not None
        found = uow.members.of(school.id, nia.id)
        assert found is not None
        return f"banned:{school.id}/{found.id}"

    subject = await door.database.read(membership)
    await door.database.run(deliver_all)
    for _ in range(2):
        await door.database.run(lambda uow: workspace_events.banned(uow, HERE, NIA))
    assert await _about_bans(door) == [("school.account_banned", subject, school.id, place)]
    assert sorted(await _told(door)) == [
        (subject, Audience.ADMIN, "web/@ada"),
        (subject, Audience.ADMIN, "web/@omar"),
    ]

    def about(uow: UnitOfWork, of: str) -> tuple[str, str] | None:
        found = bans.about(uow, of)
        return (found[0].name, found[1].name) if found else None

    assert await door.database.read(lambda uow: about(uow, subject.partition(":")[2])) == (
        "Maple Grove",
        "Nia",
    )
    assert await door.database.read(lambda uow: about(uow, f"{school.id}/gone/gone")) is None
    for _ in range(2):
        await door.database.run(lambda uow: workspace_events.unbanned(uow, HERE, NIA))
    lifted = ("school.account_unbanned", f"school:{school.id}", school.id, place)
    assert (await _about_bans(door))[1:] == [lifted]


async def test_a_ban_of_a_stranger_is_logged_and_nobody_is_told(door: Door) -> None:
    await maple(door)
    school = await door.school()
    await door.database.run(deliver_all)
    await door.database.run(lambda uow: workspace_events.banned(uow, HERE, NIA))
    place = {"workspace": "web:playground"}
    assert await _about_bans(door) == [("school.account_banned", f"school:{school.id}", school.id, place)]
    assert await door.database.run(deliver_all) == []
    assert "is waiting" in heard(await door.says("nia", f"/join {await door.code()}"))


async def test_an_admin_decides_about_whoever_was_banned_by_another_account_of_theirs(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.database.run(lambda uow: workspace_events.banned(uow, HERE, NIA))
    school = await door.school()

    def asks(uow: UnitOfWork) -> bool:
        return bans.needs_approval(uow, Actor(caller("other"), uow.people.by_account(NIA)), school)

    assert await door.database.read(asks)


def _with_desk(place: Place) -> Person:
    """Return Nia, a member with a second account, who is banned by the first."""
    nia = place.person("nia", discord("nia"), DESK)
    place.add_membership(nia)
    place.ban(discord("nia"))
    return nia


def test_a_banned_account_cannot_be_unlinked() -> None:
    """Otherwise they could join by a code with another account."""
    place = Place()
    nia = _with_desk(place)
    for typed in ("discord", "discord:nia"):
        with pytest.raises(AccountBanned):
            accounts.unlink(place.uow, place.actor(nia), typed)
    assert bans.is_banned(place.uow, nia.id, place.school)
    workspace_events.unbanned(place.uow, GUILD, discord("nia"))
    assert accounts.unlink(place.uow, place.actor(nia), "discord") == discord("nia")


def test_who_is_banned_keeps_the_other_accounts_too() -> None:
    """An unlinked account could join by a code, and nobody would know whose it is."""
    place = Place()
    nia = _with_desk(place)
    with pytest.raises(AccountBanned):
        accounts.unlink(place.uow, place.actor(nia), "slack")
    workspace_events.unbanned(place.uow, GUILD, discord("nia"))
    assert accounts.unlink(place.uow, place.actor(nia), "slack") == DESK


def test_who_is_banned_and_removed_stays_known_by_all_accounts() -> None:
    place = Place()
    nia = _with_desk(place)
    lifecycle.remove(place.uow, place.admin, place.school, nia.id)
    with pytest.raises(AccountBanned):
        accounts.unlink(place.uow, place.actor(nia), "slack")
    with pytest.raises(AccountBanned):
        erasure.own(place.uow, place.actor(nia), confirmed=True)


def test_a_ban_from_a_server_whose_schools_do_not_know_somebody_keeps_them_from_nothing() -> None:
    """Anybody can own a server with a school, and ban there whom they like."""
    place = Place()
    place.another_school("Trap", OTHER)
    nia = place.person("nia", discord("nia"), DESK, AccountKey("google", "1"))
    place.add_membership(nia)
    place.ban(discord("nia"), OTHER)
    assert accounts.unlink(place.uow, place.actor(nia), "google").issuer == "google"
    assert erasure.own(place.uow, place.actor(nia), confirmed=True).person == nia

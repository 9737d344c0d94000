"""Strangers cannot tell one dead code from another: the same answer, from the same statements."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.replies import Reply
from bot.core.ids import new_code, new_token
from bot.core.invitations.invitations import Invitation
from bot.core.invitations.link_views import look
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.core.values import replace
from tests.core.door import Door, door_of, heard, maple
from tests.storage.statements import noted_statements
from tests.world import BASE_URL, World, caller, open_world, sqlite_url

# For one person alone, and over.
ADDRESSED = ("cleared", "somebody else's that is revoked", "somebody else's that has expired")
DEAD = ("unknown", "expired", "revoked", "locked", "used up", "of an archived school", *ADDRESSED)
FRONTS = (Platform.DISCORD, Platform.SLACK, Platform.WEB)
PLACE = "elsewhere"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(sqlite_url(tmp_path)) as opened:
        yield opened


async def _dead(door: Door, how: str) -> tuple[str, str]:
    """Make a dead invitation; return its code and token."""
    if how == "unknown":
        return new_code(), new_token()
    if how in ADDRESSED:
        await door.says("ada", '/invite person to:bea@example.org name:"Bea" roles:Staff expires:1h')
    else:
        await door.says("ada", "/invite create uses:1 expires:1h role:Staff")
    made = (await door.invitations())[0]
    if how == "cleared":
        await door.clicks("ada", "invite clear", invitation=made.id)
    if how.endswith("expired"):
        await _age(door, made)
    if how.endswith("revoked"):
        await door.clicks("ada", "invite revoke", invitation=made.id)
    if how == "locked":
        await door.clicks("ada", "invite lock", invitation=made.id)
    if how == "used up":
        await door.says(f"user-of-{made.id}", f"/join {made.code}")
    if how == "of an archived school":
        school = await door.school()
        gone = replace(school, archived_at=door.clock.now())
        await door.database.run(lambda uow: uow.schools.save(gone))
    return made.code, made.token


async def _age(door: Door, made: Invitation) -> None:
    door.clock.forward(timedelta(hours=2))
    assert made.expires_at is not None
    assert made.expires_at < door.clock.now()


async def _tell_apart(door: Door, world: World, who: Caller, typed: str) -> tuple[Reply, list[str]]:
    with noted_statements(world) as statements:
        reply = await door.runner.run("join", who, {"code": typed})
    return reply, statements


@pytest.mark.parametrize("how", DEAD)
@pytest.mark.parametrize("as_link", [False, True])
async def test_a_stranger_gets_one_answer_for_every_dead_code(world: World, how: str, as_link: bool) -> None:
    door = door_of(world)
    await maple(door)
    code, token = await _dead(door, how)
    typed = f"{BASE_URL}/i/{token}" if as_link else code
    unknown = f"{BASE_URL}/i/{new_token()}" if as_link else new_code()
    for front in FRONTS:
        stranger = caller("stranger", platform=front, workspace=PLACE)
        reply, asked = await _tell_apart(door, world, stranger, typed)
        usual, usually = await _tell_apart(door, world, replace(stranger, account=_other(stranger)), unknown)
        assert "That invitation cannot be used." in heard(reply)
        assert reply == usual
        assert asked == usually


def _other(who: Caller) -> AccountKey:
    return replace(who.account, subject="another")


@pytest.mark.parametrize("how", DEAD)
async def test_so_does_an_admin_of_another_school(world: World, how: str) -> None:
    door = door_of(world)
    await maple(door)
    code, _ = await _dead(door, how)
    far = WorkspaceKey(Platform.WEB, PLACE)
    mal = replace(caller("mal", administers=True), workspace=far)
    await door.says(mal, '/school create "Oak Hill" approval:automatic')
    reply, asked = await _tell_apart(door, world, mal, code)
    usual, usually = await _tell_apart(door, world, mal, new_code())
    assert reply == usual
    assert asked == usually


@pytest.mark.parametrize("how", DEAD)
async def test_the_page_of_a_dead_link_asks_the_same(world: World, how: str) -> None:
    door = door_of(world)
    await maple(door)
    _, token = await _dead(door, how)
    asked = []
    for one in (token, new_token()):

        def unit(uow: UnitOfWork, one: str = one) -> None:
            assert look(uow, one, None) is None

        with noted_statements(world) as statements:
            await world.database.read(unit)
        asked.append(statements)
    assert asked[0] == asked[1]

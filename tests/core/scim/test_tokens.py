"""Tokens: who gets one, which are valid and for how long, and the school that new users join."""

from datetime import timedelta

import pytest

from bot.core.errors import NotFound, NothingToChange, NotPermitted
from bot.core.ids import hash_of
from bot.core.rights.actors import Platform
from bot.core.scim import tokens
from bot.core.scim.model import Token
from bot.core.values import replace
from tests.core.door import Door
from tests.core.scim.land import SYSTEM_ADMIN, Land
from tests.world import START

pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)
HOURS = timedelta(hours=3)


async def _connected(land: Land) -> str:
    return await land.run(lambda uow: tokens.connect(uow, SYSTEM_ADMIN, land.district))


async def _admitted(land: Land, presented: str) -> bool:
    token = await land.run(lambda uow: tokens.authenticate(uow, presented))
    assert token is None or token.district_id == land.district.id
    return token is not None


async def test_a_token_is_shown_once_and_only_its_hash_is_kept(land: Land) -> None:
    shown = await _connected(land)
    prefix, of, secret = shown.split(".")
    assert (prefix, len(secret)) == ("homeroom-scim", 43), "32 random bytes"
    (token,) = await land.run(lambda uow: uow.scim_tokens.of(land.district.id, uow.now))
    assert token == Token(of, land.district.id, hash_of(secret), START)


async def test_what_is_no_token_lets_nobody_in(land: Land) -> None:
    shown = await _connected(land)
    prefix, of, secret = shown.split(".")
    assert await _admitted(land, shown)
    for wrong in (
        *("", prefix, of, secret, f"{prefix}.{of}", f"{prefix}.{of}.", f"{of}.{secret}"),
        *(
            f"x{shown}",
            f"{shown}x",
            f"{prefix}.{of}.{of}",
            f"{prefix}.unknown.{secret}",
            f"{prefix}.unknown.",
        ),
    ):
        assert not await _admitted(land, wrong), wrong


async def test_a_token_that_is_rotated_works_until_the_overlap_is_over(door: Door, land: Land) -> None:
    first = await _connected(land)
    second = await land.run(lambda uow: tokens.rotate(uow, SYSTEM_ADMIN, land.district, HOURS))
    assert (await _admitted(land, first), await _admitted(land, second)) == (True, True)
    door.clock.forward(HOURS - timedelta(seconds=1))
    assert await _admitted(land, first)
    door.clock.forward(timedelta(seconds=1))
    assert (await _admitted(land, first), await _admitted(land, second)) == (False, True)
    await land.run(lambda uow: tokens.revoke(uow, SYSTEM_ADMIN, land.district))
    assert not await _admitted(land, second)


async def test_an_archived_district_lets_no_provider_in(land: Land) -> None:
    shown = await _connected(land)
    await land.run(lambda uow: uow.districts.save(replace(land.district, archived_at=uow.now)))
    assert not await _admitted(land, shown)


async def test_there_is_nothing_to_rotate_or_revoke_before_there_is_a_token(land: Land) -> None:
    for act in (
        lambda uow: tokens.rotate(uow, SYSTEM_ADMIN, land.district, HOURS),
        lambda uow: tokens.revoke(uow, SYSTEM_ADMIN, land.district),
    ):
        with pytest.raises(NothingToChange, match=r"^not connected$"):
            await land.run(act)
    await _connected(land)
    with pytest.raises(NothingToChange, match=r"^connected$"):
        await _connected(land)


async def test_tokens_are_for_admins_of_the_district_alone(land: Land) -> None:
    stranger = replace(SYSTEM_ADMIN, is_system_administrator=False)
    for act in (
        lambda uow: tokens.connect(uow, stranger, land.district),
        lambda uow: tokens.rotate(uow, stranger, land.district, HOURS),
        lambda uow: tokens.revoke(uow, stranger, land.district),
        lambda uow: tokens.set_default_school(uow, stranger, land.district, land.one),
    ):
        with pytest.raises(NotPermitted):
            await land.run(act)


async def test_new_users_join_only_a_school_of_the_district_that_is_at_work(land: Land) -> None:
    closed = replace(land.two, archived_at=START)
    for school in (land.far, closed):
        with pytest.raises(NotFound):
            await land.choose(school)
    with pytest.raises(NothingToChange, match=r"^as you want it$"):
        await land.choose(None)
    await land.choose(land.one)
    with pytest.raises(NothingToChange):
        await land.choose(land.one)


@pytest.mark.parametrize(
    ("minutes", "due"), [(None, True), (0, False), (9.99, False), (10, True), (11, True)]
)
def test_that_a_token_is_in_use_is_noted_every_ten_minutes(
    door: Door, minutes: float | None, *, due: bool
) -> None:
    used = None if minutes is None else START - timedelta(minutes=minutes)
    token = Token("t", "d", "", START - timedelta(days=1), used_at=used)
    assert tokens.due_to_note(token, START) is due


def test_a_provider_acts_for_its_district_and_as_nobody(door: Door) -> None:
    actor = tokens.acting_for("north")
    assert (actor.person, actor.for_district, actor.is_system_administrator) == (None, "north", False)
    account = actor.caller.account
    assert (account.issuer, account.subject, actor.caller.name) == ("scim", "north", "")
    assert actor.caller.platform is Platform.WEB

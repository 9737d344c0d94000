"""Tokens that expire: each refresh token is used once, by one replica, and the new ones are kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Literal, cast

import pytest
from sqlalchemy import update

from bot.core.ports import UnitOfWork
from bot.core.workspaces.installation_ports import Installation
from bot.platforms.slack.api import SlackRefused
from bot.platforms.slack.installing import installed, token_rotation
from bot.platforms.slack.installing.installed import InstalledClients
from bot.storage.tables import slack_installations
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault
from tests.patience import PATIENCE
from tests.platforms.slack.installs import House, house
from tests.servers.slack.server import SlackServer, Trouble

TEAM = "T0000100"


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[list[House]]:
    """Two replicas on one database, and a workspace whose tokens expire."""
    async with SlackServer() as server, AsyncExitStack() as stack:
        server.rotates = True
        made = [await stack.enter_async_context(house(server, tmp_path)) for _ in range(2)]
        made[0].branch(TEAM, "north")
        await made[0].install(TEAM)
        yield made
        assert server.problems == []


class Gate(asyncio.Event):
    """Holds callers until it is set, and signals that one has come."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def wait(self) -> Literal[True]:
        self.reached.set()
        return await super().wait()


def refreshed(made: House) -> int:
    return sum(one.get("grant_type") == "refresh_token" for one in made.server.called("oauth.v2.access"))


def forward(replicas: list[House], hours: float) -> None:
    for one in replicas:
        one.world.clock.forward(timedelta(hours=hours))


def clients_of(made: House) -> InstalledClients:
    clients = made.front._clients
    assert isinstance(clients, InstalledClients)
    return clients


async def token_of(made: House) -> str:
    client = await made.front._clients.of(TEAM)
    return str(client.token)


async def test_a_token_is_renewed_before_it_ends(replicas: list[House]) -> None:
    one, _ = replicas
    first = await token_of(one)
    forward(replicas, 9.9)
    assert await token_of(one) == first
    assert refreshed(one) == 0
    forward(replicas, 0.2)
    second = await token_of(one)
    assert (second != first, refreshed(one)) == (True, 1)
    assert await token_of(replicas[1]) == second
    forward(replicas, 30)
    third = await token_of(replicas[1])
    assert (third != second, refreshed(one)) == (True, 2)


@pytest.mark.parametrize("hours", [11, 13])
async def test_two_replicas_and_many_askers_renew_it_once(replicas: list[House], hours: float) -> None:
    before = await token_of(replicas[0])
    forward(replicas, hours)
    gate = replicas[0].server.gates["oauth.v2.access"] = Gate()
    asking = [asyncio.create_task(token_of(one)) for one in replicas for _ in range(5)]
    await gate.reached.wait()
    gate.set()
    got = set(await asyncio.gather(*asking))
    after = await token_of(replicas[0])
    assert refreshed(replicas[0]) == 1
    assert after != before
    # While the old token works, a replica that does not renew it need not wait.
    assert got <= ({before, after} if hours < 12 else {after})
    forward(replicas, hours)
    await token_of(replicas[1])
    assert refreshed(replicas[0]) == 2


async def test_whoever_gives_up_waiting_loses_no_token(replicas: list[House]) -> None:
    one, other = replicas
    forward(replicas, 13)
    gate = one.server.gates["oauth.v2.access"] = Gate()
    asking = asyncio.create_task(token_of(one))
    await asyncio.wait_for(gate.reached.wait(), PATIENCE)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gate.set()
    await one.front._clients.close()
    assert refreshed(one) == 1
    assert one.server.tokens[await token_of(other)] == TEAM
    assert refreshed(one) == 1


async def test_nobody_waits_long_for_a_renewal_while_the_old_token_works(
    replicas: list[House], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack gives up on whoever typed after three seconds, and would wait ten for itself."""
    monkeypatch.setattr(token_rotation, "_PATIENCE", 0.01)
    one, _ = replicas
    first = await token_of(one)
    forward(replicas, 11)
    gate = one.server.gates["oauth.v2.access"] = Gate()
    async with asyncio.timeout(PATIENCE):
        assert await token_of(one) == first
    gate.set()
    await clients_of(one).rotation.finish()
    assert await token_of(one) != first
    assert refreshed(one) == 1


async def test_while_slack_does_not_renew_it_the_old_one_is_used_until_it_ends(replicas: list[House]) -> None:
    one, _ = replicas
    first = await token_of(one)
    forward(replicas, 11)
    one.server.fail("oauth.v2.access", *[Trouble("internal_error")] * 2)
    assert await token_of(one) == first
    assert await token_of(one) == first
    assert refreshed(one) == 1
    forward(replicas, 2)
    with pytest.raises(SlackRefused) as refused:
        await token_of(one)
    assert refused.value.transient
    assert await token_of(one) != first


async def test_a_slack_that_renews_nothing_is_no_lost_installation(replicas: list[House]) -> None:
    """Slack repeats what is not acknowledged, and nobody is told to install the app again."""
    one, _ = replicas
    forward(replicas, 13)
    one.server.fail("oauth.v2.access", Trouble("internal_error"))
    ann = one.server.workspaces[TEAM].person("ann")
    with pytest.raises(AssertionError, match="Slack got 500"):
        await one.type(TEAM, ann, "help")
    assert one.seen(TEAM, ann) == ""
    await one.type(TEAM, ann, "help")
    assert "install" not in one.seen(TEAM, ann)


async def test_an_installation_that_is_removed_meanwhile_is_not_renewed(replicas: list[House]) -> None:
    one, other = replicas
    forward(replicas, 13)
    gate = one.server.gates["oauth.v2.access"] = Gate()
    asking = asyncio.create_task(token_of(one))
    await gate.reached.wait()
    waiting = asyncio.create_task(token_of(other))
    known = await one.at(TEAM)
    assert known is not None
    await one.world.database.run(lambda uow: uow.installations.remove(TEAM, known.version))
    gate.set()
    for task in (asking, waiting):
        with pytest.raises(SlackRefused, match="not_installed"):
            await task


async def test_a_replica_that_waits_too_long_says_that_slack_is_silent(
    replicas: list[House], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = replicas
    monkeypatch.setattr(clients_of(other).rotation, "pauses", (0.01,))
    forward(replicas, 13)
    gate = one.server.gates["oauth.v2.access"] = Gate()
    asking = asyncio.create_task(token_of(one))
    await gate.reached.wait()
    with pytest.raises(SlackRefused, match="unreachable"):
        await token_of(other)
    gate.set()
    await asking


async def test_a_refresh_token_that_is_spent_asks_for_a_new_installation(
    replicas: list[House], caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = replicas
    one.server.refreshes.clear()
    forward(replicas, 13)
    ann = one.server.workspaces[TEAM].person("ann")
    await one.type(TEAM, ann, "help")
    assert "install it again" in one.seen(TEAM, ann)
    assert "install the app there again" in caplog.text
    await one.install(TEAM)
    await one.type(TEAM, ann, "help")
    assert "install it again" not in one.seen(TEAM, ann)


async def test_a_spent_refresh_token_is_shown_to_slack_once_a_minute(replicas: list[House]) -> None:
    one, _ = replicas
    one.server.refreshes.clear()
    forward(replicas, 13)
    before = refreshed(one)
    for _ in range(3):
        with pytest.raises(SlackRefused, match="token_revoked"):
            await clients_of(one).of(TEAM)
    assert refreshed(one) == before + 1
    one.world.clock.forward(timedelta(minutes=2))
    with pytest.raises(SlackRefused, match="token_revoked"):
        await clients_of(one).of(TEAM)
    assert refreshed(one) == before + 2
    await one.install(TEAM)
    await clients_of(one).of(TEAM)


async def test_a_token_works_to_its_end_though_it_will_not_be_renewed(replicas: list[House]) -> None:
    one, _ = replicas
    one.server.refreshes.clear()
    forward(replicas, 11)
    assert await token_of(one) in one.server.tokens
    forward(replicas, 2)
    with pytest.raises(SlackRefused, match="token_revoked"):
        await clients_of(one).of(TEAM)


async def test_what_slack_gave_is_stored_though_the_database_was_away(
    replicas: list[House], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = replicas
    forward(replicas, 13)
    database, run, fails = one.world.database, one.world.database.run, [OSError(), OSError()]

    async def away(unit: object) -> object:
        if refreshed(one) and fails:
            raise fails.pop()
        return await run(unit)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "run", away)
    token = await token_of(one)
    assert fails == []
    assert await token_of(other) == token
    assert refreshed(one) == 1


async def test_a_token_that_nobody_uses_is_renewed_ahead(replicas: list[House]) -> None:
    one, other = replicas
    one.branch("T0000101", "south")
    await one.install("T0000101")
    forward(replicas, 10.5)
    one.server.fail("oauth.v2.access", Trouble("internal_error"))
    await clients_of(one).renew_ahead()
    assert refreshed(one) == 2, "one that Slack does not renew hinders no other"
    forward(replicas, 0.1)
    await clients_of(other).renew_ahead()
    assert refreshed(one) == 3
    assert await token_of(one) == await token_of(other)
    assert refreshed(one) == 3, "nobody waits for it now"


async def test_a_token_that_slack_takes_no_more_is_told_once_until_it_works(
    replicas: list[House], caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = replicas
    one.branch("T0000101", "south")
    await one.install("T0000101")
    silent = [("account_inactive", True), ("account_inactive", False), (None, False), ("invalid_auth", True)]
    for error, told in [*silent, ("unreachable", False), ("internal_error", False)]:
        caplog.clear()
        # Both are checked, in any order, and neither installation is deleted.
        one.server.fail("auth.test", *[Trouble(error)] * 2 if error else [])
        await clients_of(one).report_dead_tokens()
        assert caplog.text.count("Slack rejects the token of") == 2 * told, error
    assert await one.at("T0000101") is not None


async def test_whatever_one_renewal_meets_the_others_are_done(
    replicas: list[House], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = replicas
    one.branch("T0000101", "south")
    await one.install("T0000101")
    forward(replicas, 10.5)
    made = clients_of(one).rotation
    renewed = made._renew

    async def renews(place: str) -> Installation:
        if place == TEAM:
            raise KeyError("access_token")
        return await renewed(place)

    monkeypatch.setattr(made, "_renew", renews)
    await clients_of(one).renew_ahead()
    assert refreshed(one) == 1
    assert f"The token of {TEAM} could not be renewed ahead of time" in caplog.text


async def test_whoever_types_where_a_token_cannot_be_opened_is_told(
    replicas: list[House], caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = replicas
    spoilt = update(slack_installations).values(sealed_token=Vault(bytes(32)).seal.seal("xoxb-1", "another"))

    def spoil(uow: UnitOfWork) -> None:
        cast("SqlUnitOfWork", uow).installations.connection.execute(spoilt)

    await one.world.database.run(spoil)
    ann = one.server.workspaces[TEAM].person("ann")
    await one.type(TEAM, ann, "help")
    assert "install it again" in one.seen(TEAM, ann)
    assert f"The token of {TEAM} cannot be decrypted" in caplog.text
    await one.install(TEAM)
    await one.type(TEAM, ann, "help")
    assert "install it again" not in one.seen(TEAM, ann)


async def test_tokens_are_seen_to_again_though_the_database_was_away(
    replicas: list[House], monkeypatch: pytest.MonkeyPatch
) -> None:
    times, again = [], asyncio.Event()

    async def renew_ahead(_: InstalledClients) -> None:
        times.append(1)
        if len(times) == 1:
            raise OSError
        again.set()

    monkeypatch.setattr(installed, "_RENEW_EVERY", 0)
    monkeypatch.setattr(InstalledClients, "renew_ahead", renew_ahead)
    tending = asyncio.create_task(clients_of(replicas[0]).maintain())
    await again.wait()
    tending.cancel()

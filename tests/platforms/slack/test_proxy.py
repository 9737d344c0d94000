"""A bot that reaches Slack only by a proxy, also for calls without the SDK."""

import pytest

from bot.platforms.slack import api
from tests.servers.slack.server import BOT_TOKEN, SlackServer


async def test_people_are_asked_for_by_the_proxy(
    server: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.origin)
    ann = server.workspace.person("ann")
    client = api.client(BOT_TOKEN, "http://slack.invalid/api/")
    async with api.session() as client.session:
        said = await api.get(client, "users.info", user=ann.id)
    assert said["user"]["id"] == ann.id

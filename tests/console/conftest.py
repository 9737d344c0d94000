"""A working folder for each test, since settings name paths relative to it, and a Slack workspace."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.slack.server import SlackServer


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def workspace() -> AsyncIterator[SlackServer]:
    """A Slack workspace with a channel for approvals."""
    async with SlackServer() as server:
        server.workspace.channel("approvals")
        yield server

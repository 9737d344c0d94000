"""`homeroom check` where many Slack workspaces have installed the app."""

from datetime import timedelta
from typing import Any

from bot.app import SystemClock
from bot.console.checks.findings import State
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.workspaces.installation_ports import Installation
from bot.settings import load
from tests.console.looking import done, found, linked, wrong
from tests.servers.slack.server import APP_TOKEN, BOT_TOKEN, SlackServer
from tests.servers.slack.workspace import TEAM

NOW = SystemClock().now()
HERE = WorkspaceKey(Platform.SLACK, TEAM)


def many(server: SlackServer) -> dict[str, Any]:
    app = {"client_id": "1.2", "client_secret": "s", "app_token": APP_TOKEN, "api_base": server.api_base}
    return {"slack": app, "base_url": "https://door.example.org"}


def installed(place: str, token: str = BOT_TOKEN, **more: Any) -> Installation:
    return Installation(place, f"The {place}", "B1", "U1", "", token, NOW, **more)


async def _with(*installations: Installation) -> None:
    def unit(uow: UnitOfWork) -> None:
        for one in installations:
            uow.installations.save(one)

    await done(load(), unit)


async def test_each_installation_is_asked_about(workspace: SlackServer) -> None:
    channel = workspace.workspace.named("approvals").id
    await done(load(), linked(HERE, channel))
    assert "not installed" in (await wrong("slack channel", **many(workspace))).told
    (note,) = [one for one in await found("slack", **many(workspace)) if one.state is State.NOTE]
    assert "homeroom install-link" in note.mend

    ended = {"refresh": "xoxe-1", "expires_at": NOW - timedelta(hours=1)}
    await _with(installed(TEAM), installed("T9", "xoxb-canary"), installed("T8", "xoxb-old", **ended))
    bad = await wrong("slack", **many(workspace))
    assert bad.told == "Slack rejects the token of The T9: invalid_auth."
    told = [one.told for one in await found("slack", **many(workspace))]
    assert f"The app is installed in The {TEAM} ({TEAM})." in told
    assert any("The T8 has expired" in one for one in told)
    assert workspace.called("oauth.v2.access") == []
    (fine,) = await found("slack channel", **many(workspace))
    assert fine.state is State.FINE


async def test_a_scope_that_is_missing_somewhere_is_named(workspace: SlackServer) -> None:
    await _with(installed(TEAM))
    workspace.scopes.remove("files:write")
    bad = await wrong("slack", **many(workspace))
    assert f"The token of The {TEAM} lacks files:write" in bad.told
    assert "install the app again" in bad.mend


async def test_a_workspace_may_be_reached_by_its_organisation(workspace: SlackServer) -> None:
    await done(load(), linked(HERE, workspace.workspace.named("approvals").id))
    await _with(installed("E1"))
    await done(load(), lambda uow: uow.installations.add_workspace(TEAM, "E1"))
    (fine,) = await found("slack channel", **many(workspace))
    assert fine.state is State.FINE

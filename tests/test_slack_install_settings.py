"""Settings of an app that many Slack workspaces install, and what is printed and served for it."""

import asyncio
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from bot import app, fronts
from bot.__main__ import main
from bot.settings import BadSettings, load
from tests.patience import PATIENCE

ADDRESS = "https://door.example.org"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    known = {"CLIENT_ID": "1.2", "CLIENT_SECRET": "canary", **values}
    monkeypatch.setenv("HOMEROOM_BASE_URL", known.pop("BASE_URL", ADDRESS))
    for name, value in known.items():
        monkeypatch.setenv(f"HOMEROOM_SLACK__{name}", value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"CLIENT_SECRET": ""}, "client_secret is missing"),
        ({"CLIENT_ID": ""}, "client_id is missing"),
        ({"BOT_TOKEN": "xoxb-canary"}, "bot_token and client_id exclude each other"),
        ({"BASE_URL": ""}, "base_url is missing: slack.client_id needs it"),
        ({"INSTALL": "anybody"}, "slack.install"),
    ],
)
def test_what_does_not_go_together_is_named(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str
) -> None:
    _set(monkeypatch, **values)
    with pytest.raises(BadSettings) as bad:
        load()
    assert said in str(bad.value)
    assert "canary" not in str(bad.value)


def test_a_link_is_printed_where_not_everybody_may_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["install-link"]) == 2
    assert "slack.client_id is empty" in capsys.readouterr().err
    _set(monkeypatch)
    key = tmp_path / "secret.key"
    monkeypatch.setenv("HOMEROOM_SECRET_KEY_FILE", str(key))
    assert main(["install-link"]) == 2
    assert "Start Homeroom first" in capsys.readouterr().err
    assert not key.exists(), "the first start would take its database for lost"
    load().keys()
    assert main(["install-link"]) == 0
    assert capsys.readouterr().out.startswith(f"{ADDRESS}/slack/install?key=")
    _set(monkeypatch, INSTALL="public")
    assert main(["install-link"]) == 0
    assert capsys.readouterr().out == f"{ADDRESS}/slack/install\n"
    monkeypatch.setenv("HOMEROOM_SECRET_KEY_FILE", ".")
    assert main(["install-link"]) == 1
    assert "The secret key in . cannot be read: Is a directory" in capsys.readouterr().err


def test_the_manifest_is_the_one_for_many(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(monkeypatch)
    assert main(["manifest"]) == 0
    printed = capsys.readouterr().out
    assert f'- "{ADDRESS}/slack/oauth_redirect"' in printed
    assert "token_rotation_enabled: true" in printed
    assert "socket_mode_enabled: true" in printed


@pytest.mark.parametrize(("app", "has_part"), [("1.2", True), ("9.9", False)])
def test_the_manifest_lets_people_sign_in_with_the_app_that_they_sign_in_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], app: str, *, has_part: bool
) -> None:
    _set(monkeypatch)
    monkeypatch.setenv("HOMEROOM_SLACK__CLIENT_ID", "1.2")
    monkeypatch.setenv("HOMEROOM_SIGN_IN__SLACK__CLIENT_ID", app)
    monkeypatch.setenv("HOMEROOM_SIGN_IN__SLACK__CLIENT_SECRET", "secret")
    assert main(["manifest"]) == 0
    printed = capsys.readouterr().out
    assert (f'- "{ADDRESS}/sign-in/slack/back"' in printed, '- "openid"' in printed) == (has_part, has_part)


async def test_the_doors_are_pages_of_ours_in_socket_mode_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, INSTALL="public")
    monkeypatch.setenv("HOMEROOM_WEB__PORT", "0")
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with app.open_application(load()) as application:
        routes = fronts.add_slack(application)
        fronts.add_web(
            application, routes, listening=lambda host, port: address.set_result(f"http://{host}:{port}")
        )
        serving = asyncio.ensure_future(application.fronts["web"]())
        async with httpx2.AsyncClient(base_url=await address, timeout=PATIENCE) as browser:
            begun = await browser.get("/slack/install")
            back = await browser.get("/slack/oauth_redirect?error=access_denied")
            events = await browser.get("/slack/events")
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    assert (begun.status_code, back.status_code, events.status_code) == (302, 200, 404)
    assert urlsplit(begun.headers["location"]).netloc == "slack.com"
    assert "default-src 'none'" in back.headers["content-security-policy"]
    assert back.headers["cache-control"] == "no-store"

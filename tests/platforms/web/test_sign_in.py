"""The playground outside of the demo: nobody gets in without the password."""

import httpx2
import pytest
import websockets
from websockets.typing import Origin

from bot.core.rights.actors import Platform
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.cast import room
from bot.platforms.web.server import build
from tests.patience import PATIENCE
from tests.platforms.web.conftest import nobody
from tests.platforms.web.served import served

PASSWORD = "a long password"


@pytest.fixture
async def address(runner):
    playground = Playground(room(), PASSWORD)
    app = build(runner, look_up=nobody, joins={Platform.WEB: "/"}, playground=playground)
    async with served(app) as address:
        yield address


def _form(address: str, password: str, origin: str | None = None) -> dict:
    return {"data": {"password": password}, "headers": {"Origin": origin or address}}


async def test_the_page_asks_for_the_password(address: str):
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as browser:
        page = await browser.get("/playground")
        assert page.status_code == 401
        assert "Sign in to the playground" in page.text
        for guess in ("guess", PASSWORD[:-1], f"{PASSWORD}x"):
            wrong = await browser.post("/playground/sign-in", **_form(address, guess))
            assert wrong.status_code == 403
            assert "That is not the password" in wrong.text
            assert "set-cookie" not in wrong.headers


async def test_a_cookie_of_other_signs_is_none_of_ours(address: str):
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as browser:
        asked = await browser.get("/playground", headers={b"Cookie": b"homeroom_playground=\xe9"})
    assert asked.status_code == 401


async def test_the_websocket_stays_shut_without_the_cookie(address: str):
    with pytest.raises(websockets.exceptions.InvalidStatus):
        await websockets.connect(f"{address.replace('http', 'ws')}/playground/socket", origin=Origin(address))


async def test_the_password_opens_page_and_websocket(address: str):
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as browser:
        entered = await browser.post("/playground/sign-in", **_form(address, PASSWORD))
        assert entered.status_code == 303
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert (await browser.get("/playground")).status_code == 200
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    socket = f"{address.replace('http', 'ws')}/playground/socket"
    async with websockets.connect(
        socket, origin=Origin(address), additional_headers={"Cookie": cookie}
    ) as line:
        assert await line.recv()


async def test_another_site_cannot_sign_in(address: str):
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as browser:
        entered = await browser.post(
            "/playground/sign-in", **_form(address, PASSWORD, "https://evil.example")
        )
        assert entered.status_code == 403


async def test_guessing_is_braked(address: str):
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as browser:
        for _ in range(5):
            await browser.post("/playground/sign-in", **_form(address, "guess"))
        braked = await browser.post("/playground/sign-in", **_form(address, PASSWORD))
        assert braked.status_code == 429

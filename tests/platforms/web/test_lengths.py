"""A request states its length in only one way, so that no server and proxy can disagree about its end."""

import asyncio
from urllib.parse import urlsplit

import pytest

from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.world import open_world, sqlite_url

LENGTH, CHUNKS = b"Content-Length: 32\r\n", b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize("lengths", [LENGTH + CHUNKS, CHUNKS + LENGTH])
@pytest.mark.parametrize("asked", [b"POST /i/abc/opened", b"POST /me/sign-in/password", b"GET /healthz"])
async def test_a_request_with_two_lengths_is_not_read_at_all(tmp_path, asked, lengths):
    async with open_world(sqlite_url(tmp_path)) as world:
        app = build(world.runner, look_up=link_lookup(world.runner), joins={})
        async with served(app) as address:
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(address).port)
            writer.write(asked + b" HTTP/1.1\r\nHost: door\r\n" + lengths + b"\r\n")
            said = await asyncio.wait_for(reader.read(), PATIENCE)
            assert said.startswith(b"HTTP/1.1 400 ")
            assert b"\r\nx-content-type-options: nosniff\r\n" in said
            writer.close()

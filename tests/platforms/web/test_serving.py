"""The web server: its addresses, connections that break off, and a clean shutdown."""

import asyncio
import logging
import socket
from contextlib import suppress

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.core.rights.actors import Platform
from bot.platforms.web.server import build, serve
from tests.patience import PATIENCE
from tests.platforms.web.served import Page, served

JOINS = {Platform.DISCORD: "/", Platform.SLACK: "/homeroom "}


async def test_an_address_that_is_taken_is_an_error_the_caller_sees(app):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        await serve(app, "127.0.0.1", taken.getsockname()[1])


def _has_ipv6() -> bool:
    """Tell whether this machine has an IPv6 address; a kernel may support them without having one."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return socket.has_dualstack_ipv6()
    except OSError:
        return False


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
async def test_two_colons_are_all_addresses_of_both_kinds(app):
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(app, "::", 0, listening=lambda _, port_: port.set_result(port_)))
    taken = await asyncio.wait_for(port, PATIENCE)
    async with httpx2.AsyncClient(timeout=PATIENCE) as client:
        for host in ("127.0.0.1", "[::1]"):
            assert (await client.get(f"http://{host}:{taken}/healthz")).status_code == 200
    server.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(server, PATIENCE)


async def test_a_stop_waits_for_what_is_under_way(runner):
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_):
        arrived.set()
        await go_on.wait()
        return PlainTextResponse("done")

    async def nobody(_: str, _visitor: object) -> None:
        return None

    app = build(runner, look_up=nobody, joins=JOINS, routes=[Route("/slow", slow)])
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(
        serve(app, "127.0.0.1", 0, listening=lambda host, port: address.set_result(f"http://{host}:{port}"))
    )
    async with httpx2.AsyncClient(
        base_url=await asyncio.wait_for(address, PATIENCE), timeout=PATIENCE
    ) as client:
        asked = asyncio.create_task(client.get("/slow"))
        await asyncio.wait_for(arrived.wait(), PATIENCE)
        server.cancel()
        go_on.set()
        assert (await asyncio.wait_for(asked, PATIENCE)).text == "done"
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(server, PATIENCE)
    assert server.cancelled()


async def test_who_hangs_up_in_the_middle_of_a_request_leaves_no_error(runner, caplog):
    began, over = asyncio.Event(), asyncio.Event()

    async def reads(request):
        began.set()
        try:
            return PlainTextResponse(await request.body())
        finally:
            over.set()

    async def nobody(_: str, _visitor: object) -> None:
        return None

    routes = [Route("/reads", reads, methods=["POST"])]
    app = build(runner, look_up=nobody, joins=JOINS, routes=routes)
    async with served(app) as address:
        _, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        writer.write(b"POST /reads HTTP/1.1\r\nHost: door\r\nContent-Length: 9\r\n\r\na")
        await asyncio.wait_for(began.wait(), PATIENCE)
        writer.close()
        await asyncio.wait_for(over.wait(), PATIENCE)
        async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
            assert (await client.get("/healthz")).status_code == 200
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_a_stop_closes_open_playgrounds(app):
    async with served(app) as address:
        page = await Page(address).__aenter__()
    await asyncio.wait_for(page._socket.wait_closed(), PATIENCE)
    assert page._socket.close_code == 1012

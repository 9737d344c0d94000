"""Why a server could not be reached: the same few words for each client that we use, and no secrets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import aiosmtplib
import httpx2
import pytest

from bot.unreachable import why_unreachable

# Short only where the server stays silent: on a busy machine even a look-up of a name takes a while.
SOON, PATIENT = 0.2, 30.0
REFUSES, CLOSES = "it refuses the connection", "it closed the connection"
SILENT = "it does not answer in time"
Reach = Callable[..., Awaitable[object]]


async def _aiohttp(host: str, port: int, *, within: float = PATIENT, proxy: str | None = None) -> None:
    timeout = aiohttp.ClientTimeout(total=within)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(f"http{'s' if proxy else ''}://{host}:{port}/?token=canary", proxy=proxy),
    ):
        pass


async def _httpx2(host: str, port: int, *, within: float = PATIENT, proxy: str | None = None) -> None:
    async with httpx2.AsyncClient(timeout=within, proxy=proxy, trust_env=False) as client:
        await client.get(f"http{'s' if proxy else ''}://{host}:{port}/?token=canary")


async def _smtp(host: str, port: int, *, within: float = PATIENT) -> None:
    await aiosmtplib.SMTP(hostname=host, port=port, timeout=within).connect()


async def _why(reaching: Awaitable[object]) -> str:
    with pytest.raises((OSError, aiohttp.ClientError, httpx2.HTTPError, aiosmtplib.SMTPException)) as caught:
        await reaching
    said = why_unreachable(caught.value)
    assert "canary" not in said
    return said


def _nowhere() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def _listening(answer: bytes | None) -> AsyncIterator[int]:
    """Serve connections with an answer and hang up; without one, stay silent until the end."""
    async with AsyncExitStack() as ended:
        over = asyncio.Event()

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if answer is None:
                await over.wait()
            else:
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        ended.callback(server.close)
        ended.callback(over.set)
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("reach", [_aiohttp, _httpx2, _smtp])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_nobody_listens(reach: Reach, host: str) -> None:
    assert await _why(reach(host, _nowhere())) == REFUSES


@pytest.mark.parametrize("reach", [_aiohttp, _httpx2, _smtp])
async def test_a_name_that_is_not_known(reach: Reach) -> None:
    assert "cannot be resolved" in await _why(reach("no-such-host.invalid", 80))


@pytest.mark.parametrize("reach", [_aiohttp, _httpx2, _smtp])
async def test_a_server_that_hangs_up_or_stays_silent(reach: Reach) -> None:
    async with _listening(b"") as port:
        assert await _why(reach("127.0.0.1", port)) == CLOSES
    async with _listening(None) as port:
        assert await _why(reach("127.0.0.1", port, within=SOON)) == SILENT


@pytest.mark.parametrize("reach", [_aiohttp, _httpx2])
async def test_a_proxy_that_refuses(reach: Reach) -> None:
    async with _listening(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") as port:
        proxy = f"http://canary:canary@127.0.0.1:{port}"  # pragma: allowlist secret
        said = await _why(reach("slack.com", 443, proxy=proxy))
    assert said == "the proxy: it answers 407"


async def test_a_proxy_that_is_not_there() -> None:
    proxy = f"http://canary:canary@127.0.0.1:{_nowhere()}"  # pragma: allowlist secret
    assert await _why(_aiohttp("slack.com", 443, proxy=proxy)) == f"the proxy: {REFUSES}"
    proxy = "http://canary:canary@no-such-host.invalid:3128"  # pragma: allowlist secret
    assert "no-such-host.invalid" in await _why(_aiohttp("slack.com", 443, proxy=proxy))


def test_what_nobody_knows_is_told_by_its_type() -> None:
    assert why_unreachable(ValueError("canary")) == "ValueError"
    assert why_unreachable(OSError("canary")) == "OSError"

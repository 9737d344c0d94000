"""Downloads files that people handed over on a platform, within size and time limits."""

import asyncio
import logging
from collections.abc import Mapping

import aiohttp

from bot.chat.files import collect
from bot.core.files import BadFile, FileTrouble

_log = logging.getLogger(__name__)
_WITHIN = 60.0  # seconds
_CHUNK = 64 * 1024
_OK = 200


async def download(
    name: str,
    url: str,
    most: int,
    *,
    headers: Mapping[str, str] | None = None,
    proxy: str | None = None,
    trust_env: bool = False,
) -> bytes:
    """Download a file; raises `BadFile` if it has more than `most` bytes or is not served.

    With `trust_env`, the proxy is the one that the machine's environment names. Redirects are not followed:
    `headers` may hold a token.
    """
    try:
        async with (
            asyncio.timeout(_WITHIN),
            # No decompression: a small compressed response could unpack to far more than the limit.
            aiohttp.ClientSession(auto_decompress=False, trust_env=trust_env) as session,
            session.get(url, headers=headers, allow_redirects=False, proxy=proxy) as answer,
        ):
            if answer.status != _OK:
                _log.warning("A platform did not serve a file", extra={"status": answer.status})
                raise BadFile(name, FileTrouble.GONE)
            return await collect(name, answer.content.iter_chunked(_CHUNK), most)
    except (aiohttp.ClientError, OSError, ValueError):
        raise BadFile(name, FileTrouble.GONE) from None

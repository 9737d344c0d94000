"""Files that people attach, fetched from Discord's file store within size and time limits."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord

from bot.chat.files import collect, refuse_larger
from bot.core.files import BadFile, FileTrouble
from bot.core.values import dataclass

_WITHIN = 60.0  # seconds
_CHUNK = 64 * 1024
_OK = 200


@dataclass(frozen=True, slots=True)
class Attached:
    """A file stored by Discord. Its URL needs no token, so none is sent."""

    name: str
    size: int
    url: str

    @classmethod
    def of(cls, attachment: discord.Attachment) -> "Attached":
        """Return the file of a command's attachment option."""
        return cls(attachment.filename, attachment.size, attachment.url)

    @classmethod
    def of_form(cls, data: Mapping[str, Any], numbers: Any) -> "Attached | None":
        """Return the file of a submitted form's field, or None; `data` lists the files beside the fields."""
        kept = (data.get("resolved") or {}).get("attachments") or {}
        for number in numbers or ():
            if found := kept.get(str(number)):
                return cls(str(found["filename"]), int(found["size"]), str(found["url"]))
        return None

    async def read(self, most: int) -> bytes:
        """Fetch the file; raises `BadFile` if it has more than `most` bytes or cannot be fetched."""
        refuse_larger(self.name, self.size, most)
        try:
            async with (
                asyncio.timeout(_WITHIN),
                # No decompression: a small compressed response could unpack to far more than the limit.
                aiohttp.ClientSession(auto_decompress=False, trust_env=True) as session,
                session.get(self.url, allow_redirects=False) as answer,
            ):
                if answer.status != _OK:
                    raise BadFile(self.name, FileTrouble.GONE)
                return await collect(self.name, answer.content.iter_chunked(_CHUNK), most)
        except (aiohttp.ClientError, OSError, ValueError):
            raise BadFile(self.name, FileTrouble.GONE) from None

"""Files that people attach, which are in Discord's file store."""

from collections.abc import Mapping
from typing import Any

import discord

from bot.chat.files import refuse_larger
from bot.core.values import dataclass
from bot.downloads import download


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
        return await download(self.name, self.url, most, trust_env=True)

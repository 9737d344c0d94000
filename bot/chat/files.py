"""Files on their way to a command: still with the platform, then taken, then prepared."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from bot.chat.options import Kind, Option
from bot.core.files import BadFile, FileTrouble, Upload
from bot.core.rosters.sheet import Sheet
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet

if TYPE_CHECKING:
    from bot.chat.grammar import Typed

# Makes of a file what a command's handler is given. It runs on a thread, before any transaction.
Prepares: TypeAlias = Callable[[Upload, Bounds], Any]


class Attachment(Protocol):
    """A file that is still with the platform; it is read only for those who may hand it over."""

    @property
    def name(self) -> str:
        """Its name, as whoever hands it over has called it."""
        ...

    async def read(self, most: int) -> bytes:
        """Fetch it, but not one byte more than that; raises `BadFile`."""
        ...


# Finds the file that somebody means by what they typed; None where it can be none.
Attach: TypeAlias = Callable[[str], Attachment | None]


def attachments(options: tuple[Option, ...], values: Mapping[str, Any]) -> dict[str, Attachment]:
    """List the files among values, by option."""
    names = [option.name for option in options if option.kind is Kind.FILE]
    return {name: values[name] for name in names if values.get(name) and not isinstance(values[name], str)}


def attached(typed: "Typed", attach: Attach | None) -> dict[str, Any]:
    """Put files in the place of their names; a needed one that was not found is asked for by the form."""
    values: dict[str, Any] = dict(typed.values)
    for option in typed.command.options:
        if option.kind is Kind.FILE and (named := values.get(option.name)):
            found = attach(named) if attach else None
            if found is not None:
                values[option.name] = found
            elif option.required:
                del values[option.name]
    return values


async def taken(files: Mapping[str, Attachment], prepares: Prepares | None, bounds: Bounds) -> dict[str, Any]:
    """Fetch files, and prepare them where nobody waits for it; raises `BadFile` or the preparer's refusal."""
    made = {}
    for name, file in files.items():
        content = await file.read(bounds.bytes)
        upload = Upload(file.name, content)
        made[name] = await asyncio.to_thread(prepares, upload, bounds) if prepares else upload
    return made


async def gathered(name: str, chunks: AsyncIterator[bytes], most: int) -> bytes:
    """Put a download together; raises `BadFile` as soon as it is more than that."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        refuse_larger(name, len(content), most)
    return bytes(content)


def refuse_larger(name: str, size: int, most: int) -> None:
    """Refuse a file that is larger than that."""
    if size > most:
        raise BadFile(name, FileTrouble.TOO_LARGE, most=most)


def as_sheet(upload: Upload, bounds: Bounds) -> Sheet:
    """Prepare a file as a table."""
    return read_sheet(upload.name, upload.content, bounds)

"""Files on their way to a command: attached on the platform, then fetched, then prepared."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from bot.chat.options import Option, OptionKind
from bot.core.files import BadFile, FileTrouble, Upload
from bot.core.rosters.sheet import Sheet
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet

if TYPE_CHECKING:
    from bot.chat.grammar import Typed

# Turns a file into what the command's handler takes. It runs on a thread, before the transaction.
Prepares: TypeAlias = Callable[[Upload, Bounds], Any]


class Attachment(Protocol):
    """A file that is still with the platform; it is fetched only if the person may use the command."""

    @property
    def name(self) -> str:
        """The file's name, as the sender has it."""
        ...

    async def read(self, most: int) -> bytes:
        """Fetch the file; raise `BadFile` if it has more than `most` bytes or cannot be fetched."""
        ...


# Finds the file that a typed value means; None if it cannot mean one.
Attach: TypeAlias = Callable[[str], Attachment | None]


def attachments(options: tuple[Option, ...], values: Mapping[str, Any]) -> dict[str, Attachment]:
    """Return the files among the values, by option."""
    names = [option.name for option in options if option.kind is OptionKind.FILE]
    return {name: values[name] for name in names if values.get(name) and not isinstance(values[name], str)}


def with_files(typed: "Typed", attach: Attach | None) -> dict[str, Any]:
    """Replace typed file names by the files; a required one that is not found is left for the form to ask."""
    values: dict[str, Any] = dict(typed.values)
    for option in typed.command.options:
        if option.kind is OptionKind.FILE and (named := values.get(option.name)):
            found = attach(named) if attach else None
            if found is not None:
                values[option.name] = found
            elif option.required:
                del values[option.name]
    return values


async def fetch_all(
    files: Mapping[str, Attachment], prepares: Prepares | None, bounds: Bounds
) -> dict[str, Any]:
    """Fetch files, and prepare them on a thread; raises `BadFile`, or the refusal of `prepares`."""
    made = {}
    for name, file in files.items():
        content = await file.read(bounds.bytes)
        upload = Upload(file.name, content)
        made[name] = await asyncio.to_thread(prepares, upload, bounds) if prepares else upload
    return made


async def collect(name: str, chunks: AsyncIterator[bytes], most: int) -> bytes:
    """Join the chunks of a download; raise `BadFile` as soon as they exceed `most` bytes."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        refuse_larger(name, len(content), most)
    return bytes(content)


def refuse_larger(name: str, size: int, most: int) -> None:
    """Raise `BadFile` if `size` exceeds `most` bytes."""
    if size > most:
        raise BadFile(name, FileTrouble.TOO_LARGE, most=most)


def as_sheet(upload: Upload, bounds: Bounds) -> Sheet:
    """Read a file as a table; a `Prepares` for commands that take a CSV file or workbook."""
    return read_sheet(upload.name, upload.content, bounds)

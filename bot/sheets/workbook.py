"""Reads workbooks (XLSX) in a child process with little memory and little time.

The library allocates what a workbook claims to need: two cells at opposite corners ask for half a terabyte,
and the attempt would end the whole process.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from bot.core.files import BadFile, FileTrouble
from bot.sheets import unpacking
from bot.sheets.bounds import MEGABYTE, Bounds
from bot.sheets.delimited import NOT_TEXT

# Memory for the interpreter, the library, the file and its parts; `_start` adds to it for the cells.
_MEMORY = 190 * MEGABYTE
_PATIENCE = 20.0  # seconds of elapsed time; on a busy machine, processor time passes more slowly
_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


def rows_of(
    name: str, content: bytes, bounds: Bounds, left_out: list[str]
) -> Generator[tuple[int, list[str]]]:
    """Yield the rows of a workbook's first visible sheet with their numbers; raises `BadFile`.

    The names of other visible sheets with something in them are added to `left_out`.
    """
    child = _start(bounds)
    late = threading.Timer(_PATIENCE, child.kill)
    late.start()
    try:
        number, complete = 0, False
        for chunk in _answers(child, content):
            if isinstance(chunk, dict) and "left out" in chunk:
                left_out += chunk["left out"]
                continue
            if isinstance(chunk, dict):
                raise BadFile(name, FileTrouble(chunk["trouble"]), row=chunk["row"], most=chunk["most"])
            complete = not chunk
            for row in chunk:
                number += 1
                # XML cannot contain control characters; they were written as _x0000_, on purpose.
                if NOT_TEXT.search("\t".join(row)):
                    raise BadFile(name, FileTrouble.BINARY, row=number)
                yield number, row
        if not complete:
            raise BadFile(name, _cause_of_end(child))
    finally:
        late.cancel()
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        child.wait()


def _start(bounds: Bounds) -> subprocess.Popen[bytes]:
    memory = _MEMORY + 3 * bounds.unzipped
    seconds = 5 + bounds.unzipped // (10 * MEGABYTE)
    told = json.dumps([memory, seconds, bounds.unzipped, bounds.rows, bounds.columns, bounds.cell])
    # Our environment has secrets, which the child process does not need.
    known = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own file
        [sys.executable, "-I", str(Path(unpacking.__file__)), told],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=known,
    )


def _answers(child: subprocess.Popen[bytes], content: bytes) -> Iterator[Any]:
    to, back = child.stdin, child.stdout
    if to is None or back is None:
        raise RuntimeError("The child has pipes")
    _write_all(to, content)
    for line in back:
        yield json.loads(line)


def _write_all(to: IO[bytes], content: bytes) -> None:
    """Write the whole file to the child, which reads all of it before it writes, unless it has died."""
    with suppress(BrokenPipeError):
        to.write(content)
        to.close()


def _cause_of_end(child: subprocess.Popen[bytes]) -> FileTrouble:
    """Return why a child ended without a full answer: it reached one of its limits, or the file is broken."""
    status = child.wait()
    limits = {-signal.SIGABRT, -signal.SIGKILL, -signal.SIGXCPU, -signal.SIGSEGV, unpacking.NO_MEMORY}
    return FileTrouble.TOO_LARGE_UNPACKED if status in limits else FileTrouble.BROKEN

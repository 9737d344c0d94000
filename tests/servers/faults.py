"""A proxy before a server that injects network faults into connections, for HTTP and for SMTP.

It passes on the bytes of one exchange per connection, so that a fault can happen before the server has
received anything, or after the server has done what was asked and before its answer arrives.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class Fault(StrEnum):
    """What happens to a connection."""

    NONE = "none"
    BUSY = "429 with Retry-After, or 421"
    BROKEN = "500, or 451"
    SILENT = "no answer"
    RESET = "reset before anything is heard"
    LOST = "done, and the answer is lost"
    REFUSED = "refused"


_HTTP = {
    Fault.BUSY: b"HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nContent-Type: application/json\r\n"
    b'Content-Length: 34\r\nConnection: close\r\n\r\n{"ok":false,"error":"ratelimited"}',
    Fault.BROKEN: b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
}
_SMTP = {
    Fault.BUSY: b"421 4.3.2 Too busy, try again in 3 seconds\r\n",
    Fault.BROKEN: b"220 mail.test\r\n",
}


@dataclass
class FaultProxy:
    """Passes connections on to a port, except for those for which `choose` returns a fault."""

    port: int
    choose: Callable[[], Fault]
    smtp: bool = False
    done: Counter[Fault] = field(default_factory=Counter)
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)

    @property
    def address(self) -> tuple[str, int]:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            fault = self.choose()
            self.done[fault] += 1
            await self._do(fault, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client is gone, or the test is over
        finally:
            self._open.discard(task)
            writer.close()

    async def _do(self, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match fault:
            case Fault.REFUSED | Fault.RESET:
                if fault is Fault.RESET and not self.smtp:
                    await reader.read(1)
                writer.transport.abort()
            case Fault.SILENT:
                await reader.read(-1)  # until the client gives up
            case Fault.BUSY | Fault.BROKEN:
                await self._refuse(fault, reader, writer)
            case Fault.NONE | Fault.LOST:
                await self._pass(reader, writer, loses=fault is Fault.LOST)

    async def _refuse(self, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.smtp:
            await _request(reader)
            writer.write(_HTTP[fault])
            await writer.drain()
            return
        writer.write(_SMTP[fault])
        while fault is Fault.BROKEN and (line := await reader.readline()):
            mail = line[:4].upper() in {b"MAIL", b"RCPT"}
            writer.write(b"451 4.3.0 Broken\r\n" if mail else b"250 OK\r\n")
            await writer.drain()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, loses: bool) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            if self.smtp:
                await asyncio.gather(_copy(reader, back), self._answers(there, writer, loses=loses))
                return
            back.write(await _request(reader))
            answer = await there.read(-1)
            if loses:
                writer.transport.abort()
                return
            writer.write(answer)
            await writer.drain()
        finally:
            back.close()

    async def _answers(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, *, loses: bool
    ) -> None:
        """Pass on the server's answers; what is lost is the confirmation that the message was accepted."""
        after_data = False
        while line := await there.readline():
            if loses and after_data:
                writer.transport.abort()
                return
            after_data = line.startswith(b"354")
            writer.write(line)
            await writer.drain()
        writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    """Read one whole HTTP request; return it with a header that asks to close the connection afterwards."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
    lines[1:1] = [b"Connection: close"]
    return b"\r\n".join(lines) + await reader.readexactly(length)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
        writer.write_eof()

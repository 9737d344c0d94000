"""How long the server waits for whoever is connected: for a whole request, and until its answer is taken."""

import asyncio
import logging

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from bot.platforms.web import limits

_log = logging.getLogger(__name__)


class ConnectionTimeouts(ServerState):
    """The connections of a server; `waiting` has those whose other side is to do something, longest first.

    What is sent little by little does not make it longer, and many who send nothing keep nobody out: with too
    many, the one that has waited longest is closed.
    """

    def __init__(self, *, seconds: float = limits.WHOLE_WITHIN, most: int = limits.WAITING) -> None:
        """Wait so long, and with so many at once."""
        super().__init__()
        self.waiting: dict[Connection, float] = {}
        self._seconds = seconds
        self._most = most
        self._told = False

    def begins(self, connection: "Connection", now: float) -> None:
        """Wait for the other side from now on, unless it is waited for already."""
        self.waiting.setdefault(connection, now)
        if len(self.waiting) > self._most:
            if not self._told:
                self._told = True
                _log.warning("More than %d connections to the web pages send nothing", self._most)
            self._close(next(iter(self.waiting)))

    def ends(self, connection: "Connection") -> None:
        """Wait no longer: the next step is ours."""
        self.waiting.pop(connection, None)

    def look(self, now: float) -> None:
        """Close those who take too long."""
        while self.waiting:
            longest, since = next(iter(self.waiting.items()))
            if now < since + self._seconds:
                return
            self._close(longest)

    def _close(self, connection: "Connection") -> None:
        self.ends(connection)
        connection.transport.abort()


class Connection(H11Protocol):
    """One connection, which tells `ConnectionTimeouts` whose turn it is."""

    server_state: ConnectionTimeouts

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nobody."""
        super().connection_lost(exc)
        self._look()

    def data_received(self, data: bytes) -> None:
        """See whether the request is whole by now."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request, and until this answer is taken."""
        self.server_state.ends(self)
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """Wait until some of the answer is taken."""
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        self._look()

    def _look(self) -> None:
        # A websocket has left them, too: it has limits of its own.
        if self not in self.connections or self._ours:
            self.server_state.ends(self)
        else:
            self.server_state.begins(self, self.loop.time())

    @property
    def _ours(self) -> bool:
        cycle = self.cycle
        whole = cycle is not None and not cycle.more_body and not cycle.response_complete
        return whole and not self.flow.write_paused

"""Time limits on connections: for a client to send a whole request, and to take the whole response."""

import asyncio
import logging

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from bot.platforms.web import limits

_log = logging.getLogger(__name__)


class ConnectionTimeouts(ServerState):
    """The connections of a server; `waiting` has those that wait for their client, the longest first.

    Sending little by little does not extend the time. Clients that send nothing cannot keep others out: if
    too many connections wait, the one that has waited longest is closed.
    """

    def __init__(
        self, *, seconds: float = limits.TRANSFER_SECONDS, most: int = limits.WAITING_CONNECTIONS
    ) -> None:
        """Close connections that wait longer than `seconds`, or if more than `most` wait."""
        super().__init__()
        self.waiting: dict[Connection, float] = {}
        self._seconds = seconds
        self._most = most
        self._told = False

    def begins(self, connection: "Connection", now: float) -> None:
        """Note that a connection waits for its client from now on, unless it waits already."""
        self.waiting.setdefault(connection, now)
        if len(self.waiting) > self._most:
            if not self._told:
                self._told = True
                _log.warning("More than %d connections to the web pages send nothing", self._most)
            self._close(next(iter(self.waiting)))

    def ends(self, connection: "Connection") -> None:
        """Note that a connection no longer waits for its client: the next step is ours."""
        self.waiting.pop(connection, None)

    def look(self, now: float) -> None:
        """Close the connections that have waited too long."""
        while self.waiting:
            longest, since = next(iter(self.waiting.items()))
            if now < since + self._seconds:
                return
            self._close(longest)

    def _close(self, connection: "Connection") -> None:
        self.ends(connection)
        connection.transport.abort()


class Connection(H11Protocol):
    """A connection that tells `ConnectionTimeouts` when it waits for its client, and when it does not."""

    server_state: ConnectionTimeouts

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Stop waiting if the request is complete by now."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Begin to wait anew: for this response to be taken, and for the next request."""
        self.server_state.ends(self)
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """Begin to wait for the client to take some of the response."""
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """Stop waiting: the response goes on."""
        super().resume_writing()
        self._look()

    def _look(self) -> None:
        # A connection that became a websocket is not among them any more either; it has limits of its own.
        if self not in self.connections or self._ours:
            self.server_state.ends(self)
        else:
            self.server_state.begins(self, self.loop.time())

    @property
    def _ours(self) -> bool:
        cycle = self.cycle
        whole = cycle is not None and not cycle.more_body and not cycle.response_complete
        return whole and not self.flow.write_paused

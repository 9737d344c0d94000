"""What goes wrong on the way to a small Discord, when a test wants it to."""

import asyncio
import fnmatch
from dataclasses import dataclass
from typing import Any


@dataclass
class _Refusal:
    method: str
    path: str
    status: int
    body: dict[str, Any]
    times: int


class Troubles:
    """Requests that are refused, and those that are held as if they never arrived; `held` counts these."""

    def __init__(self) -> None:
        super().__init__()
        self.held = 0
        self._refusals: list[_Refusal] = []
        self._holds: list[tuple[str, str]] = []
        self._dropped = asyncio.Event()

    def notify(self) -> None:
        """Let whoever waits for something look again."""
        raise NotImplementedError

    def refuse(self, method: str, path: str, status: int, *, times: int = 1, **body: Any) -> None:
        """Refuse the next requests to a path, given as a pattern."""
        self._refusals.append(
            _Refusal(method, path, status, {"message": "refused", "code": 0, **body}, times)
        )

    def hold(self, method: str, path: str) -> None:
        """Answer no request to a path, given as a pattern, until all that are held are dropped."""
        self._holds.append((method, path))

    def drop_held(self) -> None:
        """Forget what is held, as if it had never arrived, and hold nothing more."""
        self._holds.clear()
        self.held = 0
        self._dropped.set()
        self._dropped = asyncio.Event()

    async def _held(self, method: str, path: str) -> None:
        """Hold a request until it is dropped, if it is to be held."""
        if any(method == one and fnmatch.fnmatch(path, pattern) for one, pattern in self._holds):
            self.held += 1
            self.notify()
            await self._dropped.wait()
            raise KeyError("dropped")

    def _refused(self, method: str, path: str) -> _Refusal | None:
        for refusal in self._refusals:
            if refusal.method == method and fnmatch.fnmatch(path, refusal.path) and refusal.times > 0:
                refusal.times -= 1
                return refusal
        return None

"""Failures that tests inject into requests to the local Discord."""

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
    """Requests to refuse, and requests to hold as if they had never arrived; `held` counts the latter."""

    def __init__(self) -> None:
        super().__init__()
        self.held = 0
        self._refusals: list[_Refusal] = []
        self._holds: list[tuple[str, str]] = []
        self._dropped = asyncio.Event()

    def notify(self) -> None:
        """Wake up those who wait for a condition, so that they check it again."""
        raise NotImplementedError

    def refuse(self, method: str, path: str, status: int, *, times: int = 1, **body: Any) -> None:
        """Refuse the next requests whose path matches a pattern."""
        self._refusals.append(
            _Refusal(method, path, status, {"message": "refused", "code": 0, **body}, times)
        )

    def hold(self, method: str, path: str) -> None:
        """Leave requests whose path matches a pattern unanswered until `drop_held`."""
        self._holds.append((method, path))

    def drop_held(self) -> None:
        """Drop the held requests as if they had never arrived, and stop holding requests."""
        self._holds.clear()
        self.held = 0
        self._dropped.set()
        self._dropped = asyncio.Event()

    async def _held(self, method: str, path: str) -> None:
        """Wait until the request is dropped, and then raise `KeyError`, if it is one to hold."""
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

"""How requests are seen and decided that a platform has of its own."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.core.actors import Platform, WorkspaceKey
from bot.core.mirror_answers import Answer
from bot.core.mirror_ports import Fate, MirrorProblem, Requests


class InboxClosed(Exception):
    """A platform does not show us a workspace's requests, until somebody puts that right."""

    def __init__(self, problem: MirrorProblem) -> None:
        """Say why."""
        super().__init__(problem.value)
        self.problem = problem


class RequestInbox(Protocol):
    """One platform's own requests. Raises `DeliveryFailed` and `InboxClosed`."""

    async def look(self, workspace: WorkspaceKey, known: Sequence[str]) -> Requests:
        """Say what waits in a workspace, and what has become of those that we know and that wait no more."""
        ...

    async def answer(self, answer: Answer) -> Fate:
        """Let somebody in or turn them away; return what somebody decided there before us, if so."""
        ...


RequestInboxes = Mapping[Platform, RequestInbox]

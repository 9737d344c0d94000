"""The port through which a platform's own join requests are seen and answered."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.core.requests.mirror_answers import RequestAnswer
from bot.core.requests.mirror_ports import MirrorProblem, PlatformRequests, PlatformRequestState
from bot.core.rights.actors import Platform, WorkspaceKey


class InboxClosed(Exception):
    """A platform does not show us a workspace's join requests until a person fixes the cause."""

    def __init__(self, problem: MirrorProblem) -> None:
        """Take the problem that a person must fix."""
        super().__init__(problem.value)
        self.problem = problem


class RequestInbox(Protocol):
    """One platform's own join requests. Raises `DeliveryFailed` and `InboxClosed`."""

    async def look(self, workspace: WorkspaceKey, known: Sequence[str]) -> PlatformRequests:
        """Return a workspace's pending requests, and the fate of `known` ones that are not pending."""
        ...

    async def answer(self, answer: RequestAnswer) -> PlatformRequestState:
        """Approve or reject a request on the platform; return its fate, possibly decided there before us."""
        ...


RequestInboxes = Mapping[Platform, RequestInbox]

"""How a platform's own roles and groups are found, changed and looked at."""

from collections.abc import Mapping
from typing import Protocol

from bot.core.actors import Caller, Platform
from bot.core.following_drift import Seen
from bot.core.following_ports import Followed, Native, Problem


class Unfollowable(Exception):
    """A platform does not let us change or look at a thing, until somebody puts that right."""

    def __init__(self, problem: Problem) -> None:
        """Say why."""
        super().__init__(problem.value)
        self.problem = problem


class Follower(Protocol):
    """One platform's roles or groups. `change` and `look` raise `DeliveryFailed` and `Unfollowable`."""

    async def find(self, caller: Caller, typed: str) -> Native:
        """Find what somebody means in their workspace; what cannot follow says why."""
        ...

    async def change(
        self, followed: Followed, *, give: frozenset[str], take: frozenset[str]
    ) -> frozenset[str]:
        """Give a thing to accounts and take it from others; return those who are not in the workspace.

        Nobody else gets or loses it, and done twice it changes nothing.
        """
        ...

    async def look(self, followed: Followed) -> Seen:
        """Say what is really there."""
        ...


Followers = Mapping[Platform, Follower]

"""The port through which a platform's own roles and groups are found, changed and inspected."""

from collections.abc import Mapping
from typing import Protocol

from bot.core.following.drift import Seen
from bot.core.following.ports import Follower, Native, Problem
from bot.core.rights.actors import Caller, Platform


class Unfollowable(Exception):
    """A platform does not let us change or inspect a role or group until a person fixes the cause."""

    def __init__(self, problem: Problem) -> None:
        """Take the problem that a person must fix."""
        super().__init__(problem.value)
        self.problem = problem


class NativeSync(Protocol):
    """The roles or groups of one platform. `change` and `look` raise `DeliveryFailed` and `Unfollowable`."""

    async def find(self, caller: Caller, typed: str) -> Native:
        """Find the role or group that was typed; raise a refusal with the reason if it cannot be used."""
        ...

    async def change(
        self, follower: Follower, *, give: frozenset[str], take: frozenset[str]
    ) -> frozenset[str]:
        """Give a role or group to accounts and take it from others; return those not in the workspace.

        No other account is touched. Doing it again changes nothing.
        """
        ...

    async def look(self, follower: Follower) -> Seen:
        """Return who really has the role or group on the platform."""
        ...


NativeSyncs = Mapping[Platform, NativeSync]

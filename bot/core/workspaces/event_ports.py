"""Repositories of what happens in workspaces: how far we have listened, newcomers a minute, and bans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey


class WorkspaceEvents(Protocol):
    """Up to when each platform was listened to, and how many people joined each minute."""

    def heard_until(self, name: str) -> datetime | None:
        """Return up to when a part of a platform was listened to; None if it never was."""
        ...

    def set_heard_until(self, name: str, at: datetime) -> None:
        """Record up to when a part of a platform was listened to."""
        ...

    def serving_workspaces(self, platform: Platform, *, after: str, limit: int) -> Sequence[WorkspaceKey]:
        """List workspaces of a platform that serve a school, by their own ids as texts, after `after`."""
        ...

    def count_newcomer(self, workspace: WorkspaceKey, minute: datetime) -> int:
        """Count one more newcomer in a minute; return the total. Counts a day old are deleted."""
        ...

    def newcomers(self, workspace: WorkspaceKey, minute: datetime) -> int:
        """Return how many newcomers joined in a minute."""
        ...


class Bans(Protocol):
    """Which accounts are banned from which workspaces."""

    def add(self, workspace: WorkspaceKey, subject: str, at: datetime) -> bool:
        """Record a ban; False if it is known, or the workspace serves no school."""
        ...

    def drop(self, workspace: WorkspaceKey, subject: str) -> bool:
        """Delete a ban; False if there was none."""
        ...

    def of(self, workspace: WorkspaceKey) -> frozenset[str]:
        """Return the accounts that are known to be banned from a workspace."""
        ...

    def any_at_school(self, school_id: str, accounts: Sequence[AccountKey]) -> bool:
        """Tell whether any of these accounts is banned from a workspace of a school."""
        ...

    def schools_banning(self, accounts: Sequence[AccountKey]) -> frozenset[str]:
        """Return the ids of the schools that have a workspace from which any of these accounts is banned."""
        ...

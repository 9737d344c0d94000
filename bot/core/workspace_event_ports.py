"""What is kept of who comes and goes: what was heard, how many came at once, and who was banned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.actors import AccountKey, Platform, WorkspaceKey


class WorkspaceEvents(Protocol):
    """Up to when a platform was listened to, and how many came in a minute."""

    def heard(self, name: str) -> datetime | None:
        """Tell up to when a part of a platform was listened to; None if it never was."""
        ...

    def hear(self, name: str, at: datetime) -> None:
        """Note up to when a part of a platform was listened to."""
        ...

    def served(self, platform: Platform, *, after: str, limit: int) -> Sequence[WorkspaceKey]:
        """List workspaces of a platform that serve a school, by their own ids as texts, after one of them."""
        ...

    def one_more(self, workspace: WorkspaceKey, minute: datetime) -> int:
        """Count one more newcomer of a minute; return how many these are. What is a day old is forgotten."""
        ...

    def number(self, workspace: WorkspaceKey, minute: datetime) -> int:
        """Tell how many newcomers a minute had."""
        ...


class Bans(Protocol):
    """Who is banned from which workspace."""

    def add(self, workspace: WorkspaceKey, subject: str, at: datetime) -> bool:
        """Note who was banned from a workspace; False if that was known, or it serves no school."""
        ...

    def drop(self, workspace: WorkspaceKey, subject: str) -> bool:
        """Forget a ban; False if there was none."""
        ...

    def of(self, workspace: WorkspaceKey) -> frozenset[str]:
        """Name the accounts that are banned from a workspace as far as we know."""
        ...

    def at_school(self, school_id: str, accounts: Sequence[AccountKey]) -> bool:
        """Tell whether any of these accounts is banned from a workspace of a school."""
        ...

    def anywhere(self, account: AccountKey) -> bool:
        """Tell whether an account is banned from any workspace."""
        ...

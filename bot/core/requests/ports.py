"""The repository of join requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.rights.actors import AccountKey, WorkspaceKey

if TYPE_CHECKING:
    from bot.core.requests.join_requests import JoinRequest, RequestState


class JoinRequests(Protocol):
    """Requests to join."""

    def add(self, request: "JoinRequest") -> None:
        """Add a request."""
        ...

    def by_id(self, request_id: str) -> "JoinRequest | None":
        """Find a request by id."""
        ...

    def pending_in_workspace(self, workspace: "WorkspaceKey") -> "Sequence[JoinRequest]":
        """List pending requests of people who were in a workspace when they asked, oldest first."""
        ...

    def pending_of(self, school_id: str, person_id: str) -> "JoinRequest | None":
        """Find a person's pending request at a school."""
        ...

    def last_of(self, school_id: str, person_id: str) -> "JoinRequest | None":
        """Find a person's newest request at a school."""
        ...

    def was_rejected(self, school_id: str, person_id: str) -> bool:
        """Tell whether a school ever rejected a person's request."""
        ...

    def save_progress(self, request: "JoinRequest", *, expected: "JoinRequest") -> bool:
        """Store who handles a pending request and its next step; False if it is no longer as expected."""
        ...

    def record_departure(self, request_id: str, at: datetime) -> bool:
        """Record that the applicant of a pending request has left; False if that was known."""
        ...

    def record_return(self, request_id: str) -> bool:
        """Record that the applicant of a pending request has come back; False if they had not left."""
        ...

    def move_to_account(self, request_id: str, account: AccountKey) -> None:
        """Move a pending request to another account of its applicant, as if they had never left."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence["JoinRequest"]:
        """List pending requests whose next step is due, the longest due first."""
        ...

    def save_due_times(self, requests: "Sequence[JoinRequest]") -> None:
        """Store when the next step of each request is due, if it is still pending."""
        ...

    def decide(self, request: "JoinRequest") -> bool:
        """Store a decision if the request is still pending; False if another decision came first."""
        ...

    def listed(
        self, school_id: str, state: "RequestState | None", *, after: str | None, limit: int
    ) -> Sequence["JoinRequest"]:
        """List a school's requests, oldest first."""
        ...

    def pending_by_name(
        self, school_id: str, name: str, *, whole: bool, limit: int
    ) -> Sequence[tuple["JoinRequest", str]]:
        """List pending requests by the applicant's name, oldest first, each with that name.

        The name must contain the text, or with `whole` equal it.
        """
        ...

"""The repositories of invitations and of join requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import AccountKey, WorkspaceKey

if TYPE_CHECKING:
    from bot.core.invitations import Invitation, InvitationFilter, Redemption
    from bot.core.join_requests import JoinRequest, RequestState
    from bot.core.schools import School


class Invitations(Protocol):
    """Invitations and their redemptions."""

    def add(self, invitation: "Invitation") -> None:
        """Add an invitation."""
        ...

    def by_code(self, code: str) -> "Invitation | None":
        """Find an invitation by its normalised code."""
        ...

    def by_token(self, token: str) -> "Invitation | None":
        """Find an invitation by the token of its link, or of the link in one of its e-mails."""
        ...

    def with_school(self, code: str, token: str, *, hold: bool) -> "tuple[Invitation, School] | None":
        """Find an invitation by its code, or else by a token, and its school.

        With `hold`, which is only for units that write, the school cannot be archived until this unit ends.
        """
        ...

    def by_id(self, invitation_id: str) -> "Invitation | None":
        """Find an invitation by id."""
        ...

    def take_use(self, invitation_id: str, now: datetime) -> bool:
        """Take one use by one conditional update; False if the invitation has ended or has no use left."""
        ...

    def spend_use(self, invitation_id: str, now: datetime) -> None:
        """Take one use of an invitation that this unit has found open, by one conditional update.

        If it has ended or has no use left by the commit, nothing of this unit is stored, and it is run again.
        """
        ...

    def revoke(self, invitation_id: str, *, by: str, at: datetime) -> bool:
        """Mark an invitation as revoked; False if somebody has ended it already."""
        ...

    def revoke_open_of(self, school_id: str, person_id: str, *, by: str | None, at: datetime) -> int:
        """Revoke a person's invitations to a school that have not ended; return how many these were."""
        ...

    def count_usable(self, school_id: str, now: datetime) -> int:
        """Count a school's invitations that can still be used."""
        ...

    def count_made_since(self, school_id: str, at: datetime) -> int:
        """Count a school's invitations that were made after a moment."""
        ...

    def count_opening(self, invitation_id: str, at: datetime) -> None:
        """Count one more opening of an invitation's page."""
        ...

    def add_redemption(self, redemption: "Redemption") -> None:
        """Record that a person redeemed an invitation."""
        ...

    def listed(self, school_id: str, wanted: "InvitationFilter", *, limit: int) -> Sequence["Invitation"]:
        """List a school's invitations that match a filter, newest first."""
        ...


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

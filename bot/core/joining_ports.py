"""How the core reads and writes invitations, and requests to join."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import AccountKey, WorkspaceKey

if TYPE_CHECKING:
    from bot.core.invitations import Invitation, InvitationFilter, Redemption
    from bot.core.join_requests import JoinRequest, RequestState


class Invitations(Protocol):
    """Invitations and their redemptions."""

    def add(self, invitation: "Invitation") -> None:
        """Add an invitation."""
        ...

    def by_code(self, code: str) -> "Invitation | None":
        """Find by the normalised code."""
        ...

    def by_token(self, token: str) -> "Invitation | None":
        """Find by the token of its link, or of one in a mail."""
        ...

    def by_id(self, invitation_id: str) -> "Invitation | None":
        """Find by id."""
        ...

    def take_use(self, invitation_id: str, now: datetime) -> bool:
        """Take one use, if the invitation is alive and has one left: one conditional update."""
        ...

    def revoke(self, invitation_id: str, *, by: str, at: datetime) -> bool:
        """Mark as revoked; False if it was."""
        ...

    def revoke_open_of(self, school_id: str, person_id: str, *, by: str | None, at: datetime) -> int:
        """Revoke all that a person has made for a school and that is not revoked yet; count them."""
        ...

    def alive(self, school_id: str, now: datetime) -> int:
        """Count a school's invitations that can still be used."""
        ...

    def made_since(self, school_id: str, at: datetime) -> int:
        """Count the invitations that were made for a school after a moment."""
        ...

    def opened(self, invitation_id: str, at: datetime) -> None:
        """Note that the page of an invitation was opened once more."""
        ...

    def add_redemption(self, redemption: "Redemption") -> None:
        """Record who came in through an invitation."""
        ...

    def listed(self, school_id: str, wanted: "InvitationFilter", *, limit: int) -> Sequence["Invitation"]:
        """List a school's invitations, newest first."""
        ...


class JoinRequests(Protocol):
    """Requests to join."""

    def add(self, request: "JoinRequest") -> None:
        """Add a request."""
        ...

    def by_id(self, request_id: str) -> "JoinRequest | None":
        """Find by id."""
        ...

    def asked_in(self, workspace: "WorkspaceKey") -> "Sequence[JoinRequest]":
        """List waiting requests of those who were in a workspace when they asked, the oldest first."""
        ...

    def pending_of(self, school_id: str, person_id: str) -> "JoinRequest | None":
        """Find a person's request that still waits."""
        ...

    def last_of(self, school_id: str, person_id: str) -> "JoinRequest | None":
        """Find a person's newest request at a school."""
        ...

    def was_rejected(self, school_id: str, person_id: str) -> bool:
        """Tell whether a person was ever turned away by a school."""
        ...

    def progress(self, request: "JoinRequest", *, expected: "JoinRequest") -> bool:
        """Store who sees to a waiting request and its next step, if it is still as expected."""
        ...

    def gone(self, request_id: str, at: datetime) -> bool:
        """Note that the applicant of a waiting request has left; False if that was known."""
        ...

    def back(self, request_id: str) -> bool:
        """Note that the applicant of a waiting request is there again; False if they were."""
        ...

    def asked_by(self, request_id: str, account: AccountKey) -> None:
        """Let a waiting request be asked for by another account of its applicant's, who is there by it."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence["JoinRequest"]:
        """List waiting requests whose next step is due, the longest due first."""
        ...

    def time(self, requests: "Sequence[JoinRequest]") -> None:
        """Store when the next step of each is, if it still waits."""
        ...

    def decide(self, request: "JoinRequest") -> bool:
        """Store a decision if the request still waits: compare and set; False if someone was faster."""
        ...

    def listed(
        self, school_id: str, state: "RequestState | None", *, after: str | None, limit: int
    ) -> Sequence["JoinRequest"]:
        """List a school's requests, oldest first."""
        ...

    def called(
        self, school_id: str, name: str, *, whole: bool, limit: int
    ) -> Sequence[tuple["JoinRequest", str]]:
        """List who waits and whose name contains a text, or is it with `whole`; oldest first, with names.

        Whoever waits is a pending member.
        """
        ...

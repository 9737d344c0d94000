"""Repositories of roster imports, and their queries over all people at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.rosters.counting import Tally
    from bot.core.rosters.imports import ImportState, RosterDetails, RosterImport, Sent, Step, StepKind
    from bot.core.rosters.known import KnownPerson


class Rosters(Protocol):
    """Roster imports, and how far each has got."""

    def add(self, roster: "RosterImport") -> bool:
        """Add an import; False if it undoes one that another import undoes already."""
        ...

    def save(self, roster: "RosterImport", *, expected: "ImportState") -> bool:
        """Store an import; False if its state is not as expected."""
        ...

    def by_id(self, import_id: str) -> "RosterImport | None":
        """Find an import; None if there is none with this id."""
        ...

    def lock(self, import_id: str) -> None:
        """Make other units that lock this import wait until this one ends."""
        ...

    def undone_by(self, import_id: str) -> "RosterImport | None":
        """Find the import that undoes an import; None if there is none."""
        ...

    def listed(self, school_id: str, *, after: str | None, limit: int) -> "Sequence[RosterImport]":
        """List a school's imports that were applied, newest first."""
        ...

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        """Return the id of the oldest import with work to do that no other worker has claimed, or None."""
        ...

    def claim(self, import_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Claim an import with work to do, or extend the claim; False while another worker has it."""
        ...

    def drop(self, import_id: str) -> None:
        """Delete an import and its steps."""
        ...

    def drop_plan(self, before: datetime) -> bool:
        """Delete the oldest plan from before a moment that was never applied; False if there is none."""
        ...


class RosterSteps(Protocol):
    """The steps of imports."""

    def stage_new(self, import_id: str, steps: "Iterable[Step]") -> None:
        """Store steps about people who are not known yet."""
        ...

    def stage(self, import_id: str, steps: "Iterable[Step]") -> None:
        """Store steps of an import."""
        ...

    def settle(self, import_id: str, steps: "Iterable[Step]") -> None:
        """Replace steps by what was decided about them."""
        ...

    def unstage(self, import_id: str) -> None:
        """Delete the steps of an import."""
        ...

    def steps(
        self, import_id: str, *, kinds: "Collection[StepKind]" = (), after: int = ..., limit: int
    ) -> "Sequence[Step]":
        """List steps in order, after a number; of some kinds, or of all."""
        ...

    def of_person(self, import_id: str, person_id: str) -> "Sequence[Step]":
        """List the steps of one person, in order."""
        ...

    def uninvited(self, import_id: str, limit: int) -> "Sequence[Step]":
        """List the steps whose person is still to be invited, in order."""
        ...

    def record_invited(
        self, import_id: str, person_id: str, sent: "Sent", *, now: str, invitation: str
    ) -> None:
        """Record the result of inviting a person: who they are `now`, and their invitation."""
        ...

    def invited(self, import_id: str) -> "Mapping[Sent, int]":
        """Count the people to invite by the result."""
        ...

    def tally(self, import_id: str) -> "Sequence[Tally]":
        """Count the steps that are alike."""
        ...

    def schools_by_address(self, import_id: str) -> Mapping[str, Collection[str]]:
        """Return the schools of people who are in several steps, by address in compared form."""
        ...

    def hold(self, import_id: str) -> None:
        """Lock the people of an import: until this unit ends, nobody can merge or edit them."""
        ...

    def apply(self, roster: "RosterImport", *, by: str | None, at: datetime) -> None:
        """Carry out all steps but the invitations: people, memberships, roles and details."""
        ...

    def first_to_get(self, import_id: str, school_id: str, role: str) -> str | None:
        """Return the first person who gets a role at a school; None if nobody does."""
        ...

    def inviters(self, import_id: str) -> Sequence[tuple[str, str]]:
        """List people who leave a school and have invitations for it not revoked: (school, person)."""
        ...

    def invitees(self, import_id: str) -> Sequence[tuple[str, str]]:
        """List people who leave a school and have an addressed invitation to it: (school, person)."""
        ...

    def absorb(self, source_id: str, target_id: str) -> None:
        """Make steps about one person be about another, when they are merged."""
        ...

    def forget(self, person_id: str) -> None:
        """Delete the personal data of a person's steps."""
        ...

    def about(self, person_id: str, school_id: str | None) -> "Sequence[Mapping[str, object]]":
        """List what imports did to a person, at one school or at all."""
        ...


class RosterPeople(Protocol):
    """Who the people of imports are, looked up among all people."""

    def matching(self, import_id: str, *, after: int, until: int) -> "Sequence[tuple[Step, str]]":
        """List steps, after one number up to another, whose address is a known person's; with their ids."""
        ...

    def absent(self, import_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        """List by id the people who are active at a school and whom no row of an import names there."""
        ...

    def ids_taken(self, import_id: str, school_ids: Sequence[str], limit: int) -> "Sequence[Step]":
        """List steps whose educator id belongs to somebody else in one of these schools."""
        ...

    def invited_to(self, school_ids: Sequence[str]) -> Collection[tuple[str, str]]:
        """List (address in compared form, school) of pending invitations to these schools."""
        ...

    def details(self, person_ids: Sequence[str]) -> "Mapping[str, RosterDetails]":
        """Return the details of people that a roster can have; deleted people are left out."""
        ...

    def known(self, person_ids: Sequence[str]) -> "Sequence[KnownPerson]":
        """Return what is known of people, in the order of their ids; deleted people are left out."""
        ...

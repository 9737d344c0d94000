"""What rosters need stored, and what they ask of all persons at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.rosters.counting import Tally
    from bot.core.rosters.imports import Kind, RosterDetails, RosterImport, Sent, State, Step
    from bot.core.rosters.known import KnownPerson


class Rosters(Protocol):
    """Imports of rosters, and how far each has come."""

    def add(self, roster: "RosterImport") -> bool:
        """Add an import; False if it undoes what another import undoes already."""
        ...

    def save(self, roster: "RosterImport", *, expected: "State") -> bool:
        """Store how far an import is, if it still is as far as expected."""
        ...

    def by_id(self, import_id: str) -> "RosterImport | None":
        """Find an import."""
        ...

    def lock(self, import_id: str) -> None:
        """Let no other unit that locks this import go on before this one ends."""
        ...

    def undone_by(self, import_id: str) -> "RosterImport | None":
        """Find the import that undoes an import."""
        ...

    def listed(self, school_id: str, *, after: str | None, limit: int) -> "Sequence[RosterImport]":
        """List a school's imports that were applied, newest first."""
        ...

    def waiting(self, worker: str, now: datetime) -> str | None:
        """Find the oldest import with work to do that no other worker has at this moment."""
        ...

    def claim(self, import_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Take an import with work to do, or keep it; False while another worker has it, or where none is."""
        ...

    def drop(self, import_id: str) -> None:
        """Delete an import with its steps."""
        ...

    def drop_plan(self, before: datetime) -> bool:
        """Delete the oldest plan made before a moment that nobody has applied; False if there is none."""
        ...


class RosterSteps(Protocol):
    """The steps of imports."""

    def stage_new(self, import_id: str, steps: "Iterable[Step]") -> None:
        """Store steps about people whom nobody knows."""
        ...

    def stage(self, import_id: str, steps: "Iterable[Step]") -> None:
        """Store steps of an import."""
        ...

    def settle(self, import_id: str, steps: "Iterable[Step]") -> None:
        """Store what steps do, in place of what they were to do."""
        ...

    def unstage(self, import_id: str) -> None:
        """Delete the steps of an import."""
        ...

    def steps(
        self, import_id: str, *, kinds: "Collection[Kind]" = (), after: int = ..., limit: int
    ) -> "Sequence[Step]":
        """List steps in order, those after a number; of some kinds, or all."""
        ...

    def of_person(self, import_id: str, person_id: str) -> "Sequence[Step]":
        """List the steps of one person in order."""
        ...

    def uninvited(self, import_id: str, limit: int) -> "Sequence[Step]":
        """List steps whose person has still to be invited, in order."""
        ...

    def sent(self, import_id: str, person_id: str, sent: "Sent", *, now: str, invitation: str) -> None:
        """Store what came of inviting a person: who they are now, and with what invitation."""
        ...

    def invited(self, import_id: str) -> "Mapping[Sent, int]":
        """Count the persons to invite by what came of it."""
        ...

    def tally(self, import_id: str) -> "Sequence[Tally]":
        """Count the steps that are alike."""
        ...

    def spread(self, import_id: str) -> Mapping[str, Collection[str]]:
        """List the schools of those who are in several steps, by their addresses as they are compared."""
        ...

    def hold(self, import_id: str) -> None:
        """Let nobody whom an import is about become another, or be edited, before this unit ends."""
        ...

    def write(self, roster: "RosterImport", *, by: str | None, at: datetime) -> None:
        """Do all steps of an import, but for invitations: persons, memberships, roles and details."""
        ...

    def first_with(self, import_id: str, school_id: str, role: str) -> str | None:
        """Find who is the first to get a role in a school."""
        ...

    def inviters(self, import_id: str) -> Sequence[tuple[str, str]]:
        """List who leaves a school and has made invitations for it that are not revoked: school, person."""
        ...

    def invitees(self, import_id: str) -> Sequence[tuple[str, str]]:
        """List who leaves a school that an invitation offers to them alone: school, person."""
        ...

    def absorb(self, source_id: str, target_id: str) -> None:
        """Let steps about one person be about another, who has proved to be them."""
        ...

    def forget(self, person_id: str) -> None:
        """Delete what steps say of a person."""
        ...

    def about(self, person_id: str, school_id: str | None) -> "Sequence[Mapping[str, object]]":
        """List what imports did to a person, in one school or in all."""
        ...


class RosterPeople(Protocol):
    """Who the people of imports are, by what is known of all persons."""

    def met(self, import_id: str, *, after: int, until: int) -> "Sequence[tuple[Step, str]]":
        """List the steps, those after a number up to another, whose address is somebody's; with their ids."""
        ...

    def absent(self, import_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        """List by id the persons who are active in a school and in no step of an import."""
        ...

    def ids_taken(self, import_id: str, school_ids: Sequence[str], limit: int) -> "Sequence[Step]":
        """List the steps with an educator's id that somebody else has in one of these schools."""
        ...

    def invited_to(self, school_ids: Sequence[str]) -> Collection[tuple[str, str]]:
        """List the addresses, as they are compared, that an invitation of one of these schools waits for."""
        ...

    def said(self, person_ids: Sequence[str]) -> "Mapping[str, RosterDetails]":
        """Tell what a roster can say of persons; of those who are gone nothing."""
        ...

    def known(self, person_ids: Sequence[str]) -> "Sequence[KnownPerson]":
        """Tell what is known of persons, in the order of their ids; of those who are gone nothing."""
        ...

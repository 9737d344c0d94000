"""The repositories of people, of schools and of who is a member where."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import AccountKey, Person, WorkspaceKey
from bot.core.permissions import Permission
from bot.core.roles import Rights, ScopeKind

if TYPE_CHECKING:
    from bot.core.members import Assignment, Member, Membership, Standing
    from bot.core.people import PersonDetails
    from bot.core.people_filter import PeopleFilter
    from bot.core.schools import ApprovalsChannel, School, Workspace


class People(Protocol):
    """Persons and their accounts."""

    def by_account(self, key: AccountKey) -> Person | None:
        """Find whose account this is."""
        ...

    def by_id(self, person_id: str) -> Person | None:
        """Find a person."""
        ...

    def add(self, person: Person, key: AccountKey) -> bool:
        """Add a person with their first account; False if this unit has met them already.

        Where another unit has just met them, this one is run again.
        """
        ...

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        """List the accounts of persons, as (person id, account)."""
        ...

    def add_unlinked(self, person: Person) -> None:
        """Add a person who has no account."""
        ...

    def remain(self, person_id: str) -> None:
        """Let a person not become another before this unit ends; one that has read what was is run again."""
        ...

    def lock(self, person_id: str) -> None:
        """Let no other unit that locks this person go on before this one ends."""
        ...

    def details(self, person_id: str) -> "PersonDetails":
        """Return what is known of a person; of someone unknown that is nothing."""
        ...

    def save_details(self, person_id: str, details: "PersonDetails") -> bool:
        """Store what is known of a person, and their name by it; False if another has the e-mail address."""
        ...

    def by_email(self, address: str) -> Person | None:
        """Find whose e-mail address this is, without regard to case."""
        ...


class Schools(Protocol):
    """Schools, workspaces and the links between them."""

    def add(self, school: "School") -> bool:
        """Add a school; False if its district has one of that name."""
        ...

    def save(self, school: "School") -> bool:
        """Store a school's settings; False if its district has another school of that name."""
        ...

    def by_id(self, school_id: str) -> "School | None":
        """Find a school."""
        ...

    def stable(self, school_id: str) -> "School | None":
        """Find a school that is not closed before this unit ends. Only a unit that writes may ask so."""
        ...

    def lock(self, school_id: str, *, closing: bool = False) -> None:
        """Let no other unit that locks this school go on before this one ends.

        Whoever is `closing` it waits also for those who only need it open, see `stable`.
        """
        ...

    def lock_workspace(self, key: WorkspaceKey) -> None:
        """Let no other unit that locks this workspace go on before this one ends."""
        ...

    def set_primary(self, school_id: str, person_id: str, *, expected: str | None) -> bool:
        """Make a person the Primary Admin if it still is whom one expects; False otherwise."""
        ...

    def linked_to(self, key: WorkspaceKey) -> Sequence["School"]:
        """List the schools that a workspace serves, by name; only `overseen` lists archived schools."""
        ...

    def of_person(self, person_id: str) -> Sequence["School"]:
        """List the schools where a person is an active member, by name."""
        ...

    def find_public(
        self, text: str, limit: int, *, after: "School | None" = None, whole: bool = False
    ) -> Sequence["School"]:
        """List by name the public schools whose name contains a text, or is it with `whole`.

        `after` is the last school of the page before.
        """
        ...

    def overseen(
        self,
        person_id: str | None,
        text: str,
        limit: int,
        *,
        whole: bool = False,
        archived: bool | None = False,
    ) -> Sequence["School"]:
        """List by name the schools in whose district a person has a role; all of them without a person.

        Their names contain `text`, or are it with `whole`; `archived` ones alone, or with None those too.
        """
        ...

    def workspace(self, key: WorkspaceKey) -> "Workspace | None":
        """Find a workspace."""
        ...

    def add_workspace(self, workspace: "Workspace") -> None:
        """Add a workspace, unless it is there."""
        ...

    def link(self, school_id: str, key: WorkspaceKey, at: datetime) -> bool:
        """Link a school to a workspace, or let its link work again; False if it was linked."""
        ...

    def unlink(self, school_id: str, key: WorkspaceKey) -> bool:
        """Forget a school's link to a workspace, with its approvals channel; False if none is at work."""
        ...

    def suspend_links(self, key: WorkspaceKey, at: datetime) -> Sequence[str]:
        """Let a workspace's links rest, as if they were not there; return the schools whose did not."""
        ...

    def serving(self, school_id: str) -> Sequence["Workspace"]:
        """List the workspaces that serve a school, oldest first."""
        ...

    def set_approvals_channel(self, channel: "ApprovalsChannel") -> None:
        """Set where a school's approval cards go in one workspace."""
        ...

    def unset_approvals_channel(self, channel: "ApprovalsChannel") -> bool:
        """Let approval cards go there no more; False if they did not."""
        ...

    def approvals_channels(self, school_id: str) -> Sequence["ApprovalsChannel"]:
        """List where a school's approval cards go."""
        ...


class Assignments(Protocol):
    """Role assignments: who has which role where, and what that lets them do."""

    def rights(self, person_id: str, school: "School | None") -> Rights:
        """Add up a person's roles at a school and above it; without a school, the system's only."""
        ...

    def granted(self, person_id: str, school: "School") -> Rights:
        """Add up a person's roles at a school and above it, whether or not they work now."""
        ...

    def roles(self, school_id: str, person_id: str) -> Sequence[str]:
        """List the names of a person's roles in a school."""
        ...

    def assign(
        self, person_id: str, role: str, school_id: str | None, *, by: str | None, at: datetime
    ) -> None:
        """Give a role at a school, or in the whole system, unless it was given."""
        ...

    def assignments(self, person_id: str, school: "School") -> Sequence["Assignment"]:
        """List a person's roles at a school and above it, with their scopes."""
        ...

    def scopes(self, person_id: str) -> Sequence[tuple[ScopeKind, str]]:
        """List where a person has roles, whether or not they work now; the system's id is empty."""
        ...

    def unassign(self, person_id: str, role: str, school_id: str) -> bool:
        """Take a role at a school; False if it was not given."""
        ...

    def anyone_has(self, role: str) -> bool:
        """Tell whether anybody has a role, wherever."""
        ...

    def able(self, school_id: str, permission: Permission, limit: int) -> Sequence[Person]:
        """List active members of a school who have a role there that holds a permission."""
        ...


class Members(Assignments, Protocol):
    """Memberships, and the assignments of the persons who have them."""

    def of(self, school_id: str, person_id: str) -> "Membership | None":
        """Find a person's membership in a school."""
        ...

    def add(self, membership: "Membership") -> bool:
        """Add a membership; False if the person has one there."""
        ...

    def change_standing(self, membership: "Membership", *, expected: "Standing") -> bool:
        """Store a membership's standing and dates if it still stands as expected."""
        ...

    def withdraw(self, membership_id: str) -> bool:
        """Delete a membership that is still pending."""
        ...

    def change(self, membership: "Membership", *, expected: "Membership") -> bool:
        """Store a membership's access and visibility if they are still as expected."""
        ...

    def remove(self, membership: "Membership") -> bool:
        """Delete a membership and its person's roles in the school; False if it was gone."""
        ...

    def of_person(self, person_id: str) -> Sequence["Membership"]:
        """List a person's memberships, in whatever state."""
        ...

    def by_id(self, school_id: str, membership_id: str) -> "Member | None":
        """Find a member of a school."""
        ...

    def listed(self, wanted: "PeopleFilter", *, after: str | None, limit: int) -> Sequence["Member"]:
        """List members by name, those after the membership `after`.

        Of a search those come first whose name begins with what was typed, then those whose address does.
        """
        ...

    def count(self, wanted: "PeopleFilter", *, most: int | None = None) -> int:
        """Count those whom a filter means; no further than `most`."""
        ...

    def school_of(self, membership_id: str) -> str | None:
        """Name the school of a membership, by its id."""
        ...

    def seats(self, school_id: str) -> int:
        """Count those who were let into a school and are on its list."""
        ...

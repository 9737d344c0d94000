"""The repositories of schools, districts, their settings, and the system's settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.rights.actors import Person, WorkspaceKey
from bot.core.rights.roles import Rights

if TYPE_CHECKING:
    from bot.core.schools.billing import BillingDetails
    from bot.core.schools.districts import District, DistrictRole
    from bot.core.schools.schools import School
    from bot.core.schools.settings import SchoolSettings
    from bot.core.schools.system import SystemSettings


class Districts(Protocol):
    """Districts, and people's roles in them."""

    def add(self, district: "District") -> None:
        """Add a district."""
        ...

    def save(self, district: "District") -> None:
        """Store a district's name, and whether it is archived."""
        ...

    def lock(self, district_id: str) -> None:
        """Make other units that lock this district wait until this one ends."""
        ...

    def by_id(self, district_id: str) -> "District | None":
        """Find a district; None if there is none with this id."""
        ...

    def by_name(self, name: str) -> "District | None":
        """Find an open district by its name, ignoring case; None if there is none."""
        ...

    def of_person(
        self, person_id: str | None, *, text: str, after: str | None, limit: int, archived: bool = False
    ) -> Sequence["District"]:
        """List by name the districts in which a person has a role; without a person, all districts."""
        ...

    def schools(
        self, district_id: str, *, after: str | None, limit: int, text: str = "", archived: bool = False
    ) -> Sequence["School"]:
        """List by name a district's open or `archived` schools whose name contains a text, after `after`."""
        ...

    def people(self, district_id: str | None, text: str, limit: int) -> Sequence[Person]:
        """List by name the members of a district's schools, and the people with a role in it.

        Without a district, all people.
        """
        ...

    def rights(self, person_id: str, district_id: str | None) -> Rights:
        """Return the union of a person's roles in a district and in the system; without one, the system's."""
        ...

    def roles(self, district_id: str | None) -> Sequence["DistrictRole"]:
        """List by name who has which role in a district; without a district, in the system."""
        ...

    def assign(self, person_id: str, role: str, district_id: str, *, by: str | None, at: datetime) -> bool:
        """Give a person a role in a district; False if they have it already."""
        ...

    def unassign(self, person_id: str, role: str, district_id: str) -> bool:
        """Take a role in a district from a person; False if they do not have it."""
        ...


class Settings(Protocol):
    """Settings of schools beyond those that `School` has itself."""

    def of(self, school_id: str) -> "SchoolSettings":
        """Return a school's settings."""
        ...

    def save(self, school_id: str, settings: "SchoolSettings") -> None:
        """Store a school's settings."""
        ...

    def reschedule(self, school_id: str, after: str | None) -> None:
        """Record that a school's waiting requests after this one must be rescheduled; None: all have been."""
        ...

    def to_reschedule(self, limit: int) -> Sequence[tuple[str, str]]:
        """List schools with requests to reschedule, each with the last request already done."""
        ...

    def billing(self, school_id: str) -> "BillingDetails":
        """Return a school's billing contact."""
        ...

    def save_billing(self, school_id: str, details: "BillingDetails") -> None:
        """Store a school's billing contact."""
        ...


class System(Protocol):
    """The settings of the whole system."""

    def settings(self) -> "SystemSettings":
        """Return the settings."""
        ...

    def save(self, settings: "SystemSettings") -> None:
        """Store the settings."""
        ...

    def lock(self) -> None:
        """Make other units that lock the settings wait until this one ends."""
        ...


class Schools(Protocol):
    """Schools, found by id, name, member, district or workspace."""

    def add(self, school: "School") -> bool:
        """Add a school; False if its district already has one with that name."""
        ...

    def save(self, school: "School") -> bool:
        """Store a school's settings; False if its district has another school with that name."""
        ...

    def by_id(self, school_id: str) -> "School | None":
        """Find a school."""
        ...

    def hold(self, school_id: str) -> "School | None":
        """Find a school and keep it from being closed until the unit ends; only for units that write."""
        ...

    def lock(self, school_id: str, *, closing: bool = False) -> None:
        """Lock a school until the unit of work ends; other units that lock it wait.

        A unit that is `closing` the school also waits for those that called `hold`.
        """
        ...

    def set_primary(self, school_id: str, person_id: str, *, expected: str | None) -> bool:
        """Make a person the Primary Admin if `expected` still is; False otherwise."""
        ...

    def linked_to(self, key: WorkspaceKey) -> Sequence["School"]:
        """List the schools that a workspace serves, by name, without archived ones."""
        ...

    def of_person(self, person_id: str) -> Sequence["School"]:
        """List the schools where a person is an active member, by name."""
        ...

    def find_public(
        self, text: str, limit: int, *, after: "School | None" = None, whole: bool = False
    ) -> Sequence["School"]:
        """List by name the public schools whose name contains a text, or equals it if `whole`.

        `after` is the last school of the previous page.
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
        """List by name the schools of districts in which a person has a role; without a person, all schools.

        Their name contains `text`, or equals it if `whole`. If `archived`, list only archived schools, or
        with None archived ones too.
        """
        ...

"""Repositories of districts, custom roles, school settings and the system's settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import Person
from bot.core.roles import Rights, RoleUse

if TYPE_CHECKING:
    from bot.core.billing import BillingDetails
    from bot.core.custom_roles import CustomRole
    from bot.core.districts import District, DistrictRole
    from bot.core.school_settings import SchoolSettings
    from bot.core.schools import School
    from bot.core.system import SystemSettings


class CustomRoles(Protocol):
    """The custom roles of schools."""

    def add(self, role: "CustomRole") -> bool:
        """Add a role; False if the school has one of that name."""
        ...

    def save(self, role: "CustomRole", *, before: "CustomRole") -> bool:
        """Store a role's name and permissions, and rename its uses; False if the name is taken."""
        ...

    def delete(self, role: "CustomRole") -> bool:
        """Delete a role that nobody has, is due to get, or can choose; False otherwise."""
        ...

    def uses(self, role: "CustomRole") -> Sequence[RoleUse]:
        """Return what keeps a role from being deleted."""
        ...

    def by_id(self, school_id: str, role_id: str) -> "CustomRole | None":
        """Find a role of a school; None if it has none with this id."""
        ...

    def by_name(self, school_id: str, name: str) -> "CustomRole | None":
        """Find a role of a school by its name, ignoring case; None if it has none."""
        ...

    def of_school(self, school_id: str) -> Sequence["CustomRole"]:
        """List a school's roles by name."""
        ...

    def count_holders(self, role: "CustomRole") -> int:
        """Count the people who have a role."""
        ...

    def rights_of_holders(self, role: "CustomRole", school: "School") -> Rights:
        """Return the union of all rights that a role's holders were granted at its school and above."""
        ...


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

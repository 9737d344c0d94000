"""The repositories of what stands above and beside a school: districts, custom roles, the system."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import Person
from bot.core.roles import Rights

if TYPE_CHECKING:
    from bot.core.billing import BillingDetails
    from bot.core.custom_roles import CustomRole
    from bot.core.districts import District, DistrictRole
    from bot.core.school_settings import SchoolSettings
    from bot.core.schools import School
    from bot.core.system import SystemSettings


class CustomRoles(Protocol):
    """The roles that schools have made for themselves."""

    def add(self, role: "CustomRole") -> bool:
        """Add a role; False if the school has one of that name."""
        ...

    def save(self, role: "CustomRole", *, before: "CustomRole") -> bool:
        """Store a role's name and atoms, and the name wherever it stands; False if the name is taken."""
        ...

    def delete(self, role: "CustomRole") -> bool:
        """Delete a role that nobody has, will get or can still choose; False otherwise."""
        ...

    def by_id(self, school_id: str, role_id: str) -> "CustomRole | None":
        """Find a role of a school."""
        ...

    def named(self, school_id: str, name: str) -> "CustomRole | None":
        """Find a role of a school by its name, without regard to case."""
        ...

    def of_school(self, school_id: str) -> Sequence["CustomRole"]:
        """List a school's roles by name."""
        ...

    def held_by(self, role: "CustomRole") -> int:
        """Count the people who have a role."""
        ...

    def rights_of_holders(self, role: "CustomRole", school: "School") -> Rights:
        """Add up all that the people who have a role were granted at its school and above."""
        ...


class Districts(Protocol):
    """Districts, and the roles that people have in them."""

    def add(self, district: "District") -> None:
        """Add a district."""
        ...

    def save(self, district: "District") -> None:
        """Store a district's name and whether it is archived."""
        ...

    def lock(self, district_id: str) -> None:
        """Let no other unit that locks this district go on before this one ends."""
        ...

    def by_id(self, district_id: str) -> "District | None":
        """Find a district."""
        ...

    def named(self, name: str) -> "District | None":
        """Find a district that is not archived by its name, without regard to case."""
        ...

    def of_person(
        self, person_id: str | None, *, text: str, after: str | None, limit: int, archived: bool = False
    ) -> Sequence["District"]:
        """List by name the districts where a person has a role; all of them without a person."""
        ...

    def schools(
        self, district_id: str, *, after: str | None, limit: int, text: str = ""
    ) -> Sequence["School"]:
        """List by name a district's schools at work whose name contains a text, those after `after`."""
        ...

    def people(self, district_id: str | None, text: str, limit: int) -> Sequence[Person]:
        """List people of a district by name: members of its schools, and who has a role in it.

        Without a district, all people.
        """
        ...

    def rights(self, person_id: str, district_id: str | None) -> Rights:
        """Add up a person's roles in a district and in the system; without a district, the system's."""
        ...

    def roles(self, district_id: str | None) -> Sequence["DistrictRole"]:
        """List who has which role in a district, by name; without a district, the system's."""
        ...

    def assign(self, person_id: str, role: str, district_id: str, *, by: str | None, at: datetime) -> bool:
        """Give a role in a district; False if it was given."""
        ...

    def unassign(self, person_id: str, role: str, district_id: str) -> bool:
        """Take a role in a district; False if it was not given."""
        ...


class Settings(Protocol):
    """What schools have set beyond their names and doors."""

    def of(self, school_id: str) -> "SchoolSettings":
        """Return a school's settings."""
        ...

    def save(self, school_id: str, settings: "SchoolSettings") -> None:
        """Store a school's settings."""
        ...

    def time_again(self, school_id: str, after: str | None) -> None:
        """Note after which of a school's waiting requests times are to be worked out anew; None: all are."""
        ...

    def timed_again(self, limit: int) -> Sequence[tuple[str, str]]:
        """List schools whose waiting requests' times are to be worked out anew, with after which of them."""
        ...

    def billing(self, school_id: str) -> "BillingDetails":
        """Return whom a school's bills go to."""
        ...

    def save_billing(self, school_id: str, details: "BillingDetails") -> None:
        """Store whom a school's bills go to."""
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
        """Let no other unit that locks the settings go on before this one ends."""
        ...

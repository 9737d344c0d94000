"""Repositories of OneRoster syncs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.oneroster.model import (
        DistrictMembership,
        Grant,
        KnownUser,
        Mark,
        Org,
        Run,
        RunState,
        Source,
    )


class OneRosters(Protocol):
    """The sources of districts, and the runs over them."""

    def source(self, district_id: str) -> "Source | None":
        """Find a district's source; None if it has none."""
        ...

    def folders(self, excluding: str) -> Sequence[str]:
        """List the folders of all districts except `excluding`."""
        ...

    def save_source(self, source: "Source") -> None:
        """Store a district's source."""
        ...

    def drop(self, district_id: str) -> None:
        """Delete a district's source and all that it said. Roles and memberships that it gave remain."""
        ...

    def due(self, now: datetime, limit: int) -> "Sequence[Source]":
        """List the sources to check: those that are due, and any that were last checked in the future."""
        ...

    def mark_checked(self, district_id: str, now: datetime, next_at: datetime | None) -> None:
        """Record that a source was checked, and when to check it again."""
        ...

    def begin(self, run: "Run") -> bool:
        """Add a run; False if there was one for its day already."""
        ...

    def run(self, run_id: str) -> "Run | None":
        """Find a run; None if there is none with this id."""
        ...

    def save_run(self, run: "Run", *, expected: "RunState") -> bool:
        """Store a run, and end its claim; False if its state is not as expected."""
        ...

    def runs(self, district_id: str, limit: int) -> "Sequence[Run]":
        """List a district's runs, newest first."""
        ...

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        """Return the id of the oldest run with work to do that no other worker has claimed; None if none."""
        ...

    def claim(self, run_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Claim a run with work to do, or extend the claim; False while another worker has it."""
        ...


class OneRosterKnown(Protocol):
    """What the sources have said, and what was given because of it."""

    def orgs(self, district_id: str) -> "Mapping[str, Org]":
        """Return the organisations that a source has told of, by sourcedId."""
        ...

    def put_orgs(self, district_id: str, orgs: "Mapping[str, Org]") -> None:
        """Add or replace organisations."""
        ...

    def drop_orgs(self, district_id: str, ids: Collection[str]) -> None:
        """Delete organisations."""
        ...

    def users(self, district_id: str) -> "Mapping[str, KnownUser]":
        """Return the users that a source has told of, by sourcedId."""
        ...

    def put_users(self, district_id: str, users: "Mapping[str, KnownUser]") -> None:
        """Add or replace users; their `email` is not stored, since it is the person's own."""
        ...

    def drop_users(self, district_id: str, ids: Collection[str]) -> None:
        """Delete users."""
        ...

    def grants(self, district_id: str) -> "Mapping[str, Grant]":
        """Return the roles that a source has told of, by sourcedId."""
        ...

    def put_grants(self, district_id: str, grants: "Mapping[str, Grant]") -> None:
        """Add or replace roles."""
        ...

    def drop_grants(self, district_id: str, ids: Collection[str]) -> None:
        """Delete roles."""
        ...

    def roles(self, district_id: str) -> Mapping[str, str]:
        """Return how a district has mapped roles of its source."""
        ...

    def set_role(self, district_id: str, source: str, role: str) -> None:
        """Store how a role of a source is mapped."""
        ...

    def memberships(self, district_id: str) -> "Sequence[DistrictMembership]":
        """List all memberships in a district's open schools."""
        ...

    def mark(self, district_id: str, marks: "Mapping[str, Mark]") -> None:
        """Store what the sync gave to memberships; deletes marks of memberships that no longer exist."""
        ...

    def unmark(self, membership_id: str) -> None:
        """Forget that the source deactivated a member, because somebody has changed that since."""
        ...

    def set_leaving(self, district_id: str, membership_ids: Collection[str]) -> None:
        """Store which memberships the plan removes, in place of those stored before."""
        ...

    def leaving_schools(self, district_id: str) -> Sequence[str]:
        """List the schools that somebody is to leave."""
        ...

    def leaving(self, district_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        """List by id the people who are to leave a school and are active in it, after `after`."""
        ...

    def absorb(self, source_id: str, target_id: str) -> None:
        """Make what is known of one person another's, when they are merged."""
        ...

    def about(self, person_ids: Collection[str]) -> Sequence[Mapping[str, object]]:
        """Return what sources have said about people, by district, with their roles there."""
        ...

    def forget(self, person_ids: Collection[str]) -> None:
        """Delete what sources have said about people."""
        ...

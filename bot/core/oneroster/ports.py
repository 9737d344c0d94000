"""What OneRoster needs stored."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.oneroster.model import Grant, KnownUser, Mark, Org, Run, RunState, Source, Stand


class OneRosters(Protocol):
    """Sources of districts, and looks at them."""

    def source(self, district_id: str) -> "Source | None":
        """Find a district's source."""
        ...

    def folders(self, but: str) -> Sequence[str]:
        """List the folders of all districts but one."""
        ...

    def save_source(self, source: "Source") -> None:
        """Store a district's source."""
        ...

    def drop(self, district_id: str) -> None:
        """Forget a district's source, and all that it said. What it gave becomes the schools' own."""
        ...

    def due(self, now: datetime, limit: int) -> "Sequence[Source]":
        """List sources that must be looked at; those too that were looked at later than now."""
        ...

    def looked(self, district_id: str, now: datetime, next_at: datetime | None) -> None:
        """Note that it was seen whether a source is due, and when to see again."""
        ...

    def begin(self, run: "Run") -> bool:
        """Add a run; False if its day has had one."""
        ...

    def run(self, run_id: str) -> "Run | None":
        """Find a run."""
        ...

    def save_run(self, run: "Run", *, expected: "RunState") -> bool:
        """Store how far a run is, if it still is as far as expected; nobody has claimed it then."""
        ...

    def runs(self, district_id: str, limit: int) -> "Sequence[Run]":
        """List a district's runs, newest first."""
        ...

    def waiting(self, worker: str, now: datetime) -> str | None:
        """Find the oldest run with work to do that no other worker has at this moment."""
        ...

    def claim(self, run_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Take a run with work to do, or keep it; False while another worker has it."""
        ...


class OneRosterKnown(Protocol):
    """What sources have said, and what was given for it."""

    def orgs(self, district_id: str) -> "Mapping[str, Org]":
        """List the organisations that a source told of, by their ids there."""
        ...

    def put_orgs(self, district_id: str, orgs: "Mapping[str, Org]") -> None:
        """Store organisations in place of what was known of them."""
        ...

    def drop_orgs(self, district_id: str, ids: Collection[str]) -> None:
        """Forget organisations."""
        ...

    def users(self, district_id: str) -> "Mapping[str, KnownUser]":
        """List the users that a source told of, by their ids there."""
        ...

    def put_users(self, district_id: str, users: "Mapping[str, KnownUser]") -> None:
        """Store users in place of what was known of them; their `email` is the person's own."""
        ...

    def drop_users(self, district_id: str, ids: Collection[str]) -> None:
        """Forget users."""
        ...

    def grants(self, district_id: str) -> "Mapping[str, Grant]":
        """List the roles that a source told of, by their ids there."""
        ...

    def put_grants(self, district_id: str, grants: "Mapping[str, Grant]") -> None:
        """Store roles in place of what was known of them."""
        ...

    def drop_grants(self, district_id: str, ids: Collection[str]) -> None:
        """Forget roles."""
        ...

    def roles(self, district_id: str) -> Mapping[str, str]:
        """Tell what a district has said that roles of its source mean."""
        ...

    def set_role(self, district_id: str, source: str, role: str) -> None:
        """Store what a role of a source means."""
        ...

    def standing(self, district_id: str) -> "Sequence[Stand]":
        """List all memberships in a district's schools that are at work."""
        ...

    def mark(self, district_id: str, marks: "Mapping[str, Mark]") -> None:
        """Store what the sync gave with memberships; marks of memberships that are gone go."""
        ...

    def unmark(self, membership_id: str) -> None:
        """Forget that the source deactivated a membership: somebody has changed it since."""
        ...

    def leave(self, district_id: str, membership_ids: Collection[str]) -> None:
        """Note whom the source took out; those noted before are not any more."""
        ...

    def leaving_schools(self, district_id: str) -> Sequence[str]:
        """List the schools that somebody is to leave."""
        ...

    def leaving(self, district_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        """List by id the persons who are to leave a school and are active in it."""
        ...

    def absorb(self, source_id: str, target_id: str) -> None:
        """Make a person another."""
        ...

    def about(self, person_ids: Collection[str]) -> Sequence[Mapping[str, object]]:
        """Tell what sources have said of persons, by district, with their roles there."""
        ...

    def forget(self, person_ids: Collection[str]) -> None:
        """Delete what sources have said of persons."""
        ...

"""OneRoster folders and what was known before them, as values that need no database."""

from collections.abc import Iterable, Mapping

from bot.core.oneroster.feed import Feed, Mode, Part, User
from bot.core.oneroster.mirror import Mirror
from bot.core.oneroster.model import ROLE_MAP, DistrictMembership, Grant, KnownUser, Mark, Org
from bot.core.oneroster.wanted import Wanted, wanted
from bot.core.rosters.imports import RosterDetails
from bot.core.schools.schools import School
from tests.world import START

ONE, TWO = School("s1", "One", START), School("s2", "Two", START)
ORGS = {"o1": Org("One", "1", school_id="s1"), "o2": Org("Two", "2", school_id="s2")}
NIA = User(active=True, email="nia@example.org", first_name="Nia", last_name="Okafor", grade_levels="3")
OFF = NIA._replace(active=False)
# What is known about Nia: her person id, and a digest of details that the source has given.
HERS = KnownUser("p-nia", email="nia@example.org")
TOLD = "6d5b"
TEACHES = Grant("nia", "o1", "teacher")
LEARNS = Grant("nia", "o1", "student")


def membership_of(
    *roles: str, mark: Mark | None = None, at: str = "s1", of: str = "nia", **more: object
) -> DistrictMembership:
    made = DistrictMembership(f"m-{of}-{at}", f"p-{of}", at, f"{of}@example.org", "ok", True, roles, mark)
    return made._replace(**more)  # type: ignore[arg-type]


def mirror_of(
    users: Mapping[str, KnownUser] | None = None,
    grants: Iterable[Grant] = (),
    standing: Iterable[DistrictMembership] = (),
    orgs: Mapping[str, Org] = ORGS,
) -> Mirror:
    """Make what was known before; the id of a grant is made from its fields."""
    return Mirror(dict(orgs), dict(users or {}), named(grants), ROLE_MAP, (ONE, TWO), list(standing))


def named(grants: Iterable[Grant]) -> dict[str, Grant]:
    return {"-".join(one[:3]): one for one in grants}


def feed_of(
    users: Mapping[str, User] | None = None,
    grants: Iterable[Grant] | None = None,
    *,
    mode: Mode = Mode.BULK,
    gone: Iterable[Grant] = (),
) -> Feed:
    """Make what a folder says; a part that is None is absent. The first user is in row 2."""
    found = Feed("digest", START.date())
    if users is not None:
        found.users = Part(mode, dict(users), {name: row for row, name in enumerate(users, 2)})
    if grants is not None:
        found.grants = Part(mode, named(grants), gone=set(named(gone)))
    return found


def wanted_of(mirror: Mirror, feed: Feed, **names: RosterDetails) -> Wanted:
    """Work out the changes that a folder asks for; `names` are details of people whom it does not name."""
    mirror.take(feed)
    mirror.named |= names
    return wanted(mirror, feed)

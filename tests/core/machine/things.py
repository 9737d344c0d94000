"""The things of the model: schools, memberships, rights, invitations and join requests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.rights.permissions import Permission as P  # noqa: N817 - as in the core's own table
from bot.core.rights.roles import BUILT_IN, ScopeKind

ADMIN = "School Admin"
ASK_AGAIN = timedelta(days=30)
SCHOOL_ROLES = {one.name: (one.holds, one.may_grant) for one in BUILT_IN if one.level is ScopeKind.SCHOOL}
DISTRICT_ROLES = {one.name: (one.holds, one.may_grant) for one in BUILT_IN if one.level is ScopeKind.DISTRICT}
# The axis that each verb changes, the states in which it is possible, and the new state.
VERBS = {
    "suspend": ("access", {"ok"}, "suspended"),
    "reinstate": ("access", {"suspended"}, "ok"),
    "deactivate": ("access", {"ok", "suspended"}, "deactivated"),
    "reactivate": ("access", {"deactivated"}, "ok"),
    "archive": ("visibility", {"listed"}, "archived"),
    "restore": ("visibility", {"archived"}, "listed"),
}
# These end all invitations that the person has made for the school.
ENDING = {"suspend", "deactivate", "archive"}
STRICTEST = ("rejected", "active", "pending"), ("deactivated", "suspended", "ok"), ("archived", "listed")


@dataclass(frozen=True)
class Able:
    """What a person may do in a place, and what they may give to others."""

    holds: frozenset[P] = frozenset()
    gives: frozenset[P] = frozenset()

    @property
    def reach(self) -> frozenset[P]:
        return self.holds | self.gives

    def __or__(self, other: "Able") -> "Able":
        return Able(self.holds | other.holds, self.gives | other.gives)


ALL = Able(frozenset(P))


@dataclass
class Seat:
    """A membership, with its three states and its roles."""

    standing: str
    access: str = "ok"
    visibility: str = "listed"
    roles: set[str] = field(default_factory=set)

    @property
    def states(self) -> tuple[str, str, str]:
        return self.standing, self.access, self.visibility

    @property
    def works(self) -> bool:
        return self.states == ("active", "ok", "listed")

    @property
    def kept_out(self) -> bool:
        """Whether the member is suspended, deactivated or archived, whatever the standing."""
        return self.access != "ok" or self.visibility != "listed"

    @property
    def barred(self) -> bool:
        return self.kept_out or self.standing == "rejected"


@dataclass
class OwnRole:
    """A custom role of a school."""

    name: str
    able: Able


@dataclass(eq=False)
class Place:
    """A school."""

    id: str
    district: str | None
    public: bool = True
    automatic: bool = True
    skips: bool = False
    default_role: str = "Viewer"
    archived: bool = False
    primary: str | None = None
    seats: dict[str, Seat] = field(default_factory=dict)
    own_roles: dict[str, OwnRole] = field(default_factory=dict)
    turns: list[tuple[str, str]] = field(default_factory=list)

    def last_turn(self, person: str, to: str) -> int:
        """Return the number of the last change that put a person into a state; -1 if there was none."""
        return max((number for number, one in enumerate(self.turns) if one == (person, to)), default=-1)

    def able_by(self, role: str) -> Able | None:
        """Return what a role allows at this school; None if there is no such role."""
        if role in SCHOOL_ROLES:
            return Able(*SCHOOL_ROLES[role])
        return next((one.able for one in self.own_roles.values() if one.name == role), None)

    def give(self, person: str, role: str) -> None:
        """Give a role; the first active admin becomes the Primary Admin."""
        self.seats[person].roles.add(role)
        self.lead()

    def lead(self) -> None:
        """Make the first active admin the Primary Admin if there is none."""
        if self.primary is None:
            self.primary = next(iter(self.admins()), None)

    def admins(self) -> Iterator[str]:
        return (who for who, seat in self.seats.items() if seat.works and ADMIN in seat.roles)


@dataclass
class Invited:
    """An invitation, for one person if it has `to`; with `by_hand` its code was to be handed over."""

    id: str
    code: str
    place: Place
    by: str
    role: str | None
    allowed: int | None
    expires_at: datetime | None
    taken: int = 0
    revoked: bool = False
    to: str | None = None
    grants: tuple[tuple[Place, str], ...] = ()
    by_hand: bool = False
    ended: bool = False

    @property
    def revocable(self) -> bool:
        """Whether it can be revoked: an invitation for one person cannot be once it was answered."""
        return not self.revoked and not self.ended and (self.to is None or not self.taken)

    def brings(self, place: Place, role: str) -> bool:
        """Tell whether it may still give a role, as it does until it is revoked, ended or answered."""
        if self.to is None:
            return not self.revoked and (self.place, self.role) == (place, role)
        return self.revocable and (place, role) in self.grants

    def open(self, now: datetime) -> bool:
        return not (
            self.revoked
            or self.ended
            or (self.expires_at is not None and now >= self.expires_at)
            or (self.allowed is not None and self.taken >= self.allowed)
        )


@dataclass
class Asked:
    """A request to join."""

    id: str
    place: Place
    person: str
    role: str
    state: str = "pending"
    decided_at: datetime | None = None

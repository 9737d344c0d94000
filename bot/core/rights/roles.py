"""The built-in roles and the grant ceiling."""

from collections.abc import Iterable
from enum import StrEnum

from bot.core.rights.permissions import Permission as P  # noqa: N817 - the table below reads better
from bot.core.values import dataclass, field, replace


class RoleUse(StrEnum):
    """What keeps a school's own role from being deleted."""

    HELD = "held"
    DEFAULT = "default"
    INVITED = "invited"
    REQUESTED = "requested"
    FOLLOWED = "followed"
    GROUP = "group"


class ScopeKind(StrEnum):
    """Where an assignment applies; a wider scope includes the narrower ones below it."""

    SYSTEM = "system"
    DISTRICT = "district"
    SCHOOL = "school"


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions, and the permissions that its holder may grant without holding them."""

    name: str
    holds: frozenset[P]
    may_grant: frozenset[P] = field(default_factory=frozenset)
    level: ScopeKind = ScopeKind.SCHOOL

    @property
    def reach(self) -> frozenset[P]:
        """All permissions that this role holds or may grant."""
        return self.holds | self.may_grant

    def giving(self, atom: P) -> "Role":
        """Return the role with a permission moved from those it holds to those it may grant."""
        if atom not in self.holds:
            return self
        return replace(self, holds=self.holds - {atom}, may_grant=self.may_grant | {atom})


# The permissions of functional roles. Admins may grant these without holding them.
_FUNCTIONAL = frozenset(
    {
        P.OBSERVATION_CONDUCT,
        P.OBSERVATION_RECEIVE,
        P.EVALUATION_CONDUCT,
        P.ASSESSMENT_PROCTOR,
        P.CONTENT_PUBLISH,
    }
)
_VIEW = frozenset[P]()
_STAFF = frozenset({P.MEMBER_READ})
_SCHOOL_ADMIN = _STAFF | {
    P.SCHOOL_EDIT, P.SCHOOL_LINK,
    P.INVITATION_CREATE, P.INVITATION_READ, P.INVITATION_VIEW_SECRET, P.INVITATION_REVOKE,
    P.REQUEST_READ, P.REQUEST_DECIDE,
    P.MEMBER_CREATE, P.MEMBER_EDIT, P.MEMBER_SUSPEND, P.MEMBER_DEACTIVATE, P.MEMBER_ARCHIVE,
    P.MEMBER_REMOVE, P.MEMBER_TRANSFER,
    P.ROLE_GRANT, P.ROLE_MANAGE, P.PRIMARY_TRANSFER,
    P.ROSTER_IMPORT, P.MESSAGE_SEND, P.REPORT_READ, P.AUDIT_READ,
}  # fmt: skip
_DISTRICT_ADMIN = _SCHOOL_ADMIN | {P.DISTRICT_MANAGE, P.SCHOOL_CREATE}

SYSTEM_ADMINISTRATOR = Role("System Administrator", frozenset(P), level=ScopeKind.SYSTEM)
DISTRICT_ADMIN = Role("District Admin", _DISTRICT_ADMIN, _FUNCTIONAL, ScopeKind.DISTRICT)
DISTRICT_USER = Role("District User", _STAFF, level=ScopeKind.DISTRICT)
SCHOOL_ADMIN = Role("School Admin", _SCHOOL_ADMIN, _FUNCTIONAL)
STAFF = Role("Staff", _STAFF)
VIEWER = Role("Viewer", _VIEW)

BUILT_IN = (
    SYSTEM_ADMINISTRATOR,
    DISTRICT_ADMIN,
    DISTRICT_USER,
    SCHOOL_ADMIN,
    STAFF,
    VIEWER,
    Role("Teacher", _STAFF | {P.OBSERVATION_RECEIVE}),
    Role("Observer", frozenset({P.OBSERVATION_CONDUCT})),
    Role("Observable", frozenset({P.OBSERVATION_RECEIVE})),
    Role("Evaluator", frozenset({P.EVALUATION_CONDUCT})),
    Role("Reporter", frozenset({P.REPORT_READ})),
    Role("Proctor", frozenset({P.ASSESSMENT_PROCTOR})),
    Role("Publisher", frozenset({P.CONTENT_PUBLISH})),
)
BY_NAME = {role.name: role for role in BUILT_IN}
# The permissions that can be granted at a school, of which custom roles are made.
AT_SCHOOL = frozenset[P]().union(*(role.reach for role in BUILT_IN if role.level is ScopeKind.SCHOOL))
DEFAULT_MEMBER_ROLE = VIEWER.name

# What also gives somebody a role, and therefore takes `role.grant` as well.
GIVING_A_ROLE = frozenset({P.INVITATION_CREATE, P.REQUEST_DECIDE, P.MEMBER_CREATE, P.ROSTER_IMPORT})

# Other common names for these roles.
ALIASES = {
    "organization administrator": SCHOOL_ADMIN.name,
    "school user": STAFF.name,
    "admin": SCHOOL_ADMIN.name,
}


def named(typed: str) -> Role | None:
    """Find a built-in role by its name or alias, ignoring case; None if there is none."""
    if typed in BY_NAME:
        return BY_NAME[typed]
    wanted = " ".join(typed.split()).casefold()
    wanted = ALIASES.get(wanted, wanted).casefold()
    return next((role for role in BUILT_IN if role.name.casefold() == wanted), None)


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do at one scope: the union of their roles there and above."""

    holds: frozenset[P] = frozenset()
    may_grant: frozenset[P] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str]) -> "Rights":
        """Return the union of the built-in roles with these names; unknown names are ignored."""
        return cls.union(BY_NAME[name] for name in names if name in BY_NAME)

    @classmethod
    def union(cls, roles: Iterable[Role]) -> "Rights":
        """Return the union of roles."""
        roles = tuple(roles)
        return cls(
            holds=frozenset().union(*(role.holds for role in roles)),
            may_grant=frozenset().union(*(role.may_grant for role in roles)),
        )

    @classmethod
    def effective(cls, found: Iterable[tuple[Role, ScopeKind]], *, schools_invite: bool) -> "Rights":
        """Return the rights that roles give at their scopes.

        Where schools may not invite, a role at a school does not let its holder invite, but they may still
        grant roles that include the right to invite.
        """
        return cls.union(
            role if schools_invite or scope is not ScopeKind.SCHOOL else role.giving(P.INVITATION_CREATE)
            for role, scope in found
        )

    @property
    def reach(self) -> frozenset[P]:
        """All permissions that these rights hold or may grant."""
        return self.holds | self.may_grant

    @property
    def oversees(self) -> bool:
        """Whether these are the rights of an admin of a district or of the system."""
        return P.DISTRICT_MANAGE in self.holds

    @property
    def unusable(self) -> frozenset[P]:
        """The permissions held that give somebody a role, if that needs a permission which is not held."""
        return frozenset() if P.ROLE_GRANT in self.holds else self.holds & GIVING_A_ROLE

    def covers(self, role: Role) -> bool:
        """Tell whether all of a role's permissions are held or may be granted."""
        return role.reach <= self.reach

    def include(self, others: "Rights") -> bool:
        """Tell whether these rights cover `others`, so that a person with those is not above their holder."""
        return others.reach <= self.reach


def stored(name: str, holds: str | None, may_grant: str | None) -> Role | None:
    """Find the built-in role of a name, or else make the custom role from its stored permissions.

    Returns None if there is neither.
    """
    role = BY_NAME.get(name)
    if role is None and holds is not None:
        role = Role(name, atoms(holds), atoms(may_grant) if may_grant else frozenset())
    return role


def atoms(text: str) -> frozenset[P]:
    """Read permissions as they are stored, separated by spaces; ignores those that no longer exist."""
    return frozenset(_ATOMS[word] for word in text.split() if word in _ATOMS)


def as_text(some: Iterable[P]) -> str:
    """Write permissions as they are stored: sorted, with a space around each."""
    return f" {' '.join(sorted(some))} "


_ATOMS = {atom.value: atom for atom in P}


def may_grant(giver: Rights, role: Role, *, target: Rights, target_is_giver: bool) -> bool:
    """Tell whether the grant ceiling lets `giver` give `role` to a person who now has the rights `target`.

    Invitations, approvals, role changes, imports and transfers all use this check. Sets are compared, never
    ranks: the giver must hold `role.grant`, cover the role, cover all that the target already has (so that
    nobody changes people above them), and not be the target.
    """
    return (
        P.ROLE_GRANT in giver.holds and giver.covers(role) and giver.include(target) and not target_is_giver
    )

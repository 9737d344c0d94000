"""Persons in schools. A membership has three axes; each answers one question."""

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.core import quotas
from bot.core.actors import AccountKey, Actor, Person
from bot.core.errors import NameUnclear, NotFound
from bot.core.ids import new_id
from bot.core.joining_errors import MembershipBarred
from bot.core.name_matching import matching
from bot.core.people_filter import Invited, PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.roles import SCHOOL_ADMIN, ScopeKind
from bot.core.stored import stored_school
from bot.core.values import dataclass, replace

if TYPE_CHECKING:
    from bot.core.people import PersonDetails
    from bot.core.schools import School

# Among so many people whose names contain a text, one of exactly that name is looked for.
_MOST_BY_NAME = 200
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Standing(StrEnum):
    """Whether the school has let this person in."""

    PENDING = "pending"
    ACTIVE = "active"
    REJECTED = "rejected"


class Access(StrEnum):
    """May they act? Suspension and deactivation stay until someone lifts them."""

    OK = "ok"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"


class Visibility(StrEnum):
    """Whether they are on the list."""

    LISTED = "listed"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Membership:
    """One person in one school."""

    id: str
    school_id: str
    person_id: str
    standing: Standing
    created_at: datetime
    access: Access = Access.OK
    visibility: Visibility = Visibility.LISTED
    joined_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether the person may act in the school now."""
        return (
            self.standing is Standing.ACTIVE
            and self.access is Access.OK
            and self.visibility is Visibility.LISTED
        )

    @property
    def is_kept_out(self) -> bool:
        """Whether the school has let this person in, and something keeps them from acting there now."""
        return self.standing is Standing.ACTIVE and not self.active

    @property
    def status(self) -> str:
        """The one word for lists: suspended or deactivated, or else the standing."""
        return self.access.value if self.access is not Access.OK else self.standing.value

    @property
    def barred_as(self) -> str | None:
        """The state that keeps the person out whatever they redeem, or None."""
        if self.access is not Access.OK:
            return self.access.value
        if self.visibility is Visibility.ARCHIVED:
            return self.visibility.value
        return self.standing.value if self.standing is Standing.REJECTED else None


@dataclass(frozen=True, slots=True)
class Member:
    """A list entry: a membership, what its person is called, their roles, and whether they were invited."""

    membership: Membership
    name: str
    roles: tuple[str, ...]
    email: str = ""
    invited: Invited = Invited.NOT


def enrol(uow: UnitOfWork, actor: Actor) -> Person:
    """Return the actor's person, who stays who they are; someone never met becomes one, with this account."""
    if actor.person is not None:
        uow.people.remain(actor.person.id)
        return actor.person
    caller = actor.caller
    person = Person(new_id(uow.now), caller.name, caller.zone)
    if uow.people.add(person, caller.account):
        return person
    met = uow.people.by_account(caller.account)  # met earlier in this unit
    assert met is not None  # noqa: S101 - nobody else can have taken it
    return met


def activate(
    uow: UnitOfWork,
    school_id: str,
    person_id: str,
    role: str,
    *,
    by: str | None,
    former: Membership | None = None,
) -> Membership | None:
    """Make a person an active member with a role; None if they have another membership than `former`.

    `former` is one that waits: they were invited, or have asked. Whoever the district's identity provider
    has switched off comes into none of its schools.
    """
    refuse_switched_off(uow, school_id, person_id)
    membership = Membership(
        new_id(uow.now), school_id, person_id, Standing.ACTIVE, uow.now, joined_at=uow.now
    )
    if former is None:
        quotas.seat(uow, school_id)
    if not (let_in(uow, former) if former else uow.members.add(membership)):
        return None
    grant(uow, school_id, person_id, role, by=by)
    return membership


def grant(uow: UnitOfWork, school_id: str, person_id: str, role: str, *, by: str | None) -> None:
    """Give a role in a school; the first active admin becomes its Primary Admin."""
    uow.members.assign(person_id, role, school_id, by=by, at=uow.now)
    if role == SCHOOL_ADMIN.name:
        fill_primary(uow, school_id, person_id)


def fill_primary(uow: UnitOfWork, school_id: str, person_id: str) -> None:
    """Make an admin who is at work the Primary Admin of a school that has none."""
    membership = uow.members.of(school_id, person_id)
    if membership is not None and membership.active:
        uow.schools.set_primary(school_id, person_id, expected=None)


def await_approval(uow: UnitOfWork, school_id: str, person_id: str, former: Membership | None) -> bool:
    """Make a person a pending member; False if another membership came first."""
    refuse_switched_off(uow, school_id, person_id)
    if former is not None:
        waiting = replace(former, standing=Standing.PENDING)
        return uow.members.change_standing(waiting, expected=former.standing)
    fresh = Membership(new_id(uow.now), school_id, person_id, Standing.PENDING, uow.now)
    return uow.members.add(fresh)


def let_in(uow: UnitOfWork, membership: Membership) -> bool:
    """Turn a pending membership into an active one."""
    quotas.seat(uow, membership.school_id)
    active = replace(membership, standing=Standing.ACTIVE, joined_at=uow.now)
    return uow.members.change_standing(active, expected=Standing.PENDING)


def turn_away(uow: UnitOfWork, membership: Membership) -> bool:
    """Turn a pending membership into a rejected one."""
    return uow.members.change_standing(
        replace(membership, standing=Standing.REJECTED), expected=Standing.PENDING
    )


def waits_unrefused(uow: UnitOfWork, membership: Membership) -> bool:
    """Tell whether somebody waits for a school, and would come in where all others do.

    Whoever was ever turned away waits on: asking once more does not make a code one's way back.
    """
    waits = membership.standing is Standing.PENDING and membership.barred_as is None
    return waits and not uow.join_requests.was_rejected(membership.school_id, membership.person_id)


def refuse_barred(uow: UnitOfWork, membership: Membership | None) -> None:
    """Refuse with `MembershipBarred` when a membership's state keeps its person out."""
    if membership is not None and membership.barred_as is not None:
        school = stored_school(uow, membership.school_id)
        raise MembershipBarred(membership, school)


def refuse_switched_off(uow: UnitOfWork, school_id: str, person_id: str) -> None:
    """Refuse with `MembershipBarred` whom the identity provider of a school's district has switched off."""
    if uow.scim_users.barred(school_id, person_id):
        off = Membership("", school_id, person_id, Standing.REJECTED, uow.now, access=Access.DEACTIVATED)
        refuse_barred(uow, off)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role with the scope it was given at."""

    role: str
    scope: ScopeKind


@dataclass(frozen=True, slots=True)
class Profile:
    """A member as an admin sees them."""

    member: Member
    school: "School"
    accounts: tuple[AccountKey, ...]
    is_primary: bool
    details: "PersonDetails"


def is_address(typed: str) -> bool:
    """Tell whether what was typed means whoever has that e-mail address, and not whoever is called so.

    In chats people choose what they are called, and one may choose another's address.
    """
    return _ADDRESS.fullmatch(typed.strip()) is not None


def find(uow: UnitOfWork, school: "School", typed: str) -> Member:
    """Find a member by the membership's id, by their e-mail address, or by a name that means only one.

    Refuses with `NotFound`, or with `NameUnclear` where several are meant.
    """
    wanted = typed.strip().removeprefix("@")  # a mention that nobody's chat made one
    found = uow.members.by_id(school.id, wanted.lower()) or _by_email(uow, school, wanted)
    if found is not None:
        return found
    if is_address(wanted):
        raise NotFound("member")
    called = PeopleFilter(school.id, text=wanted, off_list=True)
    named = matching(uow.members.listed(called, after=None, limit=_MOST_BY_NAME), wanted)
    if len(named) > 1:
        raise NameUnclear(wanted)
    if not named:
        raise NotFound("member")
    return named[0]


def _by_email(uow: UnitOfWork, school: "School", typed: str) -> Member | None:
    person = uow.people.by_email(typed) if "@" in typed else None
    membership = uow.members.of(school.id, person.id) if person else None
    return uow.members.by_id(school.id, membership.id) if membership else None


def profile(uow: UnitOfWork, school: "School", member: Member) -> Profile:
    """Gather what an admin sees of a member."""
    current = uow.schools.by_id(school.id) or school
    person_id = member.membership.person_id
    accounts = tuple(account for _, account in uow.people.accounts([person_id]))
    details = uow.people.details(person_id)
    return Profile(member, current, accounts, current.primary_admin_id == person_id, details)

"""Memberships of persons in schools. A membership has three axes, each of which answers one question."""

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.core.errors import NameUnclear, NotFound
from bot.core.ids import new_id
from bot.core.joining_errors import MembershipBarred
from bot.core.name_matching import matching
from bot.core.people.people_filter import Invited, PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.roles import SCHOOL_ADMIN, ScopeKind
from bot.core.schools import quotas
from bot.core.stored import stored_school
from bot.core.values import dataclass, replace

if TYPE_CHECKING:
    from bot.core.people.people import PersonDetails
    from bot.core.schools.schools import School

# How many names that contain the typed text are searched for an exact match.
_MOST_BY_NAME = 200
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Standing(StrEnum):
    """Whether the school has let this person in."""

    PENDING = "pending"
    ACTIVE = "active"
    REJECTED = "rejected"


class Access(StrEnum):
    """Whether this person may act. Suspension and deactivation last until somebody lifts them."""

    OK = "ok"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"


class Visibility(StrEnum):
    """Whether this person is on the school's list."""

    LISTED = "listed"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Membership:
    """The membership of one person in one school."""

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
        """Whether the school has let the person in, but they may not act there now."""
        return self.standing is Standing.ACTIVE and not self.active

    @property
    def status(self) -> str:
        """The word for the membership in lists: suspended or deactivated, or else the standing."""
        return self.access.value if self.access is not Access.OK else self.standing.value

    @property
    def barred_as(self) -> str | None:
        """The state that bars the person from the school, whatever they redeem; None if none does."""
        if self.access is not Access.OK:
            return self.access.value
        if self.visibility is Visibility.ARCHIVED:
            return self.visibility.value
        return self.standing.value if self.standing is Standing.REJECTED else None


@dataclass(frozen=True, slots=True)
class Member:
    """A membership as lists show it: with the person's name, roles, address and the fate of an invitation."""

    membership: Membership
    name: str
    roles: tuple[str, ...]
    email: str = ""
    invited: Invited = Invited.NOT


def enrol(uow: UnitOfWork, actor: Actor) -> Person:
    """Return the actor's person, kept from being merged or erased; store a new one for an unknown actor."""
    if actor.person is not None:
        uow.people.hold(actor.person.id)
        return actor.person
    caller = actor.caller
    person = Person(new_id(uow.now), caller.name, caller.zone)
    if uow.people.add(person, caller.account):
        return person
    met = uow.people.by_account(caller.account)  # enrolled earlier in this unit of work
    assert met is not None  # noqa: S101 - nobody else can have taken the account
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
    """Make a person an active member with a role; return None if they have a membership other than `former`.

    `former` is their pending membership, if they were invited or have asked. Refuse a person whom the
    identity provider of the school's district has deactivated.
    """
    refuse_deprovisioned(uow, school_id, person_id)
    if former is not None:
        membership, stored = _as_active(uow, former), let_in(uow, former)
    else:
        quotas.seat(uow, school_id)
        membership = Membership(
            new_id(uow.now), school_id, person_id, Standing.ACTIVE, uow.now, joined_at=uow.now
        )
        stored = uow.members.add(membership)
    if not stored:
        return None
    grant(uow, school_id, person_id, role, by=by)
    return membership


def grant(uow: UnitOfWork, school_id: str, person_id: str, role: str, *, by: str | None) -> None:
    """Give a person a role in a school; the first active admin becomes its Primary Admin."""
    uow.members.assign(person_id, role, school_id, by=by, at=uow.now)
    if role == SCHOOL_ADMIN.name:
        fill_primary(uow, school_id, person_id)


def fill_primary(uow: UnitOfWork, school_id: str, person_id: str) -> None:
    """Make an admin the Primary Admin of a school that has none, if their membership is active."""
    membership = uow.members.of(school_id, person_id)
    if membership is not None and membership.active:
        uow.schools.set_primary(school_id, person_id, expected=None)


def await_approval(uow: UnitOfWork, school_id: str, person_id: str, former: Membership | None) -> bool:
    """Make a person a pending member; return False if they have a membership other than `former` by now."""
    refuse_deprovisioned(uow, school_id, person_id)
    if former is not None:
        waiting = replace(former, standing=Standing.PENDING)
        return uow.members.change_standing(waiting, expected=former.standing)
    fresh = Membership(new_id(uow.now), school_id, person_id, Standing.PENDING, uow.now)
    return uow.members.add(fresh)


def let_in(uow: UnitOfWork, membership: Membership) -> bool:
    """Make a pending membership active; return False if it is not pending any more."""
    quotas.seat(uow, membership.school_id)
    return uow.members.change_standing(_as_active(uow, membership), expected=Standing.PENDING)


def _as_active(uow: UnitOfWork, pending: Membership) -> Membership:
    return replace(pending, standing=Standing.ACTIVE, joined_at=uow.now)


def turn_away(uow: UnitOfWork, membership: Membership) -> bool:
    """Make a pending membership rejected; return False if it is not pending any more."""
    return uow.members.change_standing(
        replace(membership, standing=Standing.REJECTED), expected=Standing.PENDING
    )


def waits_unrejected(uow: UnitOfWork, membership: Membership) -> bool:
    """Tell whether a person waits for a school, is not barred, and was never rejected by it.

    A person who was rejected can ask again, but cannot get past the approvers with a code then.
    """
    waits = membership.standing is Standing.PENDING and membership.barred_as is None
    return waits and not uow.join_requests.was_rejected(membership.school_id, membership.person_id)


def refuse_barred(uow: UnitOfWork, membership: Membership | None) -> None:
    """Raise `MembershipBarred` if the state of a membership bars its person from the school."""
    if membership is not None and membership.barred_as is not None:
        school = stored_school(uow, membership.school_id)
        raise MembershipBarred(membership, school)


def refuse_deprovisioned(uow: UnitOfWork, school_id: str, person_id: str) -> None:
    """Raise `MembershipBarred` if the identity provider of the school's district deactivated the person."""
    if uow.scim_users.barred(school_id, person_id):
        here = new_id(uow.now), school_id, person_id, Standing.REJECTED, uow.now
        refuse_barred(uow, Membership(*here, access=Access.DEACTIVATED))


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role with the kind of scope that it was given in."""

    role: str
    scope: ScopeKind


@dataclass(frozen=True, slots=True)
class Profile:
    """What an admin is shown of a member."""

    member: Member
    school: "School"
    accounts: tuple[AccountKey, ...]
    is_primary: bool
    details: "PersonDetails"


def is_address(typed: str) -> bool:
    """Tell whether a typed text is an e-mail address, and so means its owner and nobody of that name.

    In chats people choose their own names, and somebody may choose another person's address.
    """
    return _ADDRESS.fullmatch(typed.strip()) is not None


def find(uow: UnitOfWork, school: "School", typed: str) -> Member:
    """Find a member by the membership's id, by their e-mail address, or by a name that only one member has.

    Raise `NotFound`, or `NameUnclear` if several have the name.
    """
    wanted = typed.strip().removeprefix("@")  # typed like a mention, but the chat did not make it one
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
    person = uow.people.by_email(typed)
    membership = uow.members.of(school.id, person.id) if person else None
    if membership is None and is_address(typed) and (invited := invited_at(uow, school.id, typed)):
        membership = uow.members.of(school.id, invited)
    return uow.members.by_id(school.id, membership.id) if membership else None


def invited_at(uow: UnitOfWork, school_id: str, email: str) -> str | None:
    """Return the id of a member whose address only their invitation knows; None if there is none."""
    person_id = uow.addressed.person_invited([school_id], None, email)
    return person_id if person_id and not uow.people.details(person_id).email else None


def profile(uow: UnitOfWork, school: "School", member: Member) -> Profile:
    """Gather what an admin is shown of a member."""
    current = uow.schools.by_id(school.id) or school
    person_id = member.membership.person_id
    accounts = tuple(account for _, account in uow.people.accounts([person_id]))
    details = uow.people.details(person_id)
    return Profile(member, current, accounts, current.primary_admin_id == person_id, details)

"""The accounts of a person, which are linked by typing a one-time code on the other platform."""

import hashlib
from collections.abc import Sequence

from bot.core import audit, claims
from bot.core.claims import Purpose
from bot.core.errors import (
    AccountBanned,
    AlreadyLinked,
    ClaimUnusable,
    Deprovisioned,
    LastAccount,
    NotFound,
)
from bot.core.joining_errors import MembershipBarred
from bot.core.people import former_accounts, former_members, members, merging, passwords
from bot.core.people.members import Standing
from bot.core.people.merging import MergePlan
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.values import dataclass, replace

_HANDLE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Linked:
    """The result of linking an account: its person, and all the accounts they have now."""

    person: Person
    accounts: tuple[AccountKey, ...]


def handle(key: AccountKey) -> str:
    """Return a short hash of an account's key, short enough to go into a button's id."""
    return hashlib.sha256(str(key).encode()).hexdigest()[:_HANDLE_LENGTH]


def of_actor(uow: UnitOfWork, actor: Actor) -> tuple[AccountKey, ...]:
    """Return the actor's accounts, oldest first."""
    if actor.person is None:
        return ()
    return tuple(account for _, account in uow.people.accounts([actor.person.id]))


def offer(uow: UnitOfWork, actor: Actor) -> str:
    """Return a new one-time code; the account that types it will belong to the actor."""
    person = members.enrol(uow, actor)
    code = claims.issue(uow, Purpose.LINK_ACCOUNT, subject=person.id)
    audit.record(uow, actor, "account.link_offered", f"person:{person.id}", by=person.id)
    return code


def join(uow: UnitOfWork, actor: Actor, typed: str, *, agreed: str = "") -> Linked | MergePlan:
    """Link the actor's account to the person who asked for the code.

    If the account already belongs to another person, the two are merged. That needs consent: unless `agreed`
    is the digest of the current merge plan, the plan is returned and nothing is done. An empty plan needs no
    consent. Raises `AlreadyLinked` if the account is already that person's.
    """
    claim = claims.find(uow, Purpose.LINK_ACCOUNT, typed)
    if actor.person is None:
        return _link(uow, actor, claim.subject, typed)
    merging.lock_persons(uow, actor.person.id, claim.subject)
    # Either person may have been merged into another while this unit waited for the locks.
    asker, typist = _asker(uow, claim.subject), uow.people.by_account(actor.caller.account)
    if typist is None or asker.id == typist.id:
        raise AlreadyLinked
    plan = merging.plan(uow, typist, asker)
    if not plan.empty and plan.digest != agreed:
        return plan
    claims.take(uow, actor, Purpose.LINK_ACCOUNT, typed)
    merging.apply(uow, actor, plan)
    return _linked(uow, asker)


def _asker(uow: UnitOfWork, person_id: str) -> Person:
    person = uow.accounts.current(person_id)
    if person is None:
        raise ClaimUnusable
    return person


def _link(uow: UnitOfWork, actor: Actor, asker_id: str, typed: str) -> Linked:
    uow.accounts.lock([asker_id])
    asker = _asker(uow, asker_id)
    claims.take(uow, actor, Purpose.LINK_ACCOUNT, typed)
    if not uow.accounts.link(actor.caller.account, asker.id, uow.now):
        raise AlreadyLinked  # another click by the same person came first
    uow.followings.nudge_those_of(asker.id)
    audit.record(
        uow,
        actor,
        "account.linked",
        f"person:{asker.id}",
        by=asker.id,
        new={"issuer": actor.caller.account.issuer},
    )
    return _linked(uow, asker)


def _linked(uow: UnitOfWork, person: Person) -> Linked:
    return Linked(person, tuple(account for _, account in uow.people.accounts([person.id])))


def find(accounts: Sequence[AccountKey], typed: str) -> AccountKey:
    """Return the account with this handle or key, or the only one on this platform.

    Raises `NotFound` if there is no such account, or more than one.
    """
    wanted = typed.strip().casefold()
    exact = [one for one in accounts if wanted in {handle(one), str(one).casefold()}]
    on_platform = [one for one in accounts if one.issuer == wanted]
    found = exact or on_platform
    if len(found) != 1:
        raise NotFound("account")
    return found[0]


def unlink(uow: UnitOfWork, actor: Actor, typed: str) -> AccountKey:
    """Unlink an account from the actor, who must keep at least one.

    A person who is barred from a school cannot unlink any account, since they could join again with it. Nor
    can a person with a banned account: the link is what shows that the ban concerns their others as well.
    Raises `LastAccount`, `AccountBanned`, `MembershipBarred` or `Deprovisioned`.
    """
    person = actor.known_person
    merging.lock_persons(uow, person.id)
    accounts = of_actor(uow, actor)
    key = find(accounts, typed)
    if len(accounts) == 1:
        raise LastAccount
    refuse_barred_anywhere(uow, person.id)
    if _schools_banning(uow, person.id, accounts):
        raise AccountBanned
    if not uow.accounts.unlink(key, person.id):
        raise NotFound("account")
    former_accounts.give_up(uow, person.id, key)
    if key == passwords.account(person.id):
        uow.passwords.forget(person.id)
    uow.followings.nudge_those_of(person.id)
    audit.record(uow, actor, "account.unlinked", f"person:{person.id}", old={"issuer": key.issuer})
    return key


def refuse_barred_anywhere(uow: UnitOfWork, person_id: str) -> None:
    """Raise while any school, or the identity provider of any district, keeps a person out.

    A person who was rejected and has asked again counts as kept out until an admin approves them.
    """
    for membership in uow.members.of_person(person_id):
        asks = membership.standing is Standing.PENDING
        if asks and uow.join_requests.was_rejected(membership.school_id, person_id):
            membership = replace(membership, standing=Standing.REJECTED)  # noqa: PLW2901 - checked as rejected
        try:
            members.refuse_barred(uow, membership)
        except MembershipBarred as barred:
            raise MembershipBarred(barred.membership, barred.school, leaving=True) from None
    if switched_off_in(uow, [person_id]):
        raise Deprovisioned


def switched_off_in(uow: UnitOfWork, person_ids: Sequence[str]) -> list[str]:
    """Return the ids of the districts whose identity providers have deactivated a person."""
    return [str(one["district_id"]) for one in uow.scim_users.about(person_ids) if one["active"] is False]


def refuse_banned(uow: UnitOfWork, person_id: str) -> None:
    """Raise `AccountBanned` if an account of a person is banned and they have another to come back with."""
    if schools_banning_others(uow, person_id):
        raise AccountBanned


def schools_banning_others(uow: UnitOfWork, person_id: str) -> frozenset[str]:
    """Return the ids of the schools that know a person and ban one of their accounts, if there are others.

    A ban of their only account remains when they are forgotten.
    """
    chats = [key for _, key in uow.people.accounts([person_id]) if key.issuer != passwords.ISSUER]
    return _schools_banning(uow, person_id, chats) if len(chats) > 1 else frozenset()


def _schools_banning(uow: UnitOfWork, person_id: str, accounts: Sequence[AccountKey]) -> frozenset[str]:
    """Return the ids of the schools that know a person and have banned any of these accounts.

    Whoever owns a server can ban any account there, also of people who have never been in it.
    """
    banning = uow.bans.schools_banning(accounts)
    if not banning:
        return banning
    own = {one.school_id for one in uow.members.of_person(person_id)}
    return banning & (own | former_members.known_in(uow, person_id))

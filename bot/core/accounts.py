"""A person's accounts: linked by a one-time code that is typed on the other platform."""

import hashlib
from collections.abc import Sequence

from bot.core import audit, claims, former_accounts, members, merging, passwords
from bot.core.actors import AccountKey, Actor, Person
from bot.core.claims import Purpose
from bot.core.errors import (
    AccountBanned,
    AlreadyLinked,
    ClaimUnusable,
    LastAccount,
    NotFound,
    SwitchedOff,
)
from bot.core.joining_errors import MembershipBarred
from bot.core.members import Standing
from bot.core.merging import MergePlan
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass, replace

_HANDLE = 12


@dataclass(frozen=True, slots=True)
class Linked:
    """An account has joined a person."""

    person: Person
    accounts: tuple[AccountKey, ...]


def handle(key: AccountKey) -> str:
    """Name an account in few characters, for buttons."""
    return hashlib.sha256(str(key).encode()).hexdigest()[:_HANDLE]


def own(uow: UnitOfWork, actor: Actor) -> tuple[AccountKey, ...]:
    """List the actor's accounts, oldest first."""
    if actor.person is None:
        return ()
    return tuple(account for _, account in uow.people.accounts([actor.person.id]))


def offer(uow: UnitOfWork, actor: Actor) -> str:
    """Make a one-time code; whichever account types it belongs to the actor from then on."""
    person = members.enrol(uow, actor)
    code = claims.issue(uow, Purpose.LINK_ACCOUNT, subject=person.id)
    audit.record(uow, actor, "account.link_offered", f"person:{person.id}", by=person.id)
    return code


def join(uow: UnitOfWork, actor: Actor, typed: str, *, agreed: str = "") -> Linked | MergePlan:
    """Let the actor's account join whoever asked for a code.

    An account that is somebody's already proves that two persons are one. That is only done when
    `agreed` is the digest of the plan as it is now; else the plan is returned, and nothing is done.
    Refuses with `AlreadyLinked` what is theirs already.
    """
    claim = claims.look(uow, Purpose.LINK_ACCOUNT, typed)
    if actor.person is None:
        return _link(uow, actor, claim.subject, typed)
    merging.hold(uow, actor.person.id, claim.subject)
    # Both may have become somebody else while this unit waited for the locks.
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
        raise AlreadyLinked  # a second click of theirs was faster
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
    """Find an account by its handle, its name, or its platform where one has only one there."""
    wanted = typed.strip().casefold()
    exact = [one for one in accounts if wanted in {handle(one), str(one).casefold()}]
    there = [one for one in accounts if one.issuer == wanted]
    found = exact or there
    if len(found) != 1:
        raise NotFound("account")
    return found[0]


def unlink(uow: UnitOfWork, actor: Actor, typed: str) -> AccountKey:
    """Take an account from the actor; at least one stays.

    Whoever is kept out of a school keeps all accounts: one that is nobody's could join again. So does whoever
    is banned from a workspace by one of them: it is by that one that the others are known as theirs.
    Refuses with `LastAccount`, `AccountBanned` or `MembershipBarred`.
    """
    person = actor.met
    merging.hold(uow, person.id)
    accounts = own(uow, actor)
    key = find(accounts, typed)
    if len(accounts) == 1:
        raise LastAccount
    refuse_barred_anywhere(uow, person.id)
    if any(uow.bans.anywhere(one) for one in accounts):
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
    """Refuse while any school, or the identity provider of a district, keeps a person out.

    Whoever was turned away and has asked once more is kept out until an admin lets them in.
    """
    for membership in uow.members.of_person(person_id):
        asks = membership.standing is Standing.PENDING
        if asks and uow.join_requests.was_rejected(membership.school_id, person_id):
            membership = replace(membership, standing=Standing.REJECTED)  # noqa: PLW2901 - as they will be
        try:
            members.refuse_barred(uow, membership)
        except MembershipBarred as barred:
            raise MembershipBarred(barred.membership, barred.school, leaving=True) from None
    if any(one["active"] is False for one in uow.scim_users.about([person_id])):
        raise SwitchedOff


def refuse_banned(uow: UnitOfWork, person_id: str) -> None:
    """Refuse while one of a person's accounts is banned, and another could come in without it."""
    chats = [key for _, key in uow.people.accounts([person_id]) if key.issuer != passwords.ISSUER]
    if len(chats) > 1 and any(uow.bans.anywhere(one) for one in chats):
        raise AccountBanned

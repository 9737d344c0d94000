"""Bans on a platform: the membership stays, and a code alone lets nobody back in."""

from bot.core.people.members import Member, Membership
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor
from bot.core.schools.schools import School

KIND = "banned"


def is_banned(uow: UnitOfWork, person_id: str | None, school: School, *also: AccountKey) -> bool:
    """Return whether an account of a person, or one in `also`, is banned from a workspace of the school."""
    known = [account for _, account in uow.people.accounts([person_id])] if person_id else []
    return uow.bans.any_at_school(school.id, list(dict.fromkeys((*known, *also))))


def needs_approval(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Return whether an admin decides about an invited actor: the school wants it, or the actor is banned."""
    return school.asks_invited or is_banned(uow, actor.person_id, school, actor.caller.account)


def subject_of(membership: Membership) -> str:
    """Return the subject of notices that a member was banned."""
    return f"{KIND}:{membership.school_id}/{membership.id}"


def about(uow: UnitOfWork, of: str) -> tuple[School, Member] | None:
    """Return the school and the member that a notice is about; None if either is gone."""
    school_id, membership_id = of.partition("/")[::2]
    school, member = uow.schools.by_id(school_id), uow.members.by_id(school_id, membership_id)
    return (school, member) if school and member else None

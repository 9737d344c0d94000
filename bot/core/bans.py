"""Bans on a platform: a membership stays, its admins are told, and nobody comes back by a code alone."""

from bot.core import audit, destinations, workspace_events
from bot.core.actors import AccountKey, Actor, WorkspaceKey
from bot.core.members import Member
from bot.core.notices import Audience, tell_each_time
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School

KIND = "banned"


def banned(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Note that an account was banned from a workspace, once; the admins of whom it concerns are told."""
    if not uow.bans.add(workspace, account.subject, uow.now):
        return
    person = uow.people.by_account(account)
    for school in uow.schools.linked_to(workspace):
        membership = uow.members.of(school.id, person.id) if person else None
        subject = f"{KIND}:{school.id}/{membership.id}" if membership else ""
        _record(uow, workspace, school, subject or school.subject, "account_banned")
        for place in destinations.admins(uow, school.id, Permission.MEMBER_SUSPEND) if subject else ():
            tell_each_time(uow, subject, Audience.ADMIN, place)
    workspace_events.left(uow, workspace, account)


def unbanned(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Forget a ban that the platform has lifted."""
    if uow.bans.drop(workspace, account.subject):
        for school in uow.schools.linked_to(workspace):
            _record(uow, workspace, school, school.subject, "account_unbanned")


def _record(uow: UnitOfWork, workspace: WorkspaceKey, school: School, subject: str, how: str) -> None:
    new: dict[str, object] = {"workspace": str(workspace)}
    audit.record_own(
        uow, f"school.{how}", subject, front=workspace.platform.value, school_id=school.id, new=new
    )


def is_banned(uow: UnitOfWork, person_id: str | None, school: School, *also: AccountKey) -> bool:
    """Tell whether any account of a person, or one `also` theirs, is banned from where a school is."""
    known = [account for _, account in uow.people.accounts([person_id])] if person_id else []
    return uow.bans.at_school(school.id, list(dict.fromkeys((*known, *also))))


def asks(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Tell whether an admin decides about whoever is invited: the school wants it, or they are banned."""
    return school.asks_invited or is_banned(uow, actor.person_id, school, actor.caller.account)


def about(uow: UnitOfWork, of: str) -> tuple[School, Member] | None:
    """Find the school and the member of a notice; None if one is gone."""
    school_id, membership_id = of.partition("/")[::2]
    school, member = uow.schools.by_id(school_id), uow.members.by_id(school_id, membership_id)
    return (school, member) if school and member else None

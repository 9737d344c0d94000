"""Bans on a platform: the membership stays, the admins are told, and a code alone lets nobody back in."""

from bot.core import audit
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, tell_each_time
from bot.core.people.members import Member, Membership
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.workspaces import events as workspace_events

KIND = "banned"


def banned(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Store that an account was banned from a workspace, and tell the admins of that person's schools there.

    Does nothing if the ban is already known.
    """
    if not uow.bans.add(workspace, account.subject, uow.now):
        return
    person = uow.people.by_account(account)
    for school in uow.schools.linked_to(workspace):
        membership = uow.members.of(school.id, person.id) if person else None
        subject = subject_of(membership) if membership else ""
        _record(uow, workspace, school, subject or school.subject, "account_banned")
        for place in destinations.admins(uow, school.id, Permission.MEMBER_SUSPEND) if subject else ():
            tell_each_time(uow, subject, Audience.ADMIN, place)
    workspace_events.left(uow, workspace, account)


def unbanned(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Delete a ban that the platform has lifted."""
    if uow.bans.drop(workspace, account.subject):
        for school in uow.schools.linked_to(workspace):
            _record(uow, workspace, school, school.subject, "account_unbanned")


def _record(uow: UnitOfWork, workspace: WorkspaceKey, school: School, subject: str, how: str) -> None:
    new: dict[str, object] = {"workspace": str(workspace)}
    audit.record_without_actor(
        uow, f"school.{how}", subject, front=workspace.platform.value, school_id=school.id, new=new
    )


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

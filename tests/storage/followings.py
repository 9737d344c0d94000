"""Builds followed roles, their marks, and members with roles."""

from bot.core.following.ports import (
    Follower,
    Mark,
    MarkState,
    NativeKind,
)
from bot.core.people.members import Membership
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.schools.schools import School
from tests.storage import build
from tests.world import START

TEAM = WorkspaceKey(Platform.SLACK, "T1")


def thing(
    uow: UnitOfWork, of: School, name: str = "Staff", where: WorkspaceKey = build.MAPLE, *roles: str
) -> Follower:
    made = Follower(build.fresh_id(), of.id, where, NativeKind.ROLE, f"id-{name}", name, START, START)
    assert uow.followings.add(made)
    for role in roles:
        assert uow.followings.follow(made.id, role)
    return made


def put(
    uow: UnitOfWork, of: Follower, subject: str, state: MarkState = MarkState.DONE, *, wanted: bool = True
) -> Mark:
    made = Mark(build.fresh_id(), of.id, subject, wanted, state, START)
    uow.follow_marks.put(made)
    return made


def member(uow: UnitOfWork, of: School, subject: str, *roles: str, issuer: str = "discord") -> Membership:
    who = build.person(uow, "Ada", AccountKey(issuer, subject))
    for role in roles:
        uow.members.assign(who.id, role, of.id, by=None, at=START)
    return build.membership(uow, of, who)

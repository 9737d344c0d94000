"""The settings of the whole system, for System Administrators."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core import access, audit
from bot.core.actors import Actor
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork


class WhoMayInvite(StrEnum):
    """Whose right to invite counts."""

    ANY_ROLE = "any role that may"
    DISTRICT_ADMINS = "district admins only"


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """What holds in every school."""

    who_may_invite: WhoMayInvite = WhoMayInvite.ANY_ROLE

    @property
    def schools_invite(self) -> bool:
        """Whether a role at a school lets its holder invite."""
        return self.who_may_invite is WhoMayInvite.ANY_ROLE


def edit(uow: UnitOfWork, actor: Actor, *, who_may_invite: WhoMayInvite | None) -> SystemSettings:
    """Change the system's settings; those that are None stay."""
    access.require(uow, actor, Permission.SYSTEM_MANAGE, None)
    before = uow.system.settings()
    after = replace(before, who_may_invite=who_may_invite or before.who_may_invite)
    if after == before:
        return before
    uow.system.save(after)
    audit.record(
        uow,
        actor,
        "system.edited",
        "system",
        old={"who_may_invite": before.who_may_invite.value},
        new={"who_may_invite": after.who_may_invite.value},
    )
    return after

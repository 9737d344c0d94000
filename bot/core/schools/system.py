"""The settings of the whole system, for System Administrators."""

from collections.abc import Collection
from enum import StrEnum

from bot.core import audit
from bot.core.errors import BadValue
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.typed_lists import listed
from bot.core.values import dataclass, field_names, replace


class WhoMayInvite(StrEnum):
    """Whose right to invite counts."""

    ANY_ROLE = "any role that may"
    DISTRICT_ADMINS = "district admins only"


class SignIn(StrEnum):
    """The ways to sign in on the web."""

    DISCORD = "discord"
    SLACK = "slack"
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    PASSWORD = "password"  # noqa: S105 - the word, not one


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """Settings that apply to every school. For quotas, 0 means no limit.

    `sign_in` lists which of the ways that the operator configured may be used; empty means all of them.
    """

    who_may_invite: WhoMayInvite = WhoMayInvite.ANY_ROLE
    sign_in: tuple[SignIn, ...] = ()
    invitations_a_day: int = 0
    members_a_school: int = 0
    mails_a_day: int = 0
    messages_a_day: int = 0

    @property
    def schools_invite(self) -> bool:
        """Whether a role at a school lets its holder invite."""
        return self.who_may_invite is WhoMayInvite.ANY_ROLE

    def allowed(self, configured: Collection[str]) -> tuple[str, ...]:
        """Return those of the configured ways to sign in that may be used."""
        return tuple(one for one in configured if not self.sign_in or one in self.sign_in)


def read_sign_in(typed: str) -> tuple[SignIn, ...]:
    """Read the ways to sign in, separated by commas; empty means all of them."""
    names = [name.casefold() for name in listed(typed)]
    known = {one.value: one for one in SignIn}
    for name in names:
        if name not in known:
            offered = ", ".join(known)
            raise BadValue("sign_in", f"has no “{name[:40]}”; there is {offered}", "google, microsoft")
    return tuple(one for one in SignIn if one.value in names)


def edit(uow: UnitOfWork, actor: Actor, **changes: object) -> SystemSettings:
    """Change the system's settings; those that are None stay."""
    uow.system.lock()
    access.require(uow, actor, Permission.SYSTEM_MANAGE, None)
    before = uow.system.settings()
    given = {name: value for name, value in changes.items() if value is not None}
    after = replace(before, **given)  # type: ignore[arg-type]  # the caller names fields
    if after == before:
        return before
    uow.system.save(after)
    old, new = audit.changed_values(_told(before), _told(after))
    audit.record(uow, actor, "system.edited", "system", old=old, new=new)
    return after


def _told(settings: SystemSettings) -> dict[str, object]:
    kept: dict[str, object] = {name: getattr(settings, name) for name in field_names(settings)}
    ways = [one.value for one in settings.sign_in]
    return {**kept, "who_may_invite": settings.who_may_invite.value, "sign_in": ways}

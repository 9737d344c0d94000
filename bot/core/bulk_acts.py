"""What can be done to many at once: for each act, the guard that a plan asks and the single change."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.core import access, invitations, lifecycle
from bot.core.actors import Actor
from bot.core.errors import NotFound, NothingToChange
from bot.core.lifecycle import TRANSITIONS, Verb
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School

if TYPE_CHECKING:
    from bot.core.bulk import Item

LABEL = 40


class Act(StrEnum):
    """What happens to everyone of a plan. `REVOKE` undoes `INVITE`, and is nobody's first wish."""

    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RESTORE = "restore"
    INVITE = "invite"
    REVOKE = "revoke"


class Deed(Protocol):
    """An act as done to one person in one school, which is locked."""

    @property
    def needs(self) -> Permission:
        """The right that it takes."""
        ...

    @property
    def opposite(self) -> Act | None:
        """What undoes it."""
        ...

    @property
    def ends_invitations(self) -> bool:
        """Whether those to whom it happens invite nobody any more."""
        ...

    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        """Return how things stand where it can be done, or refuse."""
        ...

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        """Do it; return the id of what was made, if anything was."""
        ...


@dataclass(frozen=True, slots=True)
class _ByVerb:
    verb: Verb
    opposite: Act | None

    @property
    def needs(self) -> Permission:
        return TRANSITIONS[self.verb].needs

    @property
    def ends_invitations(self) -> bool:
        return TRANSITIONS[self.verb].ends_invitations

    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        membership = lifecycle.changeable(uow, actor, school, item.person_id, self.verb)
        return lifecycle.state_on_axis(membership, TRANSITIONS[self.verb]).value

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        lifecycle.change(uow, actor, school, item.person_id, self.verb)
        return ""


@dataclass(frozen=True, slots=True)
class _Invite:
    """One invitation for one use, for a member who has no account to come in with."""

    needs: Permission = Permission.INVITATION_CREATE
    opposite: Act | None = Act.REVOKE
    ends_invitations: bool = False

    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        uow.schools.lock(school.id)
        access.require(uow, actor, self.needs, school)
        access.grantable_role(uow, actor, school, school.default_role)
        membership = uow.members.of(school.id, item.person_id)
        if membership is None:
            raise NotFound("member")
        if not membership.active or uow.people.accounts([item.person_id]):
            raise NothingToChange(membership.status)
        return membership.status

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        person = uow.people.by_id(item.person_id)
        label = person.name[:LABEL] if person else ""
        return invitations.create(uow, actor, school, uses_allowed=1, label=label).id


@dataclass(frozen=True, slots=True)
class _Revoke:
    needs: Permission = Permission.INVITATION_REVOKE
    opposite: Act | None = None
    ends_invitations: bool = False

    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        uow.schools.lock(school.id)
        access.require(uow, actor, self.needs, school)
        invitation = uow.invitations.by_id(item.made)
        if invitation is None:
            raise NotFound("invitation")
        if invitation.revoked_at is not None or invitation.uses_taken:
            raise NothingToChange(invitation.state(uow.now).value)
        return item.before

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        invitation = uow.invitations.by_id(item.made)
        if invitation is None or not invitations.revoke(uow, actor, invitation, school):
            raise NothingToChange("revoked")
        return item.made


DEEDS: Mapping[Act, Deed] = {
    Act.SUSPEND: _ByVerb(Verb.SUSPEND, Act.REINSTATE),
    Act.REINSTATE: _ByVerb(Verb.REINSTATE, Act.SUSPEND),
    Act.DEACTIVATE: _ByVerb(Verb.DEACTIVATE, Act.REACTIVATE),
    Act.REACTIVATE: _ByVerb(Verb.REACTIVATE, Act.DEACTIVATE),
    Act.ARCHIVE: _ByVerb(Verb.ARCHIVE, Act.RESTORE),
    Act.RESTORE: _ByVerb(Verb.RESTORE, Act.ARCHIVE),
    Act.INVITE: _Invite(),
    Act.REVOKE: _Revoke(),
}

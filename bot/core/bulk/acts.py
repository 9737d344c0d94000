"""The acts of bulk work: for each, the guard that planning and applying ask, and the change of one member."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.core import audit
from bot.core.bulk.inviting import UNSENT, Invite
from bot.core.errors import NotFound, NothingToChange, OwnMembership
from bot.core.invitations import invitations
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.joining_errors import ApplicantBarred
from bot.core.notices import news
from bot.core.notices.news import Topic
from bot.core.people import lifecycle, members, people
from bot.core.people.lifecycle import TRANSITIONS, Verb
from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.bulk.planning import Item

ABSENT, CHANGED = "absent", "changed"
ROLE_SEPARATOR = "\n"  # separates the names of roles, which contain none


class Act(StrEnum):
    """What a bulk job does, or what one of its items does to one person in one school.

    `ORGANIZE` moves people between schools, with `ADD` and `REMOVE` items. `REVOKE` and `PUT_BACK` only undo.
    """

    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RESTORE = "restore"
    INVITE = "invite"
    INVITE_LATER = "invite later"
    REVOKE = "revoke"
    ORGANIZE = "organizations"
    PUT_BACK = "put back"
    ADD = "add"
    REMOVE = "remove"


INVITING = frozenset({Act.INVITE, Act.INVITE_LATER})
_UNDO = {
    Verb.SUSPEND: Act.REINSTATE,
    Verb.REINSTATE: Act.SUSPEND,
    Verb.DEACTIVATE: Act.REACTIVATE,
    Verb.REACTIVATE: Act.DEACTIVATE,
    Verb.ARCHIVE: Act.RESTORE,
    Verb.RESTORE: Act.ARCHIVE,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """The permission that an act needs, the act that undoes it, and whether it ends open invitations."""

    needs: Permission
    opposite: Act | None = None
    ends_invitations: bool = False


class Operation(Protocol):
    """An act as it is done to one person in one school."""

    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        """Return the state that it would change, or raise if it cannot be done; locks the school."""
        ...

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        """Do it, and return what undoing it will need to know."""
        ...


@dataclass(frozen=True, slots=True)
class _ByVerb:
    verb: Verb

    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        membership = lifecycle.changeable(uow, actor, school, item.person_id, self.verb)
        current = lifecycle.state_on_axis(membership, TRANSITIONS[self.verb])
        if not item.made:
            return current.value
        if self.verb is Verb.REACTIVATE:  # undoing must not override a later deactivation by the district
            members.refuse_deprovisioned(uow, school.id, item.person_id)
        # They may be in that state again, but put there by somebody else.
        own = item.made == _last_turn(uow, school, item, current)
        return current.value if own else CHANGED

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        lifecycle.change(uow, actor, school, item.person_id, self.verb, position=item.place)
        return _last_turn(uow, school, item, TRANSITIONS[self.verb].after)


def _last_turn(uow: UnitOfWork, school: School, item: "Item", to: Access | Visibility) -> str:
    """Return the id of the audit entry that last put a member into this state, or an empty text."""
    entry = lifecycle.last_transition(uow, school.id, item.person_id, to)
    return entry.id if entry else ""


@dataclass(frozen=True, slots=True)
class _Revoke:
    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        uow.schools.lock(school.id)
        access.require(uow, actor, Permission.INVITATION_REVOKE, school)
        made = uow.invitations.by_id(item.made)
        return CHANGED if made is not None and _was_resent(uow, made, item.before) else item.before

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        made = uow.invitations.by_id(item.made)
        assert made is not None  # noqa: S101 - an invitation cannot be deleted
        if not invitations.revoke(uow, actor, made, school):
            raise NothingToChange(InvitationState.REVOKED.value)
        return item.made


def _was_resent(uow: UnitOfWork, made: Invitation, before: str) -> bool:
    """Tell whether an invitation was sent again since, and not just lasts from when it was sent.

    One that was there before the plan may have been sent again before, too: then the last sending counts.
    """
    if made.renewed_at is None:
        return False
    sendings = {"invitation.resent"} | ({"invitation.queued"} if before in UNSENT else set())
    last = uow.audit.last(made.school_id, [made.subject], sendings)
    return last is not None and last.action == "invitation.resent"


@dataclass(frozen=True, slots=True)
class _Add:
    """Adds a member of another school: with the roles they had here before, or with the default role."""

    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        uow.schools.lock(school.id)
        access.require(uow, actor, Permission.MEMBER_CREATE, school)
        if item.person_id == actor.person_id:
            raise OwnMembership
        if school.archived:  # admins above it still have the right, but its members could do nothing there
            raise ApplicantBarred("", Visibility.ARCHIVED.value)
        # They may have been erased, merged into another person, or removed with an import that was undone.
        current = uow.accounts.current(item.person_id)
        if current is None or current.id != item.person_id:
            raise NotFound("member")
        members.refuse_deprovisioned(uow, school.id, item.person_id)
        membership = uow.members.of(school.id, item.person_id)
        if membership is not None and membership.active:
            raise NothingToChange(membership.status)
        if (barring := membership or keeping_out(uow, actor, item.person_id)) is not None:
            raise ApplicantBarred("", barring.barred_as or barring.status)
        known = uow.people.details(item.person_id)
        people.refuse_taken_id(uow, school, item.person_id, known.educator_id)
        for name in self._roles(school, item):
            access.grantable_role(uow, actor, school, name, target_id=item.person_id)
        return ABSENT

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        given = self._roles(school, item)
        made = members.activate(uow, school.id, item.person_id, given[0], by=actor.person_id)
        if made is None:
            raise NothingToChange(Standing.ACTIVE.value)
        for name in given[1:]:
            members.grant(uow, school.id, item.person_id, name, by=actor.person_id)
        subject = f"person:{item.person_id}"
        entry = audit.record(uow, actor, "member.added", subject, school_id=school.id, new={"roles": given})
        news.tell(uow, actor, entry, Topic.STANDING, item.person_id, position=item.place)
        return _fingerprint(uow, made)

    @staticmethod
    def _roles(school: School, item: "Item") -> list[str]:
        return item.made.split(ROLE_SEPARATOR) if item.made else [school.default_role]


def keeping_out(uow: UnitOfWork, actor: Actor, person_id: str) -> Membership | None:
    """Return the membership that keeps a person from being added to further schools; None if none does.

    Of their schools, only those where the actor may remove members are looked at. A person may not be
    suspended or deactivated in any of them, and must be active in one, unless they are in none.
    """
    near = [
        one
        for one in uow.members.of_person(person_id)
        if access.holds(uow, actor, Permission.MEMBER_REMOVE, uow.schools.by_id(one.school_id))
    ]
    off = next((one for one in near if one.access is not Access.OK), None)
    return off or (None if any(one.active for one in near) else next(iter(near), None))


def _fingerprint(uow: UnitOfWork, membership: Membership) -> str:
    """Return a membership's id and roles as one text, by which a later change to either is noticed."""
    roles = uow.members.roles(membership.school_id, membership.person_id)
    return ROLE_SEPARATOR.join((membership.id, *roles))


@dataclass(frozen=True, slots=True)
class _Remove:
    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        found = lifecycle.lock_for_change(uow, actor, school, item.person_id, Permission.MEMBER_REMOVE)
        if found.standing is Standing.PENDING:
            raise NothingToChange(found.standing.value)
        if item.made and item.made != _fingerprint(uow, found):  # changed since by somebody else
            return CHANGED
        if found.barred_as is not None:  # once removed, they could come back by a code
            raise ApplicantBarred("", found.barred_as)
        return found.status

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        had = ROLE_SEPARATOR.join(uow.members.roles(school.id, item.person_id))
        lifecycle.remove(uow, actor, school, item.person_id, position=item.place)
        return had


RULES: Mapping[Act, Rule] = {
    **{
        Act(verb.value): Rule(one.needs, _UNDO[verb], one.ends_invitations)
        for verb, one in TRANSITIONS.items()
    },
    Act.INVITE: Rule(Permission.INVITATION_CREATE, Act.REVOKE),
    Act.INVITE_LATER: Rule(Permission.INVITATION_CREATE, Act.REVOKE),
    Act.REVOKE: Rule(Permission.INVITATION_REVOKE),
    Act.ORGANIZE: Rule(Permission.MEMBER_REMOVE, Act.PUT_BACK),
    Act.PUT_BACK: Rule(Permission.MEMBER_REMOVE),
    Act.ADD: Rule(Permission.MEMBER_CREATE, Act.REMOVE),
    Act.REMOVE: Rule(Permission.MEMBER_REMOVE, Act.ADD, ends_invitations=True),
}
OPERATIONS: Mapping[Act, Operation] = {
    **{Act(verb.value): _ByVerb(verb) for verb in Verb},
    Act.INVITE: Invite(sends=True),
    Act.INVITE_LATER: Invite(sends=False),
    Act.REVOKE: _Revoke(),
    Act.ADD: _Add(),
    Act.REMOVE: _Remove(),
}


def undo_step(item: "Item") -> "tuple[Act, str] | None":
    """Return the act that undoes an item, and the state that it expects.

    None if undoing would give the member more than they had before.
    """
    opposite = RULES[item.does].opposite
    assert opposite is not None  # noqa: S101 - acts that only undo are never undone
    if item.does is Act.ADD:
        return opposite, Standing.ACTIVE.value
    if item.does is Act.REMOVE:
        return opposite, ABSENT
    if item.does.value not in set(Verb):
        return opposite, item.before
    had = TRANSITIONS[Verb(opposite.value)].after.value
    return (opposite, TRANSITIONS[Verb(item.does.value)].after.value) if item.before == had else None

"""The changes that admins make to memberships: one table of transitions, and the checks that they share."""

from enum import StrEnum

from bot.core import audit
from bot.core.errors import AboveYou, NotFound, NothingToChange, OwnMembership, PrimaryAdminProtected
from bot.core.invitations import invitations
from bot.core.joining_errors import MembershipBarred
from bot.core.notices import news
from bot.core.notices.news import Topic
from bot.core.notices.notices import redraw_copies
from bot.core.people import members
from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools import quotas
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace


class Verb(StrEnum):
    """What an admin can do to a membership."""

    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states a verb leads to which one, on one axis of a membership.

    `ends_invitations` says that the invitations which the member has made are revoked.
    """

    needs: Permission
    past: str
    before: frozenset[Access | Visibility]
    after: Access | Visibility
    ends_invitations: bool = False


TRANSITIONS = {
    Verb.SUSPEND: Transition(
        Permission.MEMBER_SUSPEND,
        "suspended",
        frozenset({Access.OK}),
        Access.SUSPENDED,
        ends_invitations=True,
    ),
    Verb.REINSTATE: Transition(
        Permission.MEMBER_SUSPEND,
        "reinstated",
        frozenset({Access.SUSPENDED}),
        Access.OK,
    ),
    Verb.DEACTIVATE: Transition(
        Permission.MEMBER_DEACTIVATE,
        "deactivated",
        frozenset({Access.OK, Access.SUSPENDED}),
        Access.DEACTIVATED,
        ends_invitations=True,
    ),
    Verb.REACTIVATE: Transition(
        Permission.MEMBER_DEACTIVATE,
        "reactivated",
        frozenset({Access.DEACTIVATED}),
        Access.OK,
    ),
    Verb.ARCHIVE: Transition(
        Permission.MEMBER_ARCHIVE,
        "archived",
        frozenset({Visibility.LISTED}),
        Visibility.ARCHIVED,
        ends_invitations=True,
    ),
    Verb.RESTORE: Transition(
        Permission.MEMBER_ARCHIVE,
        "restored",
        frozenset({Visibility.ARCHIVED}),
        Visibility.LISTED,
    ),
}


# How refusals name the usual states, which lists do not show.
_SHOWN = {Access.OK: "neither suspended nor deactivated", Visibility.LISTED: "on the list"}


def state_on_axis(membership: Membership, transition: Transition) -> Access | Visibility:
    """Return a membership's state on the axis that a transition changes."""
    return membership.access if isinstance(transition.after, Access) else membership.visibility


def possible(membership: Membership) -> list[Verb]:
    """List the verbs that would change a membership now."""
    return [verb for verb, one in TRANSITIONS.items() if state_on_axis(membership, one) in one.before]


def changeable(uow: UnitOfWork, actor: Actor, school: School, person_id: str, verb: Verb) -> Membership:
    """Return a membership that the actor may change by a verb now, locked; raise a refusal otherwise."""
    transition = TRANSITIONS[verb]
    membership = lock_for_change(uow, actor, school, person_id, transition.needs)
    before = state_on_axis(membership, transition)
    if before not in transition.before:
        raise NothingToChange(_SHOWN.get(before, before.value), of=person_id)
    return membership


def change(
    uow: UnitOfWork, actor: Actor, school: School, person_id: str, verb: Verb, *, position: int = 0
) -> int:
    """Change a membership by a verb, or refuse; the person's other memberships are not touched.

    Return how many of the member's invitations were revoked with it. In bulk work, `position` is the member's
    number in the order, and delays the message that tells them.
    """
    transition = TRANSITIONS[verb]
    membership = changeable(uow, actor, school, person_id, verb)
    before = state_on_axis(membership, transition)
    changed = _moved(membership, transition.after)
    if verb is Verb.RESTORE and membership.standing is Standing.ACTIVE:
        quotas.seat(uow, school.id)
    if not uow.members.change(changed, expected=membership):
        raise NothingToChange(_SHOWN.get(before, before.value), of=person_id)
    if verb in {Verb.DEACTIVATE, Verb.REACTIVATE}:
        uow.scim_users.unmark(membership.id)  # SCIM's own deactivation of it no longer counts
        uow.oneroster_known.unmark(membership.id)
    if changed.active and SCHOOL_ADMIN.name in uow.members.roles(school.id, person_id):
        members.fill_primary(uow, school.id, person_id)
    ended = (
        invitations.end_all_by(uow, school.id, person_id, by=actor.person_id)
        if transition.ends_invitations
        else 0
    )
    entry = audit.record(
        uow,
        actor,
        f"member.{transition.past}",
        f"person:{person_id}",
        school_id=school.id,
        old={"state": before.value},
        new={"state": transition.after.value, **({"invitations_revoked": ended} if ended else {})},
    )
    _tell(uow, actor, entry, membership, position)
    return ended


def _tell(
    uow: UnitOfWork, actor: Actor, entry: audit.AuditEntry, membership: Membership, position: int
) -> None:
    """Tell a member what was done to their membership; people who are pending or rejected are not told."""
    if membership.standing is Standing.ACTIVE:
        news.tell(uow, actor, entry, Topic.STANDING, membership.person_id, position=position)


def reactivate_to(uow: UnitOfWork, actor: Actor, school: School, person_id: str, to: Access) -> None:
    """Reactivate a member to the access that they had before they were deactivated, such as suspended."""
    if to is Access.OK:
        change(uow, actor, school, person_id, Verb.REACTIVATE)
        return
    membership = lock_for_change(uow, actor, school, person_id, Permission.MEMBER_DEACTIVATE)
    uow.members.change(replace(membership, access=to), expected=membership)
    uow.scim_users.unmark(membership.id)
    uow.oneroster_known.unmark(membership.id)
    audit.record(
        uow,
        actor,
        "member.reactivated",
        f"person:{person_id}",
        school_id=school.id,
        old={"state": membership.access.value},
        new={"state": to.value},
    )


def remove(uow: UnitOfWork, actor: Actor, school: School, person_id: str, *, position: int = 0) -> int:
    """Delete a membership and its roles; the audit log keeps the record of it.

    Unanswered invitations of the person into the school are taken back. While they have a pending join
    request, removal is refused, since the request must be approved or rejected. Return how many of the
    person's own invitations were revoked; `position` is as for `change`.
    """
    membership = lock_for_change(uow, actor, school, person_id, Permission.MEMBER_REMOVE)
    if uow.join_requests.pending_of(school.id, person_id) is not None:
        raise NothingToChange("a request to join that waits; approve or reject it")
    entry, ended = _end(uow, actor, membership, "member.removed")
    _tell(uow, actor, entry, membership, position)
    return ended


def leave(uow: UnitOfWork, actor: Actor, school: School, *, confirmed: bool) -> int:
    """End the actor's own membership, as `remove` does; unless `confirmed`, only check that they can leave.

    Return how many of their invitations were revoked. Raise `NothingToChange` if they have not been let in,
    `PrimaryAdminProtected`, or `MembershipBarred`: what keeps somebody out would end with the membership.
    """
    uow.schools.lock(school.id)
    person_id = actor.known_person.id
    membership = uow.members.of(school.id, person_id)
    if membership is None:
        raise NothingToChange("you are not in that school")
    if membership.barred_as is not None:
        raise MembershipBarred(membership, school, leaving=True)
    if membership.standing is Standing.PENDING:
        raise NothingToChange("you have not been let in yet; withdraw your request or decline the invitation")
    if is_primary(uow, school, person_id):
        raise PrimaryAdminProtected(school)
    return _end(uow, actor, membership, "member.left")[1] if confirmed else 0


def _end(uow: UnitOfWork, actor: Actor, membership: Membership, action: str) -> tuple[audit.AuditEntry, int]:
    """Delete a membership; return the audit entry, and how many of the person's invitations were revoked."""
    school_id, person_id = membership.school_id, membership.person_id
    if not uow.members.remove(membership):
        raise NothingToChange(membership.standing.value)
    ended = invitations.end_all_by(uow, school_id, person_id, by=actor.person_id)
    uninvite(uow, school_id, person_id)
    entry = audit.record(
        uow,
        actor,
        action,
        f"person:{person_id}",
        school_id=school_id,
        old={"standing": membership.standing.value, "access": membership.access.value},
        new={"invitations_revoked": ended} if ended else {},
    )
    return entry, ended


def uninvite(uow: UnitOfWork, school_id: str, person_id: str) -> None:
    """Take a school out of a person's unanswered invitations, including those that other schools manage.

    What the same invitation offers in other schools stays.
    """
    for invitation_id in uow.addressed.withdraw_school(school_id, person_id, uow.now):
        redraw_copies(uow, f"{invitations.KIND}:{invitation_id}")


def lock_for_change(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    person_id: str,
    needs: Permission,
    *,
    even_primary: bool = False,
) -> Membership:
    """Return a membership that the actor may change, with its school locked until the unit of work ends.

    The lock is taken before the rights are read: if two admins change each other at once, the second one sees
    what the first has done.
    Raise `NotFound`, `OwnMembership`, `PrimaryAdminProtected` or `AboveYou`.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, needs, school)
    membership = uow.members.of(school.id, person_id)
    if membership is None:
        raise NotFound("member")
    if person_id == actor.person_id:
        raise OwnMembership
    if not even_primary and is_primary(uow, school, person_id):
        raise PrimaryAdminProtected(school)
    if not access.rights_of(uow, actor, school).include(access.granted(uow, person_id, school)):
        raise AboveYou
    return membership


def is_primary(uow: UnitOfWork, school: School, person_id: str) -> bool:
    """Tell whether a person is the Primary Admin now; `school` may have been read before that changed."""
    current = uow.schools.by_id(school.id)
    return current is not None and current.primary_admin_id == person_id


def last_transition(
    uow: UnitOfWork, school_id: str, person_id: str, to: Access | Visibility
) -> audit.AuditEntry | None:
    """Return the latest audit entry of a transition that put a member into a state; None if there is none."""
    actions = {f"member.{one.past}" for one in TRANSITIONS.values() if one.after is to}
    subjects = [f"person:{one}" for one in uow.accounts.known_as(person_id)]
    return uow.audit.last(school_id, subjects, actions)


def _moved(membership: Membership, to: Access | Visibility) -> Membership:
    return replace(membership, access=to) if isinstance(to, Access) else replace(membership, visibility=to)

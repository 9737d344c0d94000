"""News: what people are told of changes that others made to them, and admins of changes to their school.

News goes out a little later and says how things stand then, so that several changes in a row become one
message, and nothing is said of a change that was undone at once. Changes made by a district's directory or
folder are not told.
"""

from datetime import timedelta
from enum import StrEnum

from bot.core.audit import AuditEntry
from bot.core.notices import destinations, pacing
from bot.core.notices.notices import Audience, Destination, Loss, Notice, tell_once
from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import ScopeKind
from bot.core.schools.schools import School
from bot.core.stored import stored_entry, stored_school
from bot.core.values import dataclass, replace

# How long news waits before it goes out: time enough to undo a mistake.
AFTER = timedelta(minutes=1)
_MOVED = "school.moved"
_ACTIVE, ABSENT = "active", "absent"


class Topic(StrEnum):
    """What news is about, which is also the kind of its notice subject."""

    STANDING = "own_standing"
    ROLES = "own_roles"
    PRIMARY = "own_primary"
    OVERSEEING = "own_overseeing"
    SCHOOL = "own_school"


@dataclass(frozen=True, slots=True)
class News:
    """How things stand for one person now.

    `stands` is their state in the school: active, absent, or what bars them; `stood` is their state before
    the change. `holds` says whether they are its Primary Admin, or have the one role that the news is about.
    `place` names the school's district, or the district that the role is over; `moved` says that the school
    was moved there. `left` names the schools that they were moved here from. `by` names the person who made
    the change. `fresh` is False if things stand as before it.
    """

    topic: Topic
    school: School | None
    stands: str
    roles: tuple[str, ...]
    fresh: bool
    holds: bool = False
    stood: str = ""
    place: str = ""
    moved: bool = False
    left: tuple[str, ...] = ()
    by: str = ""


def tell(
    uow: UnitOfWork, actor: Actor, entry: AuditEntry, topic: Topic, person_id: str, *, position: int = 0
) -> None:
    """Queue news of an audit entry for a person, unless they acted themselves.

    In bulk work, `position` is the number in line, which delays the message. Nothing is queued for
    what a district's directory or folder did, nor if news of the same matter is waiting. If the actor has
    just put the person into another school, the news of that tells of leaving this one, too.
    """
    if actor.for_district is not None or person_id == actor.person_id:
        return
    to = _place(uow, person_id)
    if to is None:
        return
    subject = f"{topic.value}:{entry.id}/{person_id}"
    at = uow.now + AFTER + pacing.delay(to.platform, position)
    school_id = entry.school_id
    waiting = _waiting(uow, to, topic)
    if any(_matter(topic, one) == _matter(topic, entry) for _, told in waiting for one in told):
        return
    joined = next((notice for notice, told in waiting if _is_move(told[0], entry)), None)
    if joined is not None:
        uow.outbox.drop(joined.subject, joined.audience)
        subject, at, school_id = f"{joined.subject}/{entry.id}", joined.due_at, joined.school_id
    tell_once(uow, subject, Audience.CONCERNED, to, subject, at, school_id=school_id)


def of_school(uow: UnitOfWork, actor: Actor, entry: AuditEntry) -> None:
    """Queue news about a school for its admins, for each in person and not in a channel."""
    heads = uow.members.with_permission(entry.school_id or "", Permission.SCHOOL_EDIT, destinations.MOST_TOLD)
    for position, head in enumerate(heads, 1):
        tell(uow, actor, entry, Topic.SCHOOL, head.id, position=position)


def _place(uow: UnitOfWork, person_id: str) -> Destination | None:
    """Return where to tell a person; None if they have no account, and so have never used Homeroom."""
    if not uow.people.accounts([person_id]):
        return None
    return next(iter(destinations.of_people(uow, [person_id])), None)


def _waiting(uow: UnitOfWork, to: Destination, topic: Topic) -> list[tuple[Notice, list[AuditEntry]]]:
    """List the news on a topic that is waiting there, each with the audit entries that it tells of."""
    return [
        (notice, [stored_entry(uow, one) for one in _parts(notice.subject)[1]])
        for notice in uow.outbox.waiting_at(to)
        if notice.due_at > uow.now and notice.subject.startswith(f"{topic.value}:")
    ]


def _is_move(earlier: AuditEntry, entry: AuditEntry) -> bool:
    """Tell whether the same actor put somebody into a school and now takes them out of another."""
    acts = (earlier.action, entry.action)
    return acts == ("member.added", "member.removed") and earlier.actor_id == entry.actor_id


def _matter(topic: Topic, entry: AuditEntry) -> tuple[object, ...]:
    if topic is Topic.OVERSEEING:
        return _role(entry)
    return entry.school_id, topic is Topic.SCHOOL and entry.action == _MOVED


def _role(entry: AuditEntry) -> tuple[str, str]:
    """Return the role and the district id from the audit entry of a change of district roles."""
    told = {**entry.old, **entry.new}
    return str(told["role"]), str(told["scope"]).partition(":")[2]


def _parts(subject: str) -> tuple[Topic, list[str], str]:
    """Return the topic, the ids of the audit entries, and the person's id."""
    kind, _, of = subject.partition(":")
    first, person_id, *others = of.split("/")
    return Topic(kind), [first, *others], person_id


def view(uow: UnitOfWork, subject: str) -> News | None:
    """Gather what a person is told, as things stand now; None if there is nobody to be told any more."""
    topic, entry_ids, person_id = _parts(subject)
    person = uow.accounts.current(person_id)
    if person is None:
        return None
    found = [_of_entry(uow, topic, stored_entry(uow, entry_id), person) for entry_id in entry_ids]
    first = next(filter(_matters, found), found[0])
    others = (one for one in found if one is not first and _matters(one) and one.stands == ABSENT)
    return replace(first, left=tuple(one.school.name for one in others if one.school))


def _matters(found: News) -> bool:
    """Tell whether news is still news: not if things stand as before, or the person is not a member yet."""
    return found.fresh and found.stands not in {Standing.PENDING, Standing.REJECTED}


def _of_entry(uow: UnitOfWork, topic: Topic, entry: AuditEntry, person: Person) -> News:
    if topic is Topic.OVERSEEING:
        return _of_role(uow, entry, person)
    return _at_school(uow, topic, entry, person, stored_school(uow, entry.school_id or ""))


def _at_school(uow: UnitOfWork, topic: Topic, entry: AuditEntry, person: Person, school: School) -> News:
    membership = uow.members.of(school.id, person.id)
    roles = tuple(sorted(uow.members.roles(school.id, person.id)))
    primary = school.primary_admin_id == person.id
    stood = _stood(entry, membership) if topic is Topic.STANDING else ""
    inside = membership is not None and membership.active and not school.archived
    match topic:
        case Topic.ROLES:
            fresh = inside and set(roles) != set(_listed(entry.old.get("roles")))
        case Topic.PRIMARY:
            fresh = inside and primary != _was_primary(uow, entry, person)
        case Topic.SCHOOL:
            fresh = _changed(entry, school)
        case _:
            fresh = not school.archived and stood != _stands(membership)
    district = uow.districts.by_id(school.district_id) if school.district_id else None
    by = uow.people.by_id(entry.actor_id) if entry.actor_id else None
    return News(
        topic,
        school,
        _stands(membership),
        roles,
        fresh,
        holds=primary,
        stood=stood,
        place=district.name if district else "",
        moved=entry.action == _MOVED,
        by=by.name if by else "",
    )


def _of_role(uow: UnitOfWork, entry: AuditEntry, person: Person) -> News:
    role, district_id = _role(entry)
    given = (
        (one.role, one.scope_id)
        for one in uow.holdings.roles(person.id)
        if one.scope_kind == ScopeKind.DISTRICT.value
    )
    holds = (role, district_id) in given
    district = uow.districts.by_id(district_id)
    place, had = district.name if district else "", bool(entry.old)
    return News(Topic.OVERSEEING, None, "", (role,), fresh=holds != had, holds=holds, place=place)


def _listed(told: object) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list | tuple) else []


def _was_primary(uow: UnitOfWork, entry: AuditEntry, person: Person) -> bool:
    """Tell whether a person was the Primary Admin before an entry.

    An entry that does not name the former one is a transfer of records, and is about the former one.
    """
    before = entry.old.get("primary_admin") or entry.subject.partition(":")[2]
    now = uow.accounts.current(str(before))
    return now is not None and now.id == person.id


def _changed(entry: AuditEntry, school: School) -> bool:
    if entry.action == _MOVED:
        return school.district_id != entry.old.get("district_id")
    return school.archived == (entry.action == "school.archived")


def _stands(membership: Membership | None) -> str:
    if membership is None:
        return ABSENT
    if membership.standing is not Standing.ACTIVE:
        return membership.standing.value
    return membership.barred_as or _ACTIVE


def _stood(entry: AuditEntry, now: Membership | None) -> str:
    """Return the state of a person in the school before an entry changed it."""
    was = str(entry.old.get("state") or entry.old.get("access") or "")
    if entry.action == "member.added":
        return ABSENT
    if now is None or not was or entry.action == "member.removed":
        return was if was in {Access.SUSPENDED, Access.DEACTIVATED} else _ACTIVE
    if was in set(Visibility):
        return _stands(replace(now, visibility=Visibility(was)))
    return _stands(replace(now, access=Access(was)))


# Hooks of the delivery; see `deliveries`.


def wanted(uow: UnitOfWork, notice: Notice) -> bool:
    """Tell whether news is still news."""
    found = view(uow, notice.subject)
    return found is not None and _matters(found)


def failed(uow: UnitOfWork, notice: Notice, loss: Loss) -> None:
    """Queue news for the person's next chat, or their mailbox, if a chat refuses it."""
    if loss in {Loss.REFUSED, Loss.GONE}:
        destinations.tell_elsewhere(uow, notice)

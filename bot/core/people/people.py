"""What schools know of a person beyond their name in a chat, and who may change it."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from bot.core import audit
from bot.core.email_addresses import email_key
from bot.core.errors import AboveYou, BadValue, EmailTaken, NotFound, NothingToChange, OptionName
from bot.core.ids import new_id
from bot.core.joining_errors import AlreadyInvited, EducatorIdTaken
from bot.core.people import members
from bot.core.people.members import Membership
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Rights, ScopeKind
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import asdict, dataclass, replace

# The audit log keeps old and new values of these; of the other fields, only that they changed.
SETTINGS = frozenset({"zone", "auto_finalize", "message_notifications"})


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What schools have entered about a person.

    `educator_id` is text, so that it keeps leading zeros. Content areas and grade levels are lists in one
    text, as `typed_lists.as_list` writes them.
    """

    first_name: str = ""
    last_name: str = ""
    middle_initial: str = ""
    educator_id: str = ""
    email: str = ""
    zone: str | None = None
    auto_finalize: bool = False
    message_notifications: bool = True
    content_areas: str = ""
    grade_levels: str = ""

    @property
    def full_name(self) -> str:
        """First and last name; empty where they are not known."""
        return f"{self.first_name} {self.last_name}".strip()


def create(
    uow: UnitOfWork, actor: Actor, school: School, details: PersonDetails, wanted: Collection[str] = ()
) -> Membership:
    """Add a person without an account as an active member, with the given roles or the school's default one.

    `person_schools.create` adds them to several schools.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.MEMBER_CREATE, school)
    _refuse_invited(uow, school, details.email)
    refuse_taken_id(uow, school, "", details.educator_id)
    names = wanted or (school.default_role,)
    given = sorted({access.grantable_role(uow, actor, school, name).name for name in names})
    creator = members.enrol(uow, actor)
    person = Person(new_id(uow.now), details.full_name)
    uow.people.add_unlinked(person)
    save_details(uow, person.id, details)
    membership = members.activate(uow, school.id, person.id, given[0], by=creator.id)
    assert membership is not None  # noqa: S101 - the person was only just created
    for name in given[1:]:
        members.grant(uow, school.id, person.id, name, by=creator.id)
    entered = [name for name, value in asdict(details).items() if value and name not in SETTINGS]
    audit.record(
        uow,
        actor,
        "person.created",
        f"person:{person.id}",
        school_id=school.id,
        new={"roles": given, "entered": entered, **_settings(details, SETTINGS)},
    )
    return membership


def _refuse_invited(uow: UnitOfWork, school: School, email: str) -> None:
    """Refuse with `AlreadyInvited` or `EmailTaken` to add somebody whom the school has invited already."""
    invited = members.invited_at(uow, school.id, email) if email else None
    if invited is None:
        return
    waiting = uow.addressed.newest_of(school.id, invited)
    if waiting is not None and waiting.state(uow.now).alive:
        raise AlreadyInvited(waiting)
    raise EmailTaken


def refuse_taken_id(uow: UnitOfWork, school: School, person_id: str, educator_id: str) -> None:
    """Refuse with `EducatorIdTaken` if another member of a school has a person's educator id."""
    if educator_id and uow.people.has_educator_id(school.id, educator_id, but=person_id):
        raise EducatorIdTaken(school, educator_id)


def edit(
    uow: UnitOfWork, actor: Actor, school: School, person_id: str, changes: Mapping[str, object]
) -> PersonDetails:
    """Change the details of a member; those that are not in `changes` stay."""
    lock_member(uow, school, person_id)
    access.require(uow, actor, Permission.MEMBER_EDIT, school)
    if uow.members.of(school.id, person_id) is None:
        raise NotFound("member")
    refuse_above(uow, actor, school, person_id)
    before = uow.people.details(person_id)
    after = replace(before, **changes)  # type: ignore[arg-type]  # the caller names fields
    if after == before:
        raise NothingToChange("as you want it")
    names: tuple[OptionName, ...] = ("first_name", "last_name")
    for name in names:
        if after.full_name and not getattr(after, name):
            raise BadValue(name, "is missing")
    if email_key(after.email) != email_key(before.email):
        _refuse_address(uow, actor, person_id)
    if after.educator_id != before.educator_id:
        _refuse_id_taken_near(uow, actor, person_id, after.educator_id)
    save_details(uow, person_id, after)
    changed = [name for name, value in asdict(after).items() if asdict(before)[name] != value]
    settings = SETTINGS.intersection(changed)
    entered = [name for name in changed if name not in settings]
    audit.record(
        uow,
        actor,
        "person.edited",
        f"person:{person_id}",
        school_id=school.id,
        old=_settings(before, settings),
        new={**({"entered": entered} if entered else {}), **_settings(after, settings)},
    )
    return after


def lock_member(uow: UnitOfWork, school: School, person_id: str) -> None:
    """Lock a member whom another school may be editing too, and before them all their schools.

    In each of these, their educator id must be nobody else's.
    """
    for school_id in sorted({school.id, *(one.school_id for one in uow.members.of_person(person_id))}):
        uow.schools.lock(school_id)
    uow.people.lock(person_id)


def _refuse_id_taken_near(uow: UnitOfWork, actor: Actor, person_id: str, educator_id: str) -> None:
    """Refuse an educator id that is taken in one of a person's schools where the actor may know of it."""
    for membership in uow.members.of_person(person_id):
        school = stored_school(uow, membership.school_id)
        if access.holds(uow, actor, Permission.MEMBER_EDIT, school):
            refuse_taken_id(uow, school, person_id, educator_id)


def save_details(uow: UnitOfWork, person_id: str, details: PersonDetails) -> None:
    """Store a person's details; refuses with `EmailTaken` if the e-mail address is another person's."""
    if not uow.people.save_details(person_id, details):
        raise EmailTaken


def _settings(details: PersonDetails, names: Collection[str]) -> dict[str, object]:
    return {name: value for name, value in asdict(details).items() if name in names}


def refuse_above(uow: UnitOfWork, actor: Actor, school: School, person_id: str) -> None:
    """Refuse with `AboveYou` if a person has rights that the actor lacks, here or elsewhere.

    A person's name and e-mail address are shared by all their schools. So the actor's rights at this school
    must include whatever the person has at any school; and where the person may edit people, or has a
    district role, the actor's rights there must include theirs as well.
    """
    if person_id == actor.person_id:
        return
    here = access.rights_of(uow, actor, school)
    if not here.include(access.rights_of_person(uow, person_id, school)):
        raise AboveYou
    for place in (school, *_schools_elsewhere(uow, school, person_id)):
        granted = uow.members.granted_rights(person_id, place)
        if is_above(granted, here, partial(access.rights_of, uow, actor, place)):
            raise AboveYou
    for kind, of in uow.members.scopes(person_id):
        if kind is ScopeKind.DISTRICT and not access.rights_over(uow, actor, of).include(
            uow.districts.rights(person_id, of)
        ):
            raise AboveYou


def is_above(granted: Rights, here: Rights, there: Callable[[], Rights]) -> bool:
    """Tell whether the rights that a person was granted at a place keep the actor from editing them.

    The actor's rights where they edit (`here`) must include them. If they let the person edit people, the
    actor's rights at that place (`there`) must include them as well.
    """
    if not here.include(granted):
        return True
    return Permission.MEMBER_EDIT in granted.holds and not there().include(granted)


def _refuse_address(uow: UnitOfWork, actor: Actor, person_id: str) -> None:
    """Refuse with `AboveYou` if the person is in a school where the actor may not edit people.

    An address decides who somebody is: a person who proves the address of an invitation becomes the person
    whom schools know by it. Without this check, one school could hand over a person's identity at another.
    """
    for membership in uow.members.of_person(person_id):
        place = uow.schools.by_id(membership.school_id)
        if not access.holds(uow, actor, Permission.MEMBER_EDIT, place):
            raise AboveYou


def _schools_elsewhere(uow: UnitOfWork, school: School, person_id: str) -> list[School]:
    scopes = uow.members.scopes(person_id)
    found = (uow.schools.by_id(of) for kind, of in scopes if kind is ScopeKind.SCHOOL and of != school.id)
    return [one for one in found if one is not None]

"""/member create and /member edit: the details of a person in a school."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from bot.cards.people import members as cards
from bot.cards.people.late_clicks import member_card
from bot.chat import forms
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.options import Option, option
from bot.chat.replies import Card, Form, Reply
from bot.chat.values import as_typed
from bot.commands.common import zone_named, zones
from bot.commands.invite_person import draft_card, sent_card
from bot.commands.member import Who, again, member
from bot.commands.mentions import member_named
from bot.core.email_addresses import LONGEST_EMAIL, entered_email
from bot.core.errors import BadValue
from bot.core.invitations import addressed, answering
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.invitations.invitations import Invitation
from bot.core.people import corrections, people, person_schools
from bot.core.people.members import Member
from bot.core.people.people import PersonDetails
from bot.core.rights import access, grants
from bot.core.rights.permissions import Permission
from bot.core.rosters.columns import Column
from bot.core.rosters.rows import LONGEST, initial
from bot.core.schools import which_school
from bot.core.schools.schools import School
from bot.core.typed_lists import listed, normalized, single_spaced
from bot.core.values import asdict, replace

# The same lengths as in a roster.
_NAME, _ID, _LISTED = LONGEST[Column.FIRST_NAME], LONGEST[Column.EDUCATOR_ID], LONGEST[Column.CONTENT_AREAS]
_INITIALS = LONGEST[Column.MIDDLE_INITIAL]
_EMAIL = option("Their e-mail address", maximum=LONGEST_EMAIL)
# Somebody who types a name here is told that one letter is wanted, and not how long it may be.
_INITIAL = option("First letter of their middle name", maximum=_NAME)
_EDUCATOR = option("The id that the state gives educators; leading zeros are kept", maximum=_ID)
_AREAS = option("Their content areas, separated by commas", maximum=_LISTED)
_GRADES = option("Their grade levels, separated by commas", maximum=_LISTED)
_ROLES = option("Their roles here, separated by commas", maximum=200)
_ZONE = option("Their time zone, such as Europe/Berlin", suggest=zones)
_FINALIZE = option("Whether what they hand in is final at once")
_SCHOOLS = 1000
_NOTIFY = option("Whether they are told of new messages")


def _clearable(of: Option) -> Option:
    """Return an option of a new person as one that can also be emptied."""
    return replace(of, clears=True)


def _several(ctx: Context) -> bool:
    """Tell whether the actor may add people to other schools, too; only then the form asks for schools."""
    near = which_school.nearby(ctx.uow, ctx.actor)
    others = [*near, *which_school.overseen(ctx.uow, ctx.actor, "", 2)]
    return any(
        one.id != ctx.school.id and access.holds(ctx.uow, ctx.actor, Permission.MEMBER_CREATE, one)
        for one in others
    )


def _asked_of_new(ctx: Context) -> tuple[Option, ...]:
    every = ctx.registry["member create"].options
    return every if _several(ctx) else tuple(one for one in every if one.name != "schools")


class Inviting(StrEnum):
    """Whether a person who is added is also invited."""

    NOW = "now"
    LATER = "later"
    NO = "no"


@member.command(needs=Permission.MEMBER_CREATE, shapes=_asked_of_new)
def create(
    ctx: Context,
    email: Annotated[str, _EMAIL],
    first_name: Annotated[str, option("Their first name", maximum=_NAME)],
    last_name: Annotated[str, option("Their last name", maximum=_NAME)],
    middle_initial: Annotated[str, _INITIAL] = "",
    educator_id: Annotated[str, _EDUCATOR] = "",
    content_areas: Annotated[str, _AREAS] = "",
    grade_levels: Annotated[str, _GRADES] = "",
    roles: Annotated[str, _ROLES] = "",
    schools: Annotated[
        str, option("More schools, separated by commas: the same roles there", maximum=_SCHOOLS)
    ] = "",
    zone: Annotated[str | None, _ZONE] = None,
    auto_finalize: Annotated[bool, _FINALIZE] = False,
    message_notifications: Annotated[bool, _NOTIFY] = True,
    invite: Annotated[Inviting, option("Whether to invite them by e-mail, and when")] = Inviting.NO,
) -> Card:
    """Add a person who has no account yet."""
    details = PersonDetails(
        first_name=single_spaced(first_name),
        last_name=single_spaced(last_name),
        middle_initial=_initial(middle_initial),
        educator_id=educator_id,
        content_areas=normalized(content_areas),
        grade_levels=normalized(grade_levels),
        email=entered_email(email),
        zone=zone_named(zone),
        auto_finalize=auto_finalize,
        message_notifications=message_notifications,
    )
    places = [ctx.school, *_schools(ctx, schools)]
    made = person_schools.create(ctx.uow, ctx.actor, places, details, listed(roles))
    found = member_named(ctx, made.id)
    if invite is Inviting.NO:
        return member_card(ctx, found)
    return _invited(ctx, found, places, now=invite is Inviting.NOW)


def _schools(ctx: Context, typed: str) -> list[School]:
    return which_school.all_meant(ctx.uow, ctx.actor, typed)


def _invited(ctx: Context, found: Member, places: Sequence[School], *, now: bool) -> Card:
    """Invite a person who was just added, with the roles that they were given."""
    person_id = found.membership.person_id
    to = Invitee(found.name, found.email, person_id=person_id)
    every = {one.id: one for one in places}.values()
    offer = Offer(tuple((one, role) for one in every for role in ctx.uow.members.roles(one.id, person_id)))
    answering.refuse_unanswerable(ctx.uow, to.way, ctx.ways)
    made = addressed.create(ctx.uow, ctx.actor, to, offer)
    if not now:
        return draft_card(ctx, made)
    return sent_card(ctx, addressed.send(ctx.uow, ctx.actor, made, ctx.school), ctx.school)


def _now(ctx: Context) -> Mapping[str, str]:
    """Return the present details of the person, to fill the form with."""
    typed = ctx.value("person")
    if not typed:
        return {}
    found = member_named(ctx, typed)
    known = asdict(ctx.uow.people.details(found.membership.person_id))
    shown = {name: as_typed(value) for name, value in known.items() if value is not None}
    return {**shown, "roles": ", ".join(found.roles), "schools": _schools_now(ctx, found)}


def _schools_now(ctx: Context, found: Member) -> str:
    """Return the member's schools from which the actor may remove people, as a list that can be typed."""
    person_id = found.membership.person_id
    own = person_schools.schools_of(ctx.uow, ctx.actor, person_id, Permission.MEMBER_REMOVE)
    return which_school.listed(own)


def _asked(ctx: Context) -> tuple[Option, ...]:
    """Return the form's options; it first asks only for the person, since an empty field clears a detail."""
    every = ctx.registry["member edit"].options
    if ctx.values.get("person"):
        few = _several(ctx) and len(_now(ctx)["schools"]) <= _SCHOOLS
        return every if few else tuple(one for one in every if one.name != "schools")
    return tuple(one for one in every if one.name in {"person", "school"} or ctx.values.get(one.name))


@member.command(needs=Permission.MEMBER_EDIT, asks=_now, shapes=_asked)
def edit(
    ctx: Context,
    person: Who,
    email: Annotated[str | None, _clearable(_EMAIL)] = None,
    first_name: Annotated[str | None, option("Their first name", maximum=_NAME)] = None,
    last_name: Annotated[str | None, option("Their last name", maximum=_NAME)] = None,
    middle_initial: Annotated[str | None, _clearable(_INITIAL)] = None,
    educator_id: Annotated[str | None, _clearable(_EDUCATOR)] = None,
    content_areas: Annotated[str | None, _clearable(_AREAS)] = None,
    grade_levels: Annotated[str | None, _clearable(_GRADES)] = None,
    roles: Annotated[str | None, _ROLES] = None,
    schools: Annotated[
        str | None,
        option("All their schools among those where you decide, separated by commas", maximum=_SCHOOLS),
    ] = None,
    zone: Annotated[str | None, _clearable(_ZONE)] = None,
    auto_finalize: Annotated[bool | None, _FINALIZE] = None,
    message_notifications: Annotated[bool | None, _NOTIFY] = None,
) -> Reply | Form:
    """Change a person's details; what you leave out stays."""
    found = member_named(ctx, person)
    read = {
        "email": _or_none(email, entered_email),
        "first_name": first_name and single_spaced(first_name),
        "last_name": last_name and single_spaced(last_name),
        "middle_initial": _or_none(middle_initial, _initial),
        "educator_id": _or_none(educator_id, str),
        "content_areas": _or_none(content_areas, normalized),
        "grade_levels": _or_none(grade_levels, normalized),
        "zone": _or_none(zone, zone_named),
        "auto_finalize": auto_finalize,
        "message_notifications": message_notifications,
    }
    given: dict[str, object] = {name: value for name, value in read.items() if value is not None}
    if given.get("zone") == "":
        given["zone"] = None
    if not given and roles is None and schools is None:
        return _form(ctx, found)
    unsent = _apply(ctx, found, given, listed(roles or ""), _schools(ctx, schools or ""))
    person_id = found.membership.person_id
    if ctx.uow.members.of(ctx.school.id, person_id) is None:
        now = person_schools.schools_of(ctx.uow, ctx.actor, person_id, Permission.MEMBER_REMOVE)
        return Reply(redraw=cards.removed(found, ctx.school, moved_to=[one.name for one in now]))
    if unsent:
        fresh = member_card(ctx, member_named(ctx, found.membership.id))
        return Reply(redraw=cards.unsent(fresh, unsent[-1].id))
    return again(ctx, found)


def _form(ctx: Context, found: Member) -> Form:
    """Return the form with all details, for a call that named only the person."""
    command = ctx.registry["member edit"]
    values = {"person": found.membership.id, "school": ctx.school.id}
    return forms.form_for(ctx, command, Action(command.path, values), fixed=True)


def _apply(
    ctx: Context, found: Member, given: Mapping[str, object], roles: Sequence[str], schools: Sequence[School]
) -> Sequence[Invitation]:
    """Change roles, details and schools, each only if it differs: a form also sends unchanged values.

    Return the invitations that have to be sent again, to a new address.
    """
    person_id = found.membership.person_id
    wanted = {access.school_role(ctx.uow, ctx.actor, ctx.school, name).name for name in roles}
    regranted = bool(wanted) and wanted != set(found.roles)
    if regranted:
        grants.set_roles(ctx.uow, ctx.actor, ctx.school, person_id, wanted)
    now = asdict(ctx.uow.people.details(person_id))
    edited = any(now[name] != value for name, value in given.items())
    unsent = corrections.edit(ctx.uow, ctx.actor, ctx.school, person_id, given) if edited else []
    if given == {"email": ""} and not edited:  # typed: a form sends all fields, and this one may be empty
        edited = corrections.forget(ctx.uow, ctx.actor, ctx.school, person_id)
    moved = bool(schools) and person_schools.set_schools(ctx.uow, ctx.actor, person_id, schools)
    if not (regranted or edited or moved):
        people.edit(ctx.uow, ctx.actor, ctx.school, person_id, given)  # raises: nothing is different
    return unsent


def _or_none(typed: str | None, read: Callable[[str], str | None]) -> str | None:
    """Read a value that was typed; keep None (not given) and an empty one (cleared) as they are."""
    return read(typed) if typed else typed


def _initial(typed: str) -> str:
    """Read a middle initial by the same rules as in a roster."""
    read = initial(typed)
    if len(read) > _INITIALS:
        raise BadValue("middle_initial", "is one letter", "J")
    return read

"""Exports of all data that is held about a person, for themselves or for an admin."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from bot.core import audit
from bot.core.audit import SYSTEM_CHAIN, AuditEntry
from bot.core.errors import AboveYou, NotFound
from bot.core.people import former_members
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Membership
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import asdict

Export = dict[str, Any]
# How many audit entries one file has, to bound the memory that an export takes; how many are read at a time.
IN_FILE, _A_PAGE = 10_000, 1_000


def own(uow: UnitOfWork, person: Person, part: int = 1) -> Export:
    """Gather all data about a person, for themselves."""
    accounts = [{"issuer": key.issuer, "subject": key.subject} for _, key in uow.people.accounts([person.id])]
    held = _all(uow, person, part)
    return {**held, "accounts": accounts} if part == 1 else held


def of_former(uow: UnitOfWork, actor: Actor, school: School, person_id: str, part: int = 1) -> Export:
    """Gather all data about a former member, for an actor who may erase them."""
    person = former_members.lock_former(
        uow, actor, school, person_id, Permission.MEMBER_EDIT, Permission.MEMBER_REMOVE
    )
    audit.record(uow, actor, "person.exported", f"person:{person.id}", school_id=school.id)
    return _all(uow, person, part)


def by_system(uow: UnitOfWork, actor: Actor, person_id: str, part: int = 1) -> Export:
    """Gather all data about a person who is in no school and has no role, for a System Administrator."""
    person = former_members.lock_for_system(uow, actor, person_id)
    audit.record(uow, actor, "person.exported", f"person:{person.id}")
    return _all(uow, person, part)


def _all(uow: UnitOfWork, person: Person, part: int) -> Export:
    memberships = list(uow.members.of_person(person.id))
    schools = [one.school_id for one in memberships]
    ids = uow.accounts.known_as(person.id)
    rows = {kind.value: list(uow.holdings.records(kind, person.id)) for kind in RecordKind}
    told = _entries(uow, person, ids, _chains(uow, schools, ids, rows), part)
    if part > 1:
        return {**_whom(uow, person), **told}
    password = uow.passwords.of(person.id)
    wider = [asdict(one) for one in uow.holdings.roles(person.id) if one.scope_id not in schools]
    return {
        **_about(uow, person),
        "accounts": _issuers(uow, person),
        "password_changed_at": password.changed_at if password else None,
        "roles_elsewhere": wider,
        "memberships": [_membership(uow, one) for one in memberships],
        **rows,
        "rosters": uow.roster_steps.about(person.id, None),
        "identity_providers": uow.scim_users.about(ids),
        "information_systems": uow.oneroster_known.about(ids),
        "bills": [asdict(uow.settings.billing(one)) for one in schools if _leads(uow, person, one)],
        **told,
    }


def _chains(
    uow: UnitOfWork,
    schools: Sequence[str],
    ids: Sequence[str],
    rows: Mapping[str, Sequence[Mapping[str, object]]],
) -> list[str]:
    """List the audit chains with entries about a person: of present and former schools, and the system's."""
    left = {str(row["school_id"]) for found in rows.values() for row in found if row.get("school_id")}
    return sorted({SYSTEM_CHAIN, *schools, *left, *uow.audit.chains_about(ids)})


def _leads(uow: UnitOfWork, person: Person, school_id: str) -> bool:
    """Tell whether a person is the Primary Admin of a school, and so its billing contact."""
    school = uow.schools.by_id(school_id)
    return school is not None and school.primary_admin_id == person.id


def of_member(uow: UnitOfWork, actor: Actor, school: School, person_id: str, part: int = 1) -> Export:
    """Gather what one school holds about a member; other schools' records are left out.

    Raise `AboveYou` if the member has rights beyond the actor's.
    """
    access.require(uow, actor, Permission.MEMBER_EDIT, school)
    membership, person = uow.members.of(school.id, person_id), uow.people.by_id(person_id)
    if membership is None or person is None:
        raise NotFound("member")
    if person_id != actor.person_id and not access.rights_of(uow, actor, school).include(
        access.granted(uow, person_id, school)
    ):
        raise AboveYou
    audit.record(uow, actor, "person.exported", f"person:{person_id}", school_id=school.id)
    told = _entries(uow, person, uow.accounts.known_as(person.id), [school.id], part)
    if part > 1:
        return {**_whom(uow, person), **told}
    return {
        **_about(uow, person),
        "accounts": _issuers(uow, person),
        "memberships": [_membership(uow, membership)],
        "rosters": uow.roster_steps.about(person_id, school.id),
        **{kind.value: list(uow.holdings.records(kind, person_id, school.id)) for kind in RecordKind},
        **told,
    }


def as_json(export: Export) -> bytes:
    """Encode an export as indented JSON, readable for people and programs."""
    return json.dumps(export, ensure_ascii=False, indent=1, default=str).encode()


def _about(uow: UnitOfWork, person: Person) -> Export:
    whom = _whom(uow, person)
    details = {
        **asdict(uow.people.details(person.id)),
        "proved_address": uow.accounts.proved_email(person.id),
    }
    return {**whom, "person": {**details, **whom["person"]}}


def _whom(uow: UnitOfWork, person: Person) -> Export:
    return {"exported_at": uow.now, "person": {"id": person.id, "name": person.name}}


def _issuers(uow: UnitOfWork, person: Person) -> list[Export]:
    return [{"issuer": key.issuer} for _, key in uow.people.accounts([person.id])]


def _membership(uow: UnitOfWork, membership: Membership) -> Export:
    school = uow.schools.by_id(membership.school_id)
    return {
        **asdict(membership),
        "school": school.name if school else "",
        "roles": list(uow.members.roles(membership.school_id, membership.person_id)),
    }


def _entries(uow: UnitOfWork, person: Person, ids: Sequence[str], chains: Sequence[str], part: int) -> Export:
    """Return one part of the audit entries by or about a person, newest first in each chain.

    An entry says whether the person acted (under any of their `ids`), but does not name another actor.
    """
    told = _told(uow, person.id, chains)
    shown = list(islice(told, (part - 1) * IN_FILE, part * IN_FILE))
    entries = [
        {
            "at": one.at,
            "school_id": one.school_id,
            "action": one.action,
            "subject": one.subject,
            "front": one.front,
            "by_themselves": one.actor_id in ids,
        }
        for one in shown
    ]
    return {"part": part, "more_parts": next(told, None) is not None, "audit": entries}


def _told(uow: UnitOfWork, person_id: str, chains: Sequence[str]) -> Iterator[AuditEntry]:
    """Iterate over the entries of some audit chains by or about a person, reading page by page."""
    for chain in chains:
        last: str | None = None
        while found := uow.audit.listed(chain, action="", person_id=person_id, after=last, limit=_A_PAGE):
            yield from found
            last = found[-1].id

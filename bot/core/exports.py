"""What is held about a person, for them or for an admin of theirs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core import access, audit
from bot.core.actors import Actor, Person
from bot.core.audit import SYSTEM_CHAIN
from bot.core.errors import NotFound
from bot.core.holdings import Kind
from bot.core.members import Membership
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.values import asdict

Export = dict[str, Any]
_MOST_ENTRIES = 10_000


def own(uow: UnitOfWork, person: Person) -> Export:
    """Gather all that is held about a person, for themselves."""
    memberships = list(uow.members.of_person(person.id))
    schools = [one.school_id for one in memberships]
    ids = uow.accounts.known_as(person.id)
    rows = {kind.value: list(uow.holdings.rows(kind, person.id)) for kind in Kind}
    password = uow.passwords.of(person.id)
    accounts = [{"issuer": key.issuer, "subject": key.subject} for _, key in uow.people.accounts([person.id])]
    wider = [asdict(one) for one in uow.holdings.roles(person.id) if one.scope_id not in schools]
    return {
        **_about(uow, person),
        "accounts": accounts,
        "password_changed_at": password.changed_at if password else None,
        "roles_elsewhere": wider,
        "memberships": [_membership(uow, one) for one in memberships],
        **rows,
        "rosters": uow.roster_steps.about(person.id, None),
        "identity_providers": uow.scim_users.about(ids),
        "information_systems": uow.oneroster_known.about(ids),
        "bills": [asdict(uow.settings.billing(one)) for one in schools if _leads(uow, person, one)],
        "audit": [
            one for chain in _chains(uow, schools, ids, rows) for one in _entries(uow, person, ids, chain)
        ],
    }


def _chains(
    uow: UnitOfWork,
    schools: Sequence[str],
    ids: Sequence[str],
    rows: Mapping[str, Sequence[Mapping[str, object]]],
) -> list[str]:
    """Name the chains that tell of somebody: of their schools, of those that they have left, the system's."""
    left = {str(row["school_id"]) for found in rows.values() for row in found if row.get("school_id")}
    return sorted({SYSTEM_CHAIN, *schools, *left, *uow.audit.about(ids)})


def _leads(uow: UnitOfWork, person: Person, school_id: str) -> bool:
    """Tell whether a person is the Primary Admin of a school, who gets its bills."""
    school = uow.schools.by_id(school_id)
    return school is not None and school.primary_admin_id == person.id


def of_member(uow: UnitOfWork, actor: Actor, school: School, person_id: str) -> Export:
    """Gather what one school holds about a member; what other schools hold stays theirs."""
    access.require(uow, actor, Permission.MEMBER_EDIT, school)
    membership, person = uow.members.of(school.id, person_id), uow.people.by_id(person_id)
    if membership is None or person is None:
        raise NotFound("member")
    audit.record(uow, actor, "person.exported", f"person:{person_id}", school_id=school.id)
    return {
        **_about(uow, person),
        "accounts": [{"issuer": key.issuer} for _, key in uow.people.accounts([person_id])],
        "memberships": [_membership(uow, membership)],
        "rosters": uow.roster_steps.about(person_id, school.id),
        **{kind.value: list(uow.holdings.rows(kind, person_id, school.id)) for kind in Kind},
        "audit": _entries(uow, person, uow.accounts.known_as(person.id), school.id),
    }


def as_json(export: Export) -> bytes:
    """Write an export so that people and programs can read it."""
    return json.dumps(export, ensure_ascii=False, indent=1, default=str).encode()


def _about(uow: UnitOfWork, person: Person) -> Export:
    details = asdict(uow.people.details(person.id))
    return {"exported_at": uow.now, "person": {**details, "id": person.id, "name": person.name}}


def _membership(uow: UnitOfWork, membership: Membership) -> Export:
    school = uow.schools.by_id(membership.school_id)
    return {
        **asdict(membership),
        "school": school.name if school else "",
        "roles": list(uow.members.roles(membership.school_id, membership.person_id)),
    }


def _entries(uow: UnitOfWork, person: Person, ids: Sequence[str], chain: str) -> list[Export]:
    """List what they did, by any of their ids, and what was done to them; who else did it is not theirs."""
    found = uow.audit.listed(chain, action="", person_id=person.id, after=None, limit=_MOST_ENTRIES)
    return [
        {
            "at": one.at,
            "school_id": one.school_id,
            "action": one.action,
            "subject": one.subject,
            "front": one.front,
            "by_themselves": one.actor_id in ids,
        }
        for one in found
    ]

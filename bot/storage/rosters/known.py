"""Reads what a roster import needs to know about persons, a thousand of them in one statement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, case, exists, false, select

from bot.core.rights.roles import ScopeKind, stored
from bot.core.rosters.imports import RosterDetails
from bot.core.rosters.known import HeldRole, KnownPerson
from bot.storage.people.rows import membership_of
from bot.storage.rights.custom_roles import OF_ASSIGNMENT
from bot.storage.statements import Statement, batches, in_parameters, in_values
from bot.storage.tables import (
    accounts,
    assignments,
    custom_roles,
    memberships,
    person_emails,
    persons,
    scim_users,
)

# How many persons one statement reads.
AT_ONCE = 1000


@cache
def _people(number: int) -> Statement:
    return Statement(
        select(
            persons.c.id,
            persons.c.name,
            person_emails.c.address,
            persons.c.first_name,
            persons.c.last_name,
            persons.c.content_areas,
            persons.c.grade_levels,
            persons.c.middle_initial,
            persons.c.educator_id,
            exists().where(accounts.c.person_id == persons.c.id).label("has_account"),
        )
        .outerjoin(person_emails, person_emails.c.person_id == persons.c.id)
        .where(persons.c.id.in_(in_parameters("id", number)), persons.c.erased_at.is_(None))
        .order_by(persons.c.id)
    )


@cache
def _memberships(number: int) -> Statement:
    return Statement(select(memberships).where(memberships.c.person_id.in_(in_parameters("id", number))))


@cache
def _held(number: int) -> Statement:
    return Statement(
        select(
            assignments.c.person_id,
            assignments.c.role,
            assignments.c.scope_kind,
            assignments.c.scope_id,
            custom_roles.c.holds,
            custom_roles.c.may_grant,
        )
        .outerjoin(custom_roles, OF_ASSIGNMENT)
        .where(assignments.c.person_id.in_(in_parameters("id", number)))
    )


@cache
def _scim(number: int) -> Statement:
    return Statement(
        select(
            scim_users.c.person_id,
            scim_users.c.district_id,
            scim_users.c.deleted_at.is_(None).label("kept"),
            case((scim_users.c.active.is_(false()), 1), else_=0).label("off"),
        ).where(scim_users.c.person_id.in_(in_parameters("id", number)))
    )


@lru_cache(maxsize=4096)
def _one_held(name: str, kind: str, scope_id: str, holds: str | None, may_grant: str | None) -> HeldRole:
    return HeldRole(name, ScopeKind(kind), scope_id, stored(name, holds, may_grant))


def known(connection: Connection, person_ids: Sequence[str]) -> Sequence[KnownPerson]:
    """Return what an import needs to know about persons, without erased ones."""
    found: list[KnownPerson] = []
    for start in range(0, len(person_ids), AT_ONCE):
        some = list(person_ids[start : start + AT_ONCE])
        found += _known(connection, in_values("id", some + some[-1:] * (AT_ONCE - len(some))))
    return found


def details(connection: Connection, person_ids: Sequence[str]) -> Mapping[str, RosterDetails]:
    """Return the details of persons that a roster can contain, by id, without erased persons."""
    found: dict[str, RosterDetails] = {}
    for some in batches(person_ids, AT_ONCE):
        ids = in_values("id", some + some[-1:] * (AT_ONCE - len(some)))
        for person_id, _, *own, _ in _people(AT_ONCE).rows(connection, **ids):
            found[person_id] = RosterDetails(*(one or "" for one in own))
    return found


def _known(ask: Connection, ids: dict[str, str]) -> Iterator[KnownPerson]:
    memberships_: defaultdict[str, list[Any]] = defaultdict(list)
    for row in _memberships(AT_ONCE).rows(ask, **ids):
        memberships_[row.person_id].append(membership_of(row))
    held: defaultdict[str, list[HeldRole]] = defaultdict(list)
    for row in _held(AT_ONCE).rows(ask, **ids):
        held[row[0]].append(_one_held(*row[1:]))
    scim: defaultdict[str, set[str]] = defaultdict(set)
    off: defaultdict[str, set[str]] = defaultdict(set)
    for person_id, district_id, kept, is_off in _scim(AT_ONCE).rows(ask, **ids):
        if kept:
            scim[person_id].add(district_id)
        if is_off:
            off[person_id].add(district_id)
    for person_id, name, *said, has_account in _people(AT_ONCE).rows(ask, **ids):
        yield KnownPerson(
            person_id,
            name,
            RosterDetails(*(one or "" for one in said)),
            tuple(sorted(memberships_[person_id], key=lambda one: one.id)),
            tuple(sorted(held[person_id], key=lambda one: one[:3])),
            bool(has_account),
            frozenset(scim[person_id]),
            frozenset(off[person_id]),
        )

"""A fake of the queries for how memberships differ from the last roster."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from bot.core.email_addresses import email_key
from bot.core.name_matching import fold_name
from bot.core.people.people import PersonDetails
from bot.core.rosters.drift import Difference, Drift, Drifter, LastRoster
from bot.core.rosters.imports import ImportState, RosterImport, Step, StepKind
from tests.fakes.state import State as Tables

_APPLIED = {ImportState.INVITING, ImportState.DONE}


def _counts(tables: Tables, one: RosterImport) -> bool:
    undone = any(by.undoes == one.id and by.state in _APPLIED for by in tables.roster_imports.values())
    return one.state in _APPLIED and one.undoes is None and not undone


def _steps(tables: Tables, import_id: str) -> list[Step]:
    return [step for (of, _), step in sorted(tables.roster_rows.items()) if of == import_id and step.place]


def last(tables: Tables, schools: Collection[str], districts: Collection[str]) -> Sequence[LastRoster]:
    found: dict[str, LastRoster] = {}
    for one in sorted(tables.roster_imports.values(), key=lambda one: one.id):
        if _counts(tables, one) and (one.school_id in schools or one.district_id in districts):
            assert one.started_at is not None
            for step in _steps(tables, one.id):
                if step.school_id in schools:
                    found[step.school_id] = LastRoster(step.school_id, one.id, one.started_at)
    return [found[school_id] for school_id in sorted(found)]


def count(tables: Tables, import_id: str, schools: Collection[str]) -> Sequence[Drift]:
    numbers = Counter((one.school_id, one.difference) for one in _everyone(tables, import_id, schools))
    return [Drift(*key, number) for key, number in sorted(numbers.items())]


def people(tables: Tables, import_id: str, schools: Collection[str]) -> Iterator[Drifter]:
    return (one for one in _everyone(tables, import_id, schools) if one.difference is not Difference.NONE)


def _everyone(tables: Tables, import_id: str, schools: Collection[str]) -> Iterator[Drifter]:
    steps = [step for step in _steps(tables, import_id) if step.school_id in schools]
    for step in steps:
        name = f"{step.said.first_name} {step.said.last_name}".strip()
        yield Drifter(step.school_id, _difference(tables, step), name, step.said.email)
    named = {(step.school_id, step.person_id) for step in steps}
    extra = [
        one
        for one in tables.memberships.values()
        if one.school_id in schools and one.active and (one.school_id, one.person_id) not in named
    ]
    extra.sort(key=lambda one: (one.school_id, fold_name(tables.persons[one.person_id].name), one.id))
    for one in extra:
        known = tables.details.get(one.person_id, PersonDetails())
        yield Drifter(one.school_id, Difference.EXTRA, tables.persons[one.person_id].name, known.email)


def _difference(tables: Tables, step: Step) -> Difference:
    own = [one for one in tables.memberships.values() if one.person_id == step.person_id]
    here = next((one for one in own if one.school_id == step.school_id), None)
    active = here is not None and here.active
    if step.kind is StepKind.INVITE and not active:
        return Difference.NOT_COME
    if here is None:
        return Difference.GONE
    if not active:
        return Difference.BARRED
    given = tables.assignments
    roles = {one.role for one in given if (one.person, one.scope) == (step.person_id, step.school_id)}
    wanted = step.wanted if step.kind is StepKind.KEEP else step.roles
    if wanted and set(wanted) != roles:
        return Difference.ROLES
    known, said = tables.details.get(step.person_id, PersonDetails()), step.said
    named = (said.first_name or known.first_name, said.last_name or known.last_name)
    same = named == (known.first_name, known.last_name) and email_key(said.email) == email_key(known.email)
    return Difference.NONE if same else Difference.DETAILS

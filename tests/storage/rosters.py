"""Builds roster imports, their steps, and members to be found by them."""

from typing import Any

from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rosters.imports import (
    ImportState,
    Missing,
    Options,
    RosterDetails,
    RosterImport,
    Step,
    StepKind,
)
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.storage import build


def an_import(uow: UnitOfWork, school: School, **changes: object) -> RosterImport:
    """Store a planned import."""
    made = RosterImport(
        build.fresh_id(),
        school.id,
        None,
        Options(Missing.REMOVE, move=True, invite=True),
        ImportState.PLANNED,
        "digest",
        uow.now,
    )
    made = replace(made, **changes)  # type: ignore[arg-type]  # the caller names fields
    assert uow.rosters.add(made)
    return made


def newcomer(school: School, number: int, name: str, **changes: Any) -> Step:
    """Make the step that adds a new person."""
    step = Step(
        number,
        number + 1,
        school.id,
        build.fresh_id(),
        StepKind.ADD,
        RosterDetails(f"{name}@Example.org", name, "Ok “a”", "Maths; Art", "3", "Q", f"0{number}"),
        roles=("Staff", "Viewer"),
        made=build.fresh_id(),
        fresh=True,
    )
    return step._replace(**changes)


def known_member(uow: UnitOfWork, school: School, name: str, *roles: str) -> tuple[str, str]:
    """Store a member with an e-mail address and an educator id; return the ids of person and membership."""
    who = build.person(uow, name)
    kept = build.membership(uow, school, who)
    for role in roles:
        uow.members.assign(who.id, role, school.id, by=None, at=uow.now)
    assert uow.people.save_details(who.id, PersonDetails(name, "L", educator_id="9", email=f"{name}@x.org"))
    return who.id, kept.id

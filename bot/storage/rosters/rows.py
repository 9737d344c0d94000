"""Converts roster imports and their steps to rows and back."""

from typing import Any

from sqlalchemy import bindparam, insert, update

from bot.core.email_addresses import email_key
from bot.core.name_matching import fold_name
from bot.core.rosters.imports import (
    ImportState,
    Missing,
    Options,
    RosterDetails,
    RosterImport,
    Sent,
    Step,
    StepKind,
    StepReason,
)
from bot.storage.statements import Row, Statement, decode_texts, encode_texts
from bot.storage.tables import roster_rows

NAMES = tuple(column.name for column in roster_rows.columns)
_SETTLED = (
    "person_id", "kind", "why", "roles", "roles_before", "before", "made", "sent", "fresh",
)  # fmt: skip

STAGE = Statement(insert(roster_rows))
# The columns of a step about an unknown person; the others do not apply.
NEW_NAMES = tuple(name for name in NAMES if name not in {"why", "before", "created_at", "joined_at"})
SETTLE = Statement(
    update(roster_rows)
    .where(roster_rows.c.import_id == bindparam("of"), roster_rows.c.number == bindparam("at_number"))
    .values({name: bindparam(f"{name}_now", type_=roster_rows.c[name].type) for name in _SETTLED})
)
SETTLE_NAMES = (*(f"{name}_now" for name in _SETTLED), "of", "at_number")


def new_row(import_id: str, step: Step) -> tuple[Any, ...]:
    """Return the row of a step about an unknown person, its values in the order of `NEW_NAMES`."""
    (number, place, school_id, person_id, kind, said, wanted, roles, before, _, _, made, sent,
     invitation, leads, fresh, _, _) = step  # fmt: skip
    email, first, last, areas, grades, middle, educator = said
    return (
        import_id, number, place, school_id, person_id, kind, email, email_key(email), first, last,
        fold_name(f"{first} {last}".strip()), areas, grades, middle, educator, encode_texts(wanted),
        encode_texts(roles), encode_texts(before), made, sent, invitation, leads, fresh,
    )  # fmt: skip


def row_of(import_id: str, step: Step) -> tuple[Any, ...]:
    """Return the row of a step, its values in the order of the table's columns."""
    (number, place, school_id, person_id, kind, said, wanted, roles, before, was, why, made, sent,
     invitation, leads, fresh, created_at, joined_at) = step  # fmt: skip
    email, first, last, areas, grades, middle, educator = said
    return (
        import_id, number, place, school_id, person_id, kind, why, email, email_key(email) if place else "",
        first, last, fold_name(f"{first} {last}".strip()), areas, grades, middle, educator,
        encode_texts(wanted), encode_texts(roles), encode_texts(before),
        None if was is None else encode_texts(was), made, sent, invitation, int(leads), int(fresh),
        created_at, joined_at,
    )  # fmt: skip


def settle_values(import_id: str, step: Step) -> tuple[Any, ...]:
    """Return the values, in the order of `SETTLE_NAMES`, that update what a step does."""
    before = None if step.before is None else encode_texts(step.before)
    return (
        step.person_id, step.kind, step.why, encode_texts(step.roles), encode_texts(step.roles_before),
        before, step.made, step.sent, int(step.fresh), import_id, step.number,
    )  # fmt: skip


def step_of(row: Row) -> Step:
    """Return the step that a row holds."""
    return Step(
        row.number,
        row.place,
        row.school_id,
        row.person_id,
        StepKind(row.kind),
        RosterDetails(
            row.email,
            row.first_name,
            row.last_name,
            row.content_areas,
            row.grade_levels,
            row.middle_initial,
            row.educator_id,
        ),
        decode_texts(row.wanted),
        decode_texts(row.roles),
        decode_texts(row.roles_before),
        None if row.before is None else RosterDetails(*decode_texts(row.before)),
        StepReason(row.why) if row.why else None,
        row.made,
        Sent(row.sent),
        row.invitation,
        bool(row.leads),
        bool(row.fresh),
        row.created_at,
        row.joined_at,
    )


def import_of(row: Row) -> RosterImport:
    """Return the import that a row holds."""
    return RosterImport(
        row.id,
        row.school_id,
        row.district_id,
        Options(Missing(row.missing), row.move, row.invite),
        ImportState(row.state),
        row.digest,
        row.created_at,
        row.rows,
        row.planned_by,
        row.undoes,
        row.started_by,
        row.front,
        row.started_at,
    )


def values_of(roster: RosterImport) -> dict[str, Any]:
    """Return the row of an import."""
    return {
        "id": roster.id,
        "school_id": roster.school_id,
        "district_id": roster.district_id,
        "missing": roster.options.missing.value,
        "move": roster.options.move,
        "invite": roster.options.invite,
        "state": roster.state.value,
        "digest": roster.digest,
        "rows": roster.rows,
        "created_at": roster.created_at,
        "planned_by": roster.planned_by,
        "undoes": roster.undoes,
        "started_by": roster.started_by,
        "front": roster.front,
        "started_at": roster.started_at,
    }

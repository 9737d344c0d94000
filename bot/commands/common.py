"""Options, suggestions and look-ups that several commands share."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import Annotated
from zoneinfo import available_timezones

from bot.chat.context import Context
from bot.chat.limits import SUGGESTIONS
from bot.chat.options import AT_ONCE, LastDay, Start, option
from bot.chat.replies import Item
from bot.chat.text import verbatim
from bot.chat.zones import AMERICAN
from bot.core import audit
from bot.core.audit import ExportedList
from bot.core.errors import BadValue, SchoolUnclear
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools import schools, which_school
from bot.core.schools.schools import School

# In the time zone database, Etc/GMT+2 is two hours behind UTC; people who type it mean the opposite.
_OFFSET = re.compile(r"(?:etc/)?(?:gmt|utc)?_?[+-]\d.*", re.IGNORECASE)

# When an invitation or message is sent.
SendAt = Annotated[Start | None, option("When: Friday 17:00, 2027-01-31; now, if empty", empty_words=AT_ONCE)]
# Whether to do what cannot be undone at once, or to ask first.
Sure = Annotated[bool, option("Yes to do it; if empty, you are asked first")]
# The days that a list or a report covers; the first day has a default of its own.
Since = Annotated[date | None, option("From which day: 30d, 2026-09-01")]
Until = Annotated[LastDay | None, option("Until which day; today, if empty")]
# Which part of an export that has several files.
Part = Annotated[int, option("Which file, if there are several", minimum=1)]


def administers(ctx: Context) -> bool:
    """Tell whether the actor administers this server or workspace, or the whole system."""
    return schools.administers(ctx.uow, ctx.actor)


def linked_here(ctx: Context, school: School) -> bool:
    """Tell whether a school is linked to the workspace in which the actor is."""
    here = ctx.actor.caller.workspace
    return here is not None and schools.is_linked(ctx.uow, here, school.id)


def schools_meant(ctx: Context, least: Permission) -> Sequence[School]:
    """Return the school that the actor means; if it may be several, those nearby where they may do this.

    That takes what the command needs, or `least` if it does not say.
    """
    needs = (ctx.command and ctx.command.needs) or least
    try:
        return [ctx.meant_school()]
    except SchoolUnclear:
        near = which_school.nearby(ctx.uow, ctx.actor)
        found = [one for one in near if access.holds(ctx.uow, ctx.actor, needs, one)]
        if not found:
            raise
        return found[:SUGGESTIONS]


def matching(names: Iterable[str], typed: str) -> list[Item]:
    """Return the names that contain the typed text, as suggestions."""
    return [Item(name, verbatim(name)) for name in names if typed.casefold() in name.casefold()]


def roles_to_give(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the roles that the actor may give in this school."""
    return matching((one.name for one in access.grantable(ctx.uow, ctx.actor, ctx.school)), typed)


def roles_here(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest all roles of this school."""
    return matching((one.name for one in access.school_roles(ctx.uow, ctx.school)), typed)


def zones(_: Context, typed: str) -> Sequence[Item]:
    """Suggest time zones; a city is found without its continent."""
    wanted = typed.strip().replace(" ", "_").casefold()
    usual = [AMERICAN[wanted]] if wanted in AMERICAN else []
    names = {name for name in available_timezones() if not _OFFSET.fullmatch(name)} - {*usual, "EST", "MST"}
    fitting = [*usual, *sorted(name for name in names if wanted in name.casefold())]
    return [Item(name, verbatim(name)) for name in fitting[:SUGGESTIONS]]


def zone_named(typed: str | None) -> str | None:
    """Return the IANA name of a typed time zone or city; raise `BadValue` if it is none, or ambiguous."""
    if typed is None:
        return None
    wanted = typed.strip().replace(" ", "_").casefold()
    if wanted in AMERICAN:
        return AMERICAN[wanted]
    if _OFFSET.fullmatch(wanted):
        raise BadValue(
            "zone", f"cannot be an offset, which changes in summer: “{typed[:40]}”", "Europe/Berlin"
        )
    names = available_timezones()
    whole = [name for name in names if name.casefold() == wanted]
    city = [name for name in names if name.casefold().endswith(f"/{wanted}")]
    if len(found := whole or city) == 1:
        return found[0]
    raise BadValue("zone", f"is no time zone: “{typed[:40]}”", "Europe/Berlin")


def note_export(
    ctx: Context, what: ExportedList, subject: str, school: School | None, rows: int
) -> Callable[[UnitOfWork], None]:
    """Return the unit that notes in the audit log which list of people leaves as a file, and its length."""
    school_id = school.id if school else None
    return partial(
        audit.record_export, actor=ctx.actor, what=what, subject=subject, school_id=school_id, rows=rows
    )

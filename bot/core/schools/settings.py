"""A school's settings: its name and how people join, and its times, limits and questions."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.core import audit
from bot.core.errors import BadValue
from bot.core.ports import UnitOfWork
from bot.core.requests.questions import Question, digest
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools import calendar as school_days
from bot.core.schools import schools
from bot.core.schools.calendar import WORKDAYS, Weekday
from bot.core.schools.holidays import Holiday
from bot.core.schools.schools import School
from bot.core.values import dataclass, field_names, replace

_HOURS = 24
# The settings that decide when the next step of a pending request is due.
_WAITING = {"remind_hours", "escalate_hours", "lapse_days", "digest_days", "holidays"}


@dataclass(frozen=True, slots=True)
class SchoolSettings:
    """A school's settings beyond those of `School`. For numbers, 0 means never, or no limit.

    A roster that would remove more than `most_removed` percent of the members must be confirmed once more.
    """

    digest_at: time | None = time(8)
    digest_days: tuple[Weekday, ...] = WORKDAYS
    holidays: tuple[Holiday, ...] = ()
    remind_hours: int = 24
    escalate_hours: int = 72
    lapse_days: int = 30
    invitee_reminders: bool = True
    welcomes: bool = True
    most_open: int = 0
    longest_days: int = 0
    most_uses: int = 0
    most_removed: int = 20
    questions: tuple[Question, ...] = ()


def edit_school(uow: UnitOfWork, actor: Actor, school: School, **changes: Any) -> School:
    """Change a school's name, how people join, and the like; settings that are None stay."""
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.SCHOOL_EDIT, school)
    current = uow.schools.by_id(school.id) or school
    given = {name: value for name, value in changes.items() if value is not None}
    edited = replace(current, **given)
    if edited == current:
        return current
    if edited.name != current.name:
        schools.refuse_name(uow, edited)
    schools.save(uow, edited)
    _record(uow, actor, school, schools.audited_settings(current), schools.audited_settings(edited))
    return edited


def edit(uow: UnitOfWork, actor: Actor, school: School, changes: Mapping[str, object]) -> SchoolSettings:
    """Change settings of a school; those that are not in `changes` stay."""
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.SCHOOL_EDIT, school)
    before = uow.settings.of(school.id)
    after = replace(before, **changes)  # type: ignore[arg-type]  # the caller names fields
    _refuse_disorder(after)
    _refuse_past_holidays(before, after, uow.now.astimezone(ZoneInfo(school.zone)).date())
    if after == before:
        return before
    uow.settings.save(school.id, after)
    changed = _record(uow, actor, school, audited(before), audited(after))
    if not _WAITING.isdisjoint(changed):
        uow.settings.reschedule(school.id, "")  # there may be very many requests, so a sweep reschedules them
    uow.digests.check_soon(school.id, uow.now)
    return after


def _record(
    uow: UnitOfWork, actor: Actor, school: School, before: Mapping[str, object], after: Mapping[str, object]
) -> Collection[str]:
    """Audit an edit of a school; return the settings that changed."""
    old, new = audit.changed_values(before, after)
    audit.record(uow, actor, "school.edited", school.subject, school_id=school.id, old=old, new=new)
    return new


def _refuse_disorder(settings: SchoolSettings) -> None:
    """Refuse times out of order: a step that comes after lapsing, for example, would never happen."""
    remind, escalate, lapse = settings.remind_hours, settings.escalate_hours, settings.lapse_days * _HOURS
    if escalate and remind >= escalate:
        raise BadValue("escalate_hours", f"must be more than the {remind} hours until the reminder")
    if lapse and max(remind, escalate) >= lapse:
        raise BadValue("lapse_days", f"must be more than the {max(remind, escalate)} hours before it")
    if settings.digest_at is not None and not settings.digest_days:
        raise BadValue("digest_days", "is missing", "Mon-Fri")


def _refuse_past_holidays(before: SchoolSettings, after: SchoolSettings, today: date) -> None:
    """Refuse new holidays in the past, whose year is probably a typing error.

    Old ones may be over by now, since forms send them back.
    """
    over = [one for one in after.holidays if one.last < today and one not in before.holidays]
    if over:
        raise BadValue("holidays", f"lie in the past: “{over[0]}”")


def audited(settings: SchoolSettings) -> dict[str, object]:
    """Return settings as the audit log keeps them; of the questions, only their number and a digest."""
    kept: dict[str, object] = {name: getattr(settings, name) for name in field_names(settings)}
    kept["digest_at"] = f"{settings.digest_at:%H:%M}" if settings.digest_at else None
    kept["digest_days"] = school_days.shown_days(settings.digest_days)
    kept["holidays"] = [str(one) for one in settings.holidays]
    kept["questions"] = f"{len(settings.questions)} ({digest(settings.questions)})"
    return kept


def digest_day(school: School, settings: SchoolSettings, since: datetime, now: datetime) -> date | None:
    """Return the local day whose digest came due after `since` and is not yet too late; None if none is."""
    return school_days.digest_day(
        settings.digest_at, settings.digest_days, settings.holidays, ZoneInfo(school.zone), since, now
    )


def next_digest(school: School, settings: SchoolSettings, now: datetime) -> datetime | None:
    """Return when a school's next digest is due; None if it has none."""
    return school_days.next_digest(
        settings.digest_at, settings.digest_days, settings.holidays, ZoneInfo(school.zone), now
    )


def day_off_ends(school: School, settings: SchoolSettings, now: datetime) -> datetime | None:
    """Return when a school's days off end; None if today is not one."""
    return school_days.day_off_ends(settings.digest_days, settings.holidays, ZoneInfo(school.zone), now)

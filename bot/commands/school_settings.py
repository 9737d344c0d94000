"""/school joining, times, reminders, limits, questions, billing: the forms of a school's settings."""

from typing import Annotated
from zoneinfo import ZoneInfo

from bot.cards.schools import settings as cards
from bot.chat.commands import Asks
from bot.chat.context import Context
from bot.chat.options import NO_END, Option, option
from bot.chat.replies import Card
from bot.chat.values import as_typed
from bot.commands.school import InvitedComeIn, WhoDecides, WhoMayAsk, count_still_waiting, school
from bot.core.email_addresses import LONGEST_EMAIL, entered_email
from bot.core.requests import questions as core_questions
from bot.core.requests.questions import LONGEST, read_question
from bot.core.rights.permissions import Permission
from bot.core.schools import billing as core_billing
from bot.core.schools import calendar as school_days
from bot.core.schools import settings as school_settings
from bot.core.schools.holidays import read_holidays
from bot.core.schools.settings import SchoolSettings
from bot.core.values import asdict

_HOURS = 24 * 60
_DAYS = 366
_MOST = 100_000
_NAME = 120
_ADDRESS = 500


def _up_to(maximum: int, description: str) -> Option:
    """Describe a number up to a maximum; an emptied field clears it."""
    return option(description, minimum=0, maximum=maximum, clears=True)


def _door(ctx: Context) -> dict[str, str]:
    now = ctx.school
    return {
        "access": now.access.value,
        "approval": now.approval.value,
        "invitation_skips_approval": as_typed(now.invitation_skips_approval),
        "late_codes": as_typed(now.late_codes),
        "ask_again_days": str(now.ask_again_days),
    }


@school.command(needs=Permission.SCHOOL_EDIT, asks=_door, submit="Save")
def joining(
    ctx: Context,
    access: WhoMayAsk = None,
    approval: WhoDecides = None,
    invitation_skips_approval: InvitedComeIn = None,
    late_codes: Annotated[
        bool | None, option("Whether a code that has expired, is used up or locked becomes a request to join")
    ] = None,
    ask_again_days: Annotated[
        int | None, option("Days until a rejected person may ask again", minimum=0, maximum=_DAYS)
    ] = None,
) -> Card:
    """Set who comes in, and how."""
    edited = school_settings.edit_school(
        ctx.uow,
        ctx.actor,
        ctx.school,
        access=access,
        approval=approval,
        invitation_skips_approval=invitation_skips_approval,
        late_codes=late_codes,
        ask_again_days=ask_again_days,
    )
    return cards.saved(edited, cards.door(edited), waiting=count_still_waiting(ctx, edited))


def _filled(*names: str) -> Asks:
    """Return what fills a form with the present numbers and switches; 0 is shown as an empty field."""

    def fill(ctx: Context) -> dict[str, str]:
        now = ctx.uow.settings.of(ctx.school.id)
        there = {name: getattr(now, name) for name in names}
        return {
            name: as_typed(value) if value or isinstance(value, bool) else "" for name, value in there.items()
        }

    return fill


def _edit(ctx: Context, **changes: object) -> SchoolSettings:
    """Change the settings that were given; those that are None stay."""
    given = {name: value for name, value in changes.items() if value is not None}
    return school_settings.edit(ctx.uow, ctx.actor, ctx.school, given)


def _times(ctx: Context) -> dict[str, str]:
    now = ctx.uow.settings.of(ctx.school.id)
    return {
        "digest_time": f"{now.digest_at:%H:%M}" if now.digest_at else "",
        "digest_days": school_days.shown_days(now.digest_days),
        "holidays": "\n".join(map(str, now.holidays)),
        "welcomes": as_typed(now.welcomes),
    }


@school.command(needs=Permission.SCHOOL_EDIT, asks=_times, submit="Save")
def times(
    ctx: Context,
    digest_time: Annotated[
        str | None,
        option("When the digest comes, in the school's time zone: 7:30; never, if empty", clears=True),
    ] = None,
    digest_days: Annotated[str | None, option("On which days: Mon-Fri, or Mon, Wed, Fri")] = None,
    holidays: Annotated[
        str | None,
        option("Days off: Dec 21 to Jan 6, 2027-05-01", lines=True, clears=True),
    ] = None,
    welcomes: Annotated[
        bool | None, option("Whether newcomers to the server or workspace are told how to join")
    ] = None,
) -> Card:
    """Set when the digest of waiting requests comes, and your holidays."""
    changes: dict[str, object] = {} if welcomes is None else {"welcomes": welcomes}
    if digest_time is not None:
        off = digest_time.casefold() in {"", *NO_END}
        changes["digest_at"] = None if off else school_days.read_time(digest_time, "digest_time")
    if digest_days:
        changes["digest_days"] = school_days.read_days(digest_days, "digest_days")
    if holidays is not None:
        today = ctx.uow.now.astimezone(ZoneInfo(ctx.school.zone)).date()
        changes["holidays"] = read_holidays(holidays, "holidays", today)
    edited = school_settings.edit(ctx.uow, ctx.actor, ctx.school, changes)
    due = school_settings.next_digest(ctx.school, edited, ctx.uow.now)
    return cards.saved(ctx.school, cards.times(edited, due))


@school.command(
    needs=Permission.SCHOOL_EDIT,
    asks=_filled("remind_hours", "escalate_hours", "lapse_days", "invitee_reminders"),
    submit="Save",
)
def reminders(
    ctx: Context,
    remind_hours: Annotated[
        int | None,
        _up_to(_HOURS, "Hours until approvers are reminded; never, if empty"),
    ] = None,
    escalate_hours: Annotated[
        int | None,
        _up_to(_HOURS, "Hours until a request goes to other admins too; never, if empty"),
    ] = None,
    lapse_days: Annotated[
        int | None,
        _up_to(_DAYS, "Days until a request lapses; never, if empty"),
    ] = None,
    invitee_reminders: Annotated[
        bool | None, option("Whether people are reminded of their invitation")
    ] = None,
) -> Card:
    """Set what happens to requests and invitations that wait."""
    edited = _edit(
        ctx,
        remind_hours=remind_hours,
        escalate_hours=escalate_hours,
        lapse_days=lapse_days,
        invitee_reminders=invitee_reminders,
    )
    return cards.saved(ctx.school, cards.reminders(edited))


@school.command(
    needs=Permission.SCHOOL_EDIT,
    asks=_filled("most_open", "longest_days", "most_uses", "most_removed"),
    submit="Save",
)
def limits(
    ctx: Context,
    most_open: Annotated[
        int | None,
        _up_to(_MOST, "Most open invitations at a time; no limit, if empty"),
    ] = None,
    longest_days: Annotated[
        int | None,
        _up_to(_DAYS, "Days after which every invitation ends; no limit, if empty"),
    ] = None,
    most_uses: Annotated[
        int | None,
        _up_to(_MOST, "Most people who can use one invitation; no limit, if empty"),
    ] = None,
    most_removed: Annotated[
        int | None,
        _up_to(100, "Percent of members a roster may remove without asking; never asks, if empty"),
    ] = None,
) -> Card:
    """Limit your school's invitations, and what rosters may remove."""
    edited = _edit(
        ctx,
        most_open=most_open,
        longest_days=longest_days,
        most_uses=most_uses,
        most_removed=most_removed,
    )
    return cards.saved(ctx.school, cards.limits(edited))


def _asked(ctx: Context) -> dict[str, str]:
    now = ctx.uow.settings.of(ctx.school.id).questions
    return {f"question_{place}": str(one) for place, one in enumerate(now, start=1)}


_LENGTH = LONGEST + len(" (optional)")
_Question = Annotated[
    str | None,
    option(
        "What applicants are asked; end it with (optional) if they need not answer",
        maximum=_LENGTH,
        clears=True,
    ),
]


@school.command(needs=Permission.SCHOOL_EDIT, asks=_asked, submit="Save")
def questions(
    ctx: Context,
    question_1: _Question = None,
    question_2: _Question = None,
    question_3: _Question = None,
    question_4: _Question = None,
    question_5: _Question = None,
) -> Card:
    """Set the questions for people who want to join."""
    now = list(map(str, ctx.uow.settings.of(ctx.school.id).questions))
    now += [""] * (core_questions.MOST - len(now))
    typed = (question_1, question_2, question_3, question_4, question_5)
    wanted = (old if new is None else new for old, new in zip(now, typed, strict=True))
    asked = tuple(one for text in wanted if (one := read_question(text)) is not None)
    return cards.asking(ctx.school, _edit(ctx, questions=asked).questions)


@school.command(needs=Permission.SCHOOL_EDIT, submit="Show", reads=True)
def billing(ctx: Context) -> Card:
    """Show who gets your school's bills."""
    details = core_billing.details(ctx.uow, ctx.actor, ctx.school)
    may_edit = core_billing.may_edit(ctx.uow, ctx.actor, ctx.school)
    return cards.billing(ctx.school, details, ctx.typed, may_edit=may_edit)


def _billed(ctx: Context) -> dict[str, str]:
    return asdict(core_billing.details(ctx.uow, ctx.actor, ctx.school))


@school.command(needs=Permission.SCHOOL_EDIT, asks=_billed, submit="Save")
def bill_to(
    ctx: Context,
    name: Annotated[
        str | None, option("Who gets the bills; you, if empty", maximum=_NAME, clears=True)
    ] = None,
    email: Annotated[
        str | None,
        option("The e-mail address for bills; yours, if empty", maximum=LONGEST_EMAIL, clears=True),
    ] = None,
    address: Annotated[
        str | None, option("The address that stands on them", maximum=_ADDRESS, lines=True, clears=True)
    ] = None,
    reference: Annotated[
        str | None, option("A reference or purchase order for them", maximum=_NAME, clears=True)
    ] = None,
) -> Card:
    """Set who gets your school's bills; only the Primary Admin can."""
    read = {"name": name, "email": email and entered_email(email), "address": address}
    given = {one: value for one, value in {**read, "reference": reference}.items() if value is not None}
    details = core_billing.edit(ctx.uow, ctx.actor, ctx.school, given)
    return cards.billing(ctx.school, details, ctx.typed, may_edit=True, done=True)

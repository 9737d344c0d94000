"""Cards about a school's settings: joining, times, reminders, limits, questions, billing."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.cards.common import at_most, fields, optional, yes_no
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Fields, Text, Tone
from bot.chat.text import Line, count, say, verbatim
from bot.core.requests.questions import Question
from bot.core.schools.billing import BillingDetails
from bot.core.schools.calendar import shown_days
from bot.core.schools.schools import Approval, School, SchoolAccess
from bot.core.schools.settings import SchoolSettings

_ACCESS = {
    SchoolAccess.PUBLIC: say("Public: anyone can find it and ask"),
    SchoolAccess.PRIVATE: say("Private: a link or code is needed"),
}
_APPROVAL = {
    Approval.AUTOMATIC: say("Automatic: whoever comes is a member at once"),
    Approval.BY_REQUEST: say("By request: an admin decides"),
}


def door(school: School) -> Fields:
    """Return fields with how people join the school."""
    return fields(
        (say("Access"), _ACCESS[school.access]),
        (say("Approval"), _APPROVAL[school.approval]),
        (say("Invitations skip approval"), yes_no(school.invitation_skips_approval)),
        (say("Late codes become requests"), yes_no(school.late_codes)),
        (say("Rejected people may ask again after"), _days(school.ask_again_days)),
    )


def times(settings: SchoolSettings, due: datetime | None) -> Fields:
    """Return fields with the times of digests, and whether newcomers are welcomed."""
    at = f"{settings.digest_at:%H:%M}" if settings.digest_at else ""
    days = shown_days(settings.digest_days)
    return fields(
        (say("Digest"), say("{at}, {days}", at=at, days=days) if at else say("Never")),
        (say("Next digest"), say("{due}", due=due) if due else None),
        (say("Holidays"), optional(", ".join(map(str, settings.holidays)))),
        (say("Newcomers are welcomed"), yes_no(settings.welcomes)),
    )


def reminders(settings: SchoolSettings) -> Fields:
    """Return fields with what happens to join requests and invitations that stay unanswered."""
    return fields(
        (say("Approvers are reminded after"), _hours(settings.remind_hours)),
        (say("Requests go to other admins after"), _hours(settings.escalate_hours)),
        (say("Requests lapse after"), _days(settings.lapse_days)),
        (say("Invited people are reminded"), yes_no(settings.invitee_reminders)),
    )


def limits(settings: SchoolSettings) -> Fields:
    """Return fields with the limits on invitations and rosters."""
    longest = _days(settings.longest_days) if settings.longest_days else say("No limit")
    return fields(
        (say("Most open invitations"), at_most(settings.most_open)),
        (say("Invitations work for at most"), longest),
        (say("Most uses of an invitation"), at_most(settings.most_uses)),
        (say("Rosters ask before they remove more than"), _share(settings.most_removed)),
    )


def _share(percent: int) -> Line:
    return say("{percent} % of the members", percent=percent) if percent else say("Never")


def _hours(number: int) -> Line:
    return count(number, "{n} hour", "{n} hours") if number else say("Never")


def _days(number: int) -> Line:
    return count(number, "{n} day", "{n} days") if number else say("Never")


def questions(asked: Sequence[Question]) -> Fields:
    """Return fields with the questions to applicants."""
    return Fields(
        tuple(
            (say("Question {n}", n=place), verbatim(str(question)))
            for place, question in enumerate(asked, start=1)
        )
    )


def saved(school: School, block: Fields, *, waiting: int = 0) -> Card:
    """Show settings after a change; `waiting` is how many requests from before it still need an admin."""
    title = say("{school}: settings saved", school=school.name)
    return Card(title, (block, *(_still_wait(school, waiting) if waiting else ())), tone=Tone.GOOD)


def _still_wait(school: School, waiting: int) -> tuple[Block, ...]:
    told = count(
        waiting,
        "{n} person asked before this and is still waiting, until you approve them or they ask again.",
        "{n} people asked before this and are still waiting, until you approve them or they ask again.",
    )
    every = Button(say("All requests"), Action("request list", {"school": school.id}))
    return (Text(told), Actions((every,)))


def asking(school: School, asked: Sequence[Question]) -> Card:
    """Show the questions to applicants after a change."""
    if not asked:
        return Card(say("{school} asks applicants nothing", school=school.name), tone=Tone.GOOD)
    note = say("Only those who decide see the answers.")
    return Card(
        say("{school} asks applicants", school=school.name),
        (questions(asked), Text(note, quiet=True)),
        tone=Tone.GOOD,
    )


def change(school: School) -> Actions:
    """Return the buttons that open the forms of a school's settings."""
    values = {"school": school.id}
    forms = (
        (say("Name and place"), "school edit"),
        (say("Joining"), "school joining"),
        (say("Questions"), "school questions"),
        (say("Times"), "school times"),
        (say("Reminders"), "school reminders"),
        (say("Limits"), "school limits"),
    )
    return Actions(tuple(Button(label, Action(path, values, ask=True)) for label, path in forms))


def billing(
    school: School,
    details: BillingDetails,
    typed: Callable[[str], str],
    *,
    may_edit: bool,
    done: bool = False,
) -> Card:
    """Show who receives a school's bills."""
    shown = fields(
        (say("Contact"), optional(details.name)),
        (say("E-mail"), optional(details.email)),
        (say("Address"), optional(details.address)),
        (say("Reference or purchase order"), optional(details.reference)),
    )
    blocks: list[Block] = [shown] if shown.pairs else [Text(say("Nothing has been entered yet."))]
    if may_edit and not done:
        change = Action("school bill_to", {"school": school.id}, ask=True)
        blocks.append(Actions((Button(say("Change"), change),)))
    elif not may_edit:
        line = typed("school show")
        blocks.append(
            Text(say("Only the Primary Admin can change this. See `{line}`.", line=line), quiet=True)
        )
    title = (
        say("Billing details of {school} saved", school=school.name)
        if done
        else say("Billing details of {school}", school=school.name)
    )
    return Card(title, tuple(blocks), tone=Tone.GOOD if done else Tone.NEUTRAL)

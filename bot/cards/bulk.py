"""Cards about bulk jobs: the plan, the progress, and the result."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from bot.cards.common import PAGE, fields, people
from bot.cards.tables import table
from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Progress, Style, Text, Tone
from bot.chat.text import Line, count, plain, say, verbatim
from bot.core.bulk.acts import INVITING, RULES, Act
from bot.core.bulk.planning import ItemState, JobState, Plan, Planned
from bot.core.bulk.reasons import KeptOutReason
from bot.core.bulk.views import Entry, JobView
from bot.core.ids import grouped
from bot.core.schools.schools import School

# How many names the card of a plan shows.
FIRST = PAGE

_ACT = {
    Act.SUSPEND: say("Suspend"),
    Act.REINSTATE: say("Reinstate"),
    Act.DEACTIVATE: say("Deactivate"),
    Act.REACTIVATE: say("Reactivate"),
    Act.ARCHIVE: say("Archive"),
    Act.RESTORE: say("Restore"),
    Act.INVITE: say("Invite"),
    Act.INVITE_LATER: say("Prepare invitations for"),
    Act.REVOKE: say("Revoke the invitations of"),
    Act.ORGANIZE: say("Replace the schools of"),
    Act.PUT_BACK: say("Put back the schools of"),
    Act.ADD: say("Add"),
    Act.REMOVE: say("Remove"),
}
_DONE = {
    Act.SUSPEND: say("suspended"),
    Act.REINSTATE: say("reinstated"),
    Act.DEACTIVATE: say("deactivated"),
    Act.REACTIVATE: say("reactivated"),
    Act.ARCHIVE: say("archived"),
    Act.RESTORE: say("restored"),
    Act.INVITE: say("invited"),
    Act.INVITE_LATER: say("to be invited; nothing is sent yet"),
    Act.REVOKE: say("no longer invited"),
    Act.ADD: say("added"),
    Act.REMOVE: say("removed"),
}
_KEPT = {
    KeptOutReason.OWN: say("Yourself"),
    KeptOutReason.PRIMARY: say("Primary Admin"),
    KeptOutReason.ABOVE: say("May do more than you"),
    KeptOutReason.NOTHING: say("Nothing to change"),
    KeptOutReason.NOT_PERMITTED: say("Not yours to change"),
    KeptOutReason.GONE: say("No longer a member"),
    KeptOutReason.CHANGED: say("Changed in the meantime"),
    KeptOutReason.STRICTER: say("Were suspended before, and stay deactivated"),
    KeptOutReason.OFF: say("Switched off by the district"),
    KeptOutReason.FULL: say("No room: a limit is reached"),
    KeptOutReason.OUT: say("Kept out, or not let in yet"),
    KeptOutReason.SAME_ID: say("Have the educator id of somebody there"),
}
_EACH = say("Each of them is changed as if you had done it one by one.")
_EACH_TOLD = say("Each of them is changed, and told, as if you had done it one by one.")
_STATE = {
    ItemState.PLANNED: say("To be done"),
    ItemState.DONE: say("Done"),
    ItemState.KEPT: say("Left alone"),
}


def _title(act: Act, number: int, school: School) -> Line:
    return say("{act} {people} of {school}?", act=_ACT[act], people=people(number), school=school.name)


def planned(planned: Planned, school: School, names: Sequence[str]) -> Card:
    """Show what a bulk act would change, and ask for confirmation."""
    plan, job = planned.plan, planned.job
    act, number = plan.asked.act, len({one.person_id for one in plan.affected})
    blocks: list[Block] = []
    if planned.stale:
        blocks.append(Text(say("Things have changed since you looked. This is how they stand now.")))
    if job is None:
        title = say("{act}: there is nobody this applies to", act=_ACT[act])
        return Card(title, (*blocks, *_kept(plan.kept)))
    blocks.append(Text(_named(names, number)))
    blocks += [*_moves(plan), *_losses(plan), *_kept(plan.kept)]
    title = _title(act, number, school)
    confirm = Confirm(title, _EACH if act in INVITING else _EACH_TOLD, _ACT[act])
    style = Style.DANGER if plan.invitations_ended or plan.roles_lost else Style.PRIMARY
    buttons = [Button(say("Apply"), Action("bulk apply", {"job": job.id}), style, confirm)]
    buttons.append(Button(say("Show everyone"), Action("bulk who", {"job": job.id})))
    return Card(title, (*blocks, Actions(tuple(buttons))), tone=Tone.WAITING)


def _named(names: Sequence[str], number: int) -> Line:
    shown = ", ".join(names)
    more = number - len(names)
    return say("{names} and {n} more", names=shown, n=more) if more else verbatim(shown)


def _moves(plan: Plan) -> list[Block]:
    does = Counter(one.does for one in plan.affected)
    return _fields(
        (say("Join a school"), _number(does[Act.ADD]) if does[Act.ADD] else None),
        (say("Leave a school"), _number(does[Act.REMOVE]) if does[Act.REMOVE] else None),
    )


def _losses(plan: Plan) -> list[Block]:
    resting = ", ".join(f"{role} ({number})" for role, number in plan.roles_lost)
    return _fields(
        (say("Roles that stop working"), verbatim(resting) if resting else None),
        (
            say("Invitations that end for good"),
            _number(plan.invitations_ended) if plan.invitations_ended else None,
        ),
    )


def _kept(kept: Mapping[KeptOutReason, int]) -> list[Block]:
    if not kept:
        return []
    rows = [(_KEPT[why], _number(kept[why])) for why in KeptOutReason if kept.get(why)]
    return [Text(say("Left as they are:"), quiet=True), fields(*rows)]


def _fields(*pairs: tuple[Line, Line | None]) -> list[Block]:
    return [fields(*pairs)] if any(value for _, value in pairs) else []


def _number(number: int) -> Line:
    return say("{number}", number=number)


def shown(view: JobView) -> Card:
    """Show a bulk job: its progress, or its result."""
    job, done, waiting = view.job, view.number(ItemState.DONE), view.number(ItemState.PLANNED)
    title = say("{act} people of {school}", act=_ACT[job.act], school=view.school.name)
    again = Button(say("Look again"), Action("bulk show", {"job": job.id}))
    if job.state is JobState.PLANNED:
        return Card(say("{title}: not applied", title=title), (Actions((again,)),))
    label = say("Codes and links") if job.act in INVITING else say("Show everyone")
    everyone = Button(label, Action("bulk who", {"job": job.id}))
    if job.state is JobState.APPLYING:
        total = sum(view.counts.values())
        progress = Progress(total - waiting, total, title)
        told = Text(
            say("It carries on by itself, and I will send you a message about how it went."), quiet=True
        )
        under_way = say("{title}: under way", title=title)
        return Card(under_way, (progress, told, Actions((again, everyone))), tone=Tone.WAITING)
    title = _outcome(view, done)
    buttons = [everyone]
    if view.undoable and (opposite := RULES[job.act].opposite):
        buttons.insert(0, _undo(view, opposite, done))
    blocks: list[Block] = [*_told(view), *_kept(view.kept), Actions(tuple(buttons))]
    return Card(title, tuple(blocks), tone=Tone.GOOD)


def _outcome(view: JobView, done: int) -> Line:
    if view.job.act not in _DONE:
        return count(done, "{n} membership changed", "{n} memberships changed")
    said = {"people": people(done), "done": _DONE[view.job.act]}
    return say("{people} of {school} {done}", school=view.school.name, **said)


def _told(view: JobView) -> list[Block]:
    if view.job.undoes and not view.number(ItemState.DONE):
        return [Text(say("Nothing could be undone: each of them has been changed since, or is left alone."))]
    if view.job.undoes:
        return [Text(say("The change to many people is undone. Invitations that have ended stay ended."))]
    if view.undone_by:
        return [Text(say("This has since been undone."))]
    return []


def _undo(view: JobView, opposite: Act, done: int) -> Button:
    title = say("{act} {people}?", act=_ACT[opposite], people=people(done))
    text = say(
        "People whom others have changed since are left alone. Invitations that have ended stay ended."
    )
    action = Action("bulk undo", {"job": view.job.id})
    return Button(say("Undo"), action, Style.PLAIN, Confirm(title, text, say("Undo")))


def everyone(view: JobView, entries: Sequence[Entry], links: Links) -> Callable[[], Card]:
    """Return a deferred card with everyone in a bulk job as a spreadsheet."""
    coded = view.job.act in INVITING
    header = ("name", "e-mail", "school", "act", "state", "why", *(("code", "link") if coded else ()))
    rows = [_row(one, links if coded else None) for one in entries]

    def make_card() -> Card:
        title = say("{act}: {people}", act=_ACT[view.job.act], people=people(len(rows)))
        return Card(title, (table("people", header, rows, say("Everyone, as a spreadsheet")),))

    return make_card


def _row(one: Entry, links: Links | None) -> tuple[str, ...]:
    """Return the row of one person in a bulk job; with `links`, it has their code and link."""
    why = plain(_KEPT[one.item.why]) if one.item.why else ""
    told = (one.name, one.email, one.school, plain(_ACT[one.item.does]), plain(_STATE[one.item.state]), why)
    if links is None:
        return told
    if one.invitation is None:
        return (*told, "", "")
    return (*told, grouped(one.invitation.code), links.invitation(one.invitation.token) or "")

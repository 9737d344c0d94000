"""Cards about transferring one person's records to another."""

from bot.cards.common import fields
from bot.cards.people.accounts import KINDS
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Style, Text, Tone
from bot.chat.text import Line, count, say, verbatim
from bot.core.people.transfers import TransferPlan
from bot.core.schools.schools import School


def _what(plan: TransferPlan) -> Block:
    counts = [(KINDS[kind], say("{number}", number=number)) for kind, number in plan.counts]
    others = [(verbatim(name), say("{number}", number=number)) for name, number in plan.others]
    return fields(
        *counts,
        *others,
        (say("Primary Admin"), say("Passes on") if plan.asked.primary else None),
    )


def _names(plan: TransferPlan) -> dict[str, str]:
    return {"source": plan.asked.source.name, "target": plan.asked.target.name}


def planned(plan: TransferPlan, school: School, action: Action, *, stale: bool) -> Card:
    """Show what a transfer would change, and ask for confirmation."""
    names = _names(plan)
    blocks: list[Block] = []
    if stale:
        blocks.append(Text(say("Things have changed since you looked. This is how they stand now.")))
    blocks.append(_what(plan))
    if plan.ending:
        one = "{n} open invitation stops working, because {target} may not invite with its role."
        words = "{n} open invitations stop working, because {target} may not invite with their role."
        blocks.append(Text(count(plan.ending, one, words, target=names["target"])))
    if plan.narrowed:
        one = "{n} open invitation gives only a part of what it offers: {target} may not invite to the rest."
        words = (
            "{n} open invitations give only a part of what they offer: {target} may not invite to the rest."
        )
        blocks.append(Text(count(plan.narrowed, one, words, target=names["target"])))
    if plan.stopped:
        one = "{n} scheduled message does not go out, because {target} may not send it."
        words = "{n} scheduled messages do not go out, because {target} may not send them."
        blocks.append(Text(count(plan.stopped, one, words, target=names["target"])))
    if plan.asked.remove:
        words = "{source} is removed from {school}."
        blocks.append(Text(say(words, source=names["source"], school=school.name)))
    confirm = Confirm(_title(plan), say("They cannot be told apart afterwards."), say("Transfer"))
    blocks.append(Actions((Button(say("Transfer"), action, Style.PRIMARY, confirm),)))
    return Card(_title(plan), tuple(blocks), tone=Tone.WAITING)


def _title(plan: TransferPlan) -> Line:
    return say("Transfer the records of {source} to {target}?", **_names(plan))


def done(plan: TransferPlan, school: School) -> Card:
    """Confirm what was transferred."""
    blocks: list[Block] = [_what(plan)]
    if plan.asked.remove:
        words = "{source} is no longer a member of {school}."
        blocks.append(Text(say(words, source=plan.asked.source.name, school=school.name)))
    return Card(
        say("The records of {source} now belong to {target}", **_names(plan)), tuple(blocks), tone=Tone.GOOD
    )

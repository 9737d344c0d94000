"""Cards about members."""

from collections.abc import Sequence

from bot.cards.common import further, moment
from bot.chat.actions import Action
from bot.chat.replies import Block, Card, Table, Text
from bot.chat.text import Line, say, verbatim
from bot.core.members import Member, Standing
from bot.core.schools import School

_STANDINGS = {
    Standing.ACTIVE: say("Active"),
    Standing.PENDING: say("Pending"),
    Standing.REJECTED: say("Rejected"),
}


def _status(member: Member) -> Line:
    barred = member.membership.barred_as
    return verbatim(barred.capitalize()) if barred else _STANDINGS[member.membership.standing]


def listed(found: Sequence[Member], school: School, text: str, *, more: bool) -> Card:
    """List members by name."""
    title = say("Members of {school}", school=school.name)
    if not found:
        return Card(title, (Text(say("Nobody fits that search.") if text else say("Nobody is here yet.")),))
    rows = tuple(
        (
            verbatim(member.name),
            verbatim(", ".join(member.roles)) if member.roles else say("-"),
            _status(member),
            moment(member.membership.joined_at, say("-")),
        )
        for member in found
    )
    blocks: list[Block] = [Table((say("Name"), say("Roles"), say("Status"), say("Joined")), rows)]
    if more:
        values = {"after": found[-1].membership.id, "school": school.id}
        blocks.append(
            further(say("More"), Action("member more", {**values, **({"search": text} if text else {})}))
        )
    return Card(title, tuple(blocks))

"""Cards about people who are in no school any more, for System Administrators."""

from collections.abc import Sequence

from bot.cards.common import NOTHING, fields, next_page, optional
from bot.cards.people.accounts import platforms
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Item, Select, Style, Table, Text
from bot.chat.text import say, verbatim
from bot.core.people.former_members import FormerMember

_KEPT = say(
    "They are not in any school and have no role: they have left, or were never let in. What is held "
    "about them is kept until they, or you, erase it."
)


def listed(found: Sequence[FormerMember], search: str, *, more: bool) -> Card:
    """List people who are in no school any more, newest first, with a menu that opens one."""
    title = say("People in no school")
    if not found:
        return Card(title, (Text(say("Nobody matches that search.") if search else say("There is nobody.")),))
    rows = tuple(
        (
            verbatim(one.person.name),
            optional(one.details.email) or NOTHING,
            optional(platforms(one.issuers)) or NOTHING,
        )
        for one in found
    )
    items = tuple(Item(one.person.id, verbatim(one.person.name)) for one in found)
    blocks: list[Block] = [
        Text(_KEPT, quiet=True),
        Table((say("Name"), say("E-mail"), say("Accounts")), rows),
        Select(say("Open somebody"), Action("system person"), "person", items, each=say("Open")),
    ]
    if more:
        wanted = {"after": found[-1].person.id, **({"search": search} if search else {})}
        blocks.append(next_page(say("More"), Action("system others", wanted)))
    return Card(title, tuple(blocks))


def shown(found: FormerMember) -> Card:
    """Show a person who is in no school any more, with what can be done."""
    names = ", ".join(school.name for school in found.schools)
    whom = {"person": found.person.id}
    return Card(
        verbatim(found.person.name),
        (
            fields(
                (say("E-mail"), optional(found.details.email)),
                (say("Accounts"), optional(platforms(found.issuers))),
                (say("In the records of"), verbatim(names) if names else say("No school")),
            ),
            Text(_KEPT, quiet=True),
            Actions(
                (
                    Button(say("Hand over"), Action("system copy", whom)),
                    Button(say("Erase"), Action("system erase", whom), Style.DANGER),
                )
            ),
        ),
    )

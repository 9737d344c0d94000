"""Cards about batches of single-use codes, and their files."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.cards.common import fields, moment, next_page, optional
from bot.cards.invitations import sheets
from bot.cards.invitations.addressed import STATES
from bot.cards.tables import table
from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.replies import Actions, Block, Button, Card, Confirm, File, Item, Select, Style, Text, Tone
from bot.chat.text import Line, count, plain, say, verbatim
from bot.core.ids import grouped
from bot.core.invitations.batches import CODES_PER_SHEET, Batch, BatchView
from bot.core.invitations.invitations import Invitation
from bot.core.schools.schools import School


def shown(view: BatchView, *, secret: bool, may_revoke: bool, files: Sequence[Block] = ()) -> Card:
    """Show a batch and how many of its codes are used; its files only with `secret`."""
    template = view.template
    terms = fields(
        (say("Role"), verbatim(template.role_for(view.school))),
        (say("Used"), say("{used} of {size}", used=view.used, size=view.batch.size)),
        (say("Revoked"), say("{n}", n=view.revoked) if view.revoked else None),
        (say("Expires"), moment(template.expires_at, say("Never"))),
        (say("Note"), optional(template.note)),
        (say("Label"), optional(view.batch.label)),
    )
    buttons = _files(view.batch) if secret else []
    if may_revoke and view.left:
        buttons.append(_revoke(view))
    actions = [Actions(tuple(buttons))] if buttons else []
    title = _title(view.batch, view.school)
    return Card(title, (terms, *files, *actions), tone=Tone.GOOD if view.left else Tone.NEUTRAL)


def _title(batch: Batch, school: School) -> Line:
    return say("{codes} for {school}", codes=_codes(batch.size), school=school.name)


def _codes(number: int) -> Line:
    return count(number, "{n} single-use code", "{n} single-use codes")


def _files(batch: Batch) -> list[Button]:
    values = {"batch": batch.id}
    parts = -(-batch.size // CODES_PER_SHEET)
    if parts == 1:
        sheet_buttons = [Button(say("Sheet to print"), Action("invite sheet", values))]
    else:
        sheet_buttons = [
            Button(say("Sheet {n}", n=part), Action("invite sheet", values | {"part": str(part)}))
            for part in range(1, parts + 1)
        ]
    return [Button(say("Codes as a file"), Action("invite codes", values)), *sheet_buttons]


def _revoke(view: BatchView) -> Button:
    text = say(
        "{codes} stop working at once and for good. Members who came in stay.", codes=_codes(view.left)
    )
    confirm = Confirm(say("Revoke what is left of this batch?"), text, say("Revoke"))
    return Button(say("Revoke all"), Action("invite recall", {"batch": view.batch.id}), Style.DANGER, confirm)


def listing(found: Sequence[BatchView], school: School, *, more: bool) -> Card:
    """List a school's batches, newest first."""
    title = say("Batches of {school}", school=school.name)
    if not found:
        none = say("There are no batches of codes yet.")
        return Card(title, (Text(none),))
    items = tuple(Item(one.batch.id, _name(one), hint=_left(one)) for one in found)
    pairs = fields(*((_name(one), _left(one)) for one in found))
    blocks: list[Block] = [pairs, Select(say("Open a batch"), Action("invite pack"), "batch", items)]
    if more:
        blocks.append(next_page(say("Older"), Action("invite packs", {"after": found[-1].batch.id})))
    return Card(title, tuple(blocks))


def _name(one: BatchView) -> Line:
    if one.batch.label:
        return say("{label}, {at}", label=one.batch.label, at=one.batch.created_at)
    return say("{at}", at=one.batch.created_at)


def _left(one: BatchView) -> Line:
    return say("{used} of {size} used, {left} left", used=one.used, size=one.batch.size, left=one.left)


def codes(found: Sequence[Invitation], links: Links, now: datetime) -> File:
    """Return a batch's codes as a file."""
    rows = [
        (grouped(one.code), links.invitation(one.token) or "", one.label, plain(STATES[one.state(now)]))
        for one in found
    ]
    return table("codes", ("code", "link", "label", "state"), rows, say("Codes and links, as a spreadsheet"))


def sheet(
    school: School,
    found: Sequence[Invitation],
    links: Links,
    join: str,
    part: int,
) -> Callable[[], Card]:
    """Return a deferred card with a printable sheet of codes."""
    linked = [(one, links.invitation(one.token)) for one in found]

    def make_card() -> Card:
        content = sheets.render(school, linked, join)
        title = say("{codes} of {school} to print", codes=_codes(len(found)), school=school.name)
        how = say("Open it in a browser and print it. Anybody who has a code can use it once to come in.")
        alt = say("A sheet of QR codes, to print and cut")
        return Card(title, (Text(how), File(f"codes-{part}.html", content, alt)))

    return make_card


def revoked(view: BatchView, number: int) -> Card:
    """Confirm that the unused codes of a batch are revoked."""
    told = say("{codes} revoked. Members who came in stay.", codes=_codes(number))
    return Card(_title(view.batch, view.school), (Text(told),), tone=Tone.GOOD)

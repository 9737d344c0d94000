"""Cards that list invitations."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.cards.common import moment, next_page, optional
from bot.cards.invitations.addressed import STATES
from bot.cards.invitations.invitations import uses
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Item, Select, Style, Table, Text
from bot.chat.text import Code, Line, say, verbatim
from bot.core.ids import grouped
from bot.core.invitations.invitations import Invitation, InvitationFilter
from bot.core.invitations.views import Listed, ManagedElsewhere
from bot.core.schools.schools import School
from bot.core.values import replace


def listed(
    found: Sequence[Listed],
    school: School,
    wanted: InvitationFilter,
    *,
    now: datetime,
    visible_codes: Collection[str],
    more: bool,
) -> Card:
    """List invitations, newest first, with a menu that opens one; show the codes of `visible_codes`."""
    title = say("Invitations of {school}", school=school.name)
    if not found:
        searched = wanted.text or wanted.state
        none = say("No invitations of {school} match that search.", school=school.name)
        none = none if searched else say("There are no invitations yet.")
        create = Button(
            say("Create one"), Action("invite create", {"school": school.id}, ask=True), Style.PRIMARY
        )
        return Card(title, (Text(none), Actions((create,))))
    rows = tuple(_row(one, now, secret=one.invitation.id in visible_codes) for one in found)
    heads = (say("Code"), say("For"), say("Status"), say("Uses"), say("Role"), say("Expires"), say("By"))
    blocks: list[Block] = [
        Table(heads, rows),
        Select(
            say("Open an invitation"),
            Action("invite show"),
            fills="invitation",
            items=tuple(_item(one, now, secret=one.invitation.id in visible_codes) for one in found),
            each=say("Open"),
        ),
    ]
    if more:
        older = Action("invite older", _page(found[-1].invitation, wanted))
        blocks.append(next_page(say("Older"), older))
    return Card(title, tuple(blocks))


def with_batches(card: Card, school: School) -> Card:
    """Add a hint that codes of batches are listed elsewhere, although they count as open invitations."""
    told = Text(say("Codes made in a batch are listed with that batch."), quiet=True)
    batches = Button(say("Batches"), Action("invite batches", {"school": school.id}))
    return replace(card, blocks=(*card.blocks, told, Actions((batches,))))


def with_elsewhere(
    card: Card, found: Sequence[ManagedElsewhere], school: School, wanted: InvitationFilter, *, more: bool
) -> Card:
    """Add invitations that other schools manage and that let people into this school, too."""
    told = Text(say("Other schools manage these. They let people into {school}, too:", school=school.name))
    return replace(card, blocks=(*card.blocks, told, *_managed(found, school, wanted, more=more)))


def elsewhere(
    found: Sequence[ManagedElsewhere], school: School, wanted: InvitationFilter, *, more: bool
) -> Card:
    """List invitations that other schools manage and that let people into this school, too."""
    title = say("Invitations to {school} that other schools manage", school=school.name)
    if not found:
        return Card(title, (Text(say("There are none.")),))
    return Card(title, _managed(found, school, wanted, more=more))


def _managed(
    found: Sequence[ManagedElsewhere], school: School, wanted: InvitationFilter, *, more: bool
) -> tuple[Block, ...]:
    heads = (say("For"), say("Role"), say("Status"), say("Managed by"), say("Expires"))
    blocks: list[Block] = [
        Table(heads, tuple(_managed_row(one, wanted) for one in found)),
        Select(
            say("Open a person"),
            Action("member show", {"school": school.id}),
            fills="person",
            items=tuple(_person(one) for one in found if one.membership_id),
            each=say("Open"),
        ),
    ]
    if more:
        last = _page(found[-1].invitation, wanted)
        blocks.append(next_page(say("More"), Action("invite elsewhere", {"school": school.id, **last})))
    told = say(
        "If you remove somebody from {school}, they are no longer invited here, but they still are "
        "elsewhere. Everything else is up to the school that manages it.",
        school=school.name,
    )
    return (*blocks, Text(told, quiet=True))


def _managed_row(one: ManagedElsewhere, wanted: InvitationFilter) -> tuple[Line, ...]:
    of = one.invitation
    return (
        verbatim(of.to.name if of.to else ""),
        verbatim(", ".join(one.roles)),
        STATES[of.state(wanted.now or of.created_at)],
        verbatim(one.manager.name),
        moment(of.expires_at, say("Never")),
    )


def _person(one: ManagedElsewhere) -> Item:
    name = one.invitation.to.name if one.invitation.to else ""
    return Item(one.membership_id, verbatim(name), hint=say("Managed by {school}", school=one.manager.name))


def _page(last: Invitation, wanted: InvitationFilter) -> dict[str, str]:
    state = wanted.state.value if wanted.state else ""
    values = {"after": last.id, "search": wanted.text, "state": state}
    return {name: value for name, value in values.items() if value}


def _name(invitation: Invitation, *, secret: bool) -> Line:
    shown_code = grouped(invitation.code) if secret else f"{invitation.code[:2]}…"
    return say("{code}", code=Code(shown_code))


def _row(one: Listed, now: datetime, *, secret: bool) -> tuple[Line, ...]:
    invitation = one.invitation
    return (
        _name(invitation, secret=secret),
        verbatim(invitation.to.name) if invitation.to else optional(invitation.label) or say("Anyone"),
        _state(one, now),
        uses(invitation),
        verbatim(", ".join(one.roles)),
        moment(invitation.expires_at, say("Never")),
        verbatim(one.creator),
    )


def _state(one: Listed, now: datetime) -> Line:
    return say("Lets nobody in") if one.void else STATES[one.invitation.state(now)]


def _item(one: Listed, now: datetime, *, secret: bool) -> Item:
    invitation = one.invitation
    name = invitation.to.name if invitation.to else invitation.label or invitation.note
    label = (
        _name(invitation, secret=secret)
        if not name
        else say(
            "{code} {name}",
            code=Code(grouped(invitation.code) if secret else f"{invitation.code[:2]}…"),
            name=name,
        )
    )
    return Item(invitation.id, label, hint=_state(one, now))

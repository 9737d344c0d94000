"""/message: write to everyone whom a filter matches; first a preview, then it is sent now or later."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.messages import broadcasts as cards
from bot.cards.messages import drafts as draft_cards
from bot.cards.messages import messages as message_cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.limits import SUGGESTIONS
from bot.chat.options import Option, Start, option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import verbatim
from bot.commands.common import SendAt, note_export
from bot.commands.people_list import InvitedSo, OfGrades, OfView, Search, View, WithRole, people_filter
from bot.core.audit import ExportedList
from bot.core.errors import BadValue
from bot.core.messages import broadcasting, broadcasts, opting_out
from bot.core.messages import drafts as broadcast_drafts
from bot.core.messages import templates as message_templates
from bot.core.messages.broadcasts import BroadcastView, DeliveryMethod
from bot.core.messages.drafts import AudienceSnapshot, Preview, Wording
from bot.core.people.people_filter import Invited, Status
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import replace

message = Group("message", "Write to many people in your school at once")

SUBJECT, TEXT, NAME = 120, 2000, 60
SAYS = "What it says; {{first_name}}, {{last_name}}, {{email}} and {{name}} stand for the reader"
# What the form asks for. Templates are used from their list, and other filters by /bulk plan.
_ASKED = ("subject", "text", "role", "at", "school")
_NEEDED = ("subject", "text", "school")

Which = Annotated[str, option("Which message")]


def templates_here(ctx: Context, typed: str) -> list[Item]:
    """Suggest the school's templates."""
    found = ctx.uow.templates.of_school(ctx.school.id, search=typed, after="", limit=SUGGESTIONS)
    return [Item(one.id, verbatim(one.name)) for one in found]


def _asked(ctx: Context) -> tuple[Option, ...]:
    command = ctx.registry["message send"]
    found = (command.option(name) for name in _ASKED)
    # They are optional when typed, since a template may supply them.
    return tuple(replace(one, required=one.name in _NEEDED) for one in found if one is not None)


def _as_kept(ctx: Context) -> dict[str, str]:
    """Return the words of the chosen template, to fill the form with."""
    if not (typed := ctx.value("template")):
        return {}
    kept = message_templates.find(ctx.uow, ctx.school, typed)
    return {"subject": kept.title, "text": kept.text}


def _wording(ctx: Context, subject: str, text: str, template: str, by: DeliveryMethod) -> Wording:
    """Return the words of a message: those that were typed, or else those of the template."""
    if template:
        kept = message_templates.find(ctx.uow, ctx.school, template)
        subject, text = subject or kept.title, text or kept.text
    if not text:
        raise BadValue("text", "is missing: write one, or name a template", "Hello {{first_name}}")
    if not subject:
        raise BadValue("subject", "is missing: say in one line what it is about", "Closed on Friday")
    return Wording(subject, text, by)


def _looked(
    ctx: Context,
    *,
    subject: str = "",
    text: str = "",
    template: str = "",
    search: str = "",
    view: View | None = None,
    status: Status | None = None,
    role: str = "",
    invited: Invited | None = None,
    grades: str = "",
    by: DeliveryMethod = DeliveryMethod.CHAT,
    **_: object,
) -> AudienceSnapshot:
    """Look up whom a message would reach."""
    wording = _wording(ctx, subject, text, template, by)
    wanted = people_filter(ctx, search, view, status, role, invited, grades)
    return broadcast_drafts.audience(ctx.uow, ctx.actor, ctx.school, wanted, wording)


@message.command(
    needs=Permission.MESSAGE_SEND, asks=_as_kept, shapes=_asked, submit="See it first", looks=_looked
)
def send(
    ctx: Context,
    subject: Annotated[str, option("What it is about, in one line", maximum=SUBJECT)] = "",
    text: Annotated[str, option(SAYS, maximum=TEXT, lines=True)] = "",
    template: Annotated[
        str, option("A template, for what you leave empty", maximum=NAME, suggest=templates_here)
    ] = "",
    search: Search = "",
    view: OfView = None,
    status: Annotated[Status | None, option("Only those in this state; the active ones, if empty")] = None,
    role: WithRole = "",
    invited: InvitedSo = None,
    grades: OfGrades = "",
    by: Annotated[
        DeliveryMethod, option("A direct message in a chat, or else an e-mail; or e-mail alone")
    ] = DeliveryMethod.CHAT,
    at: SendAt = None,
) -> Card:
    """Write a message to many; you see it before anybody gets it."""
    wording = _wording(ctx, subject, text, template, by)
    wanted = people_filter(ctx, search, view, status, role, invited, grades)
    shown = broadcast_drafts.draft(ctx.uow, ctx.actor, ctx.school, wanted, wording, ctx.seen, at)
    return draft_cards.preview(shown, mails=ctx.ways.mails)


@message.command(name="list", needs=Permission.MESSAGE_SEND, reads=True)
def _list(ctx: Context) -> Card:
    """See the messages of your school: drafts, scheduled, under way and sent."""
    return _page(ctx, None)


def _page(ctx: Context, before: str | None) -> Card:
    found = broadcasts.listed(ctx.uow, ctx.actor, ctx.school, before=before, limit=PAGE + 1)
    return cards.listed(ctx.school, found, here=ctx.typed("message send"))


def _school_of(ctx: Context, name: str = "broadcast") -> School:
    return ctx.found(broadcasts.find, ctx.value(name))[1]


@message.command(
    needs=Permission.MESSAGE_SEND, about=lambda ctx: _school_of(ctx, "after"), reads=True, hidden=True
)
def older(ctx: Context, after: Annotated[str, option("The last message of the page before")]) -> Reply:
    """Show the next page of messages."""
    return Reply(redraw=_page(ctx, after))


@message.command(name="open", needs=Permission.MESSAGE_SEND, about=_school_of, reads=True, hidden=True)
def _open(ctx: Context, broadcast: Which) -> Card:
    """Open a message from the list."""
    return cards.shown(_view(ctx, broadcast))


@message.command(needs=Permission.MESSAGE_SEND, about=_school_of, reads=True, hidden=True)
def show(ctx: Context, broadcast: Which) -> Reply:
    """Show how far a message has got."""
    return Reply(redraw=cards.shown(_view(ctx, broadcast)))


def _view(ctx: Context, broadcast: str) -> BroadcastView:
    return broadcasts.view(ctx.uow, ctx.found(broadcasts.find, broadcast)[0])


def _card(ctx: Context, came: BroadcastView | Preview) -> Card:
    return draft_cards.preview(came, mails=ctx.ways.mails) if isinstance(came, Preview) else cards.shown(came)


def _seen(ctx: Context, broadcast: str) -> AudienceSnapshot | None:
    found, school = ctx.found(broadcasts.find, broadcast)
    return broadcasting.current_audience(ctx.uow, ctx.actor, school, found)


def _missed(ctx: Context, broadcast: str) -> Sequence[str]:
    found, school = ctx.found(broadcasts.find, broadcast)
    return broadcasting.missed(ctx.uow, school, found)


@message.command(needs=Permission.MESSAGE_SEND, about=_school_of, looks=_seen, hidden=True)
def look(ctx: Context, broadcast: Which) -> Reply:
    """Look at a draft again, as its readers would read it now."""
    found, school = ctx.found(broadcasts.find, broadcast)
    return Reply(redraw=_card(ctx, broadcasting.show(ctx.uow, ctx.actor, school, found, ctx.seen)))


@message.command(needs=Permission.MESSAGE_SEND, about=_school_of, looks=_seen, hidden=True)
def go(ctx: Context, broadcast: Which) -> Reply:
    """Send a message now."""
    found, school = ctx.found(broadcasts.find, broadcast)
    return Reply(redraw=_card(ctx, broadcasting.send(ctx.uow, ctx.actor, school, found, ctx.seen)))


@message.command(needs=Permission.MESSAGE_SEND, about=_school_of, hidden=True, submit="Schedule")
def later(
    ctx: Context,
    broadcast: Which,
    at: Annotated[Start | None, option("When: Friday 17:00, 2027-01-31")] = None,
) -> Reply:
    """Send a message at a time of your choice."""
    found, school = ctx.found(broadcasts.find, broadcast)
    return Reply(redraw=cards.shown(broadcasting.schedule(ctx.uow, ctx.actor, school, found, at)))


@message.command(needs=Permission.MESSAGE_SEND, about=_school_of, hidden=True)
def cancel(ctx: Context, broadcast: Which) -> Reply:
    """Cancel a message before it goes out, or stop it halfway."""
    found, school = ctx.found(broadcasts.find, broadcast)
    return Reply(redraw=cards.shown(broadcasting.cancel(ctx.uow, ctx.actor, school, found)))


@message.command(needs=Permission.MESSAGE_SEND, about=_school_of, looks=_missed, hidden=True)
def again(ctx: Context, broadcast: Which) -> Reply:
    """Send a message again to those it has not reached."""
    found, school = ctx.found(broadcasts.find, broadcast)
    return Reply(redraw=cards.shown(broadcasting.send_again(ctx.uow, ctx.actor, school, found, ctx.seen)))


@message.command(needs=Permission.MESSAGE_SEND, about=_school_of, reads=True, hidden=True)
def who(ctx: Context, broadcast: Which) -> Reply:
    """List as a file what happened to a message for everyone."""
    view = _view(ctx, broadcast)
    entries = broadcasts.entries(ctx.uow, view.broadcast)
    note = note_export(ctx, ExportedList.MESSAGE, view.broadcast.subject, view.school, len(entries))
    return Reply(deferred=cards.everyone(view, entries), note=note)


@message.command(hidden=True)
def stop(ctx: Context) -> Card:
    """Stop getting messages from schools."""
    opting_out.opt_out(ctx.uow, ctx.actor)
    return message_cards.stopped(ctx.typed)

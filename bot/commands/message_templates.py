"""/message templates and its companions: texts that a school keeps for its messages."""

from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.messages import messages as cards
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.message import NAME, SAYS, SUBJECT, TEXT, message, templates_here
from bot.core.errors import NotFound
from bot.core.messages import templates as core
from bot.core.rights.permissions import Permission

Which = Annotated[str, option("Which template", maximum=NAME, suggest=templates_here)]


@message.command(needs=Permission.MESSAGE_SEND, reads=True)
def templates(ctx: Context) -> Card:
    """See the templates of your school; use, edit or delete one."""
    return _page(ctx, "")


def _page(ctx: Context, after: str) -> Card:
    found = ctx.uow.templates.of_school(ctx.school.id, search="", after=after, limit=PAGE + 1)
    return cards.templates(ctx.school, found, ctx.typed)


@message.command(needs=Permission.MESSAGE_SEND, reads=True, hidden=True)
def more(ctx: Context, after: Annotated[str, option("The last template of the page before")]) -> Reply:
    """Show the next page of templates."""
    last = ctx.uow.templates.by_id(ctx.school.id, after)
    if last is None:
        raise NotFound("template")
    return Reply(redraw=_page(ctx, last.name))


@message.command(needs=Permission.MESSAGE_SEND, reads=True, hidden=True)
def template(ctx: Context, template: Which) -> Card:
    """Show a template."""
    return cards.template(ctx.school, core.find(ctx.uow, ctx.school, template))


@message.command(needs=Permission.MESSAGE_SEND)
def save(
    ctx: Context,
    name: Annotated[str, option("What to call it", minimum=2, maximum=NAME)],
    subject: Annotated[str, option("What messages are about, in one line", maximum=SUBJECT)],
    text: Annotated[str, option(SAYS, maximum=TEXT, lines=True)],
) -> Card:
    """Save a template: a text to write messages with."""
    made = core.save(ctx.uow, ctx.actor, ctx.school, name=name, title=subject, text=text)
    return cards.saved(ctx.school, made)


def _as_it_is(ctx: Context) -> dict[str, str]:
    typed = ctx.value("template")
    if not typed:
        return {}
    now = core.find(ctx.uow, ctx.school, typed)
    return {"name": now.name, "subject": now.title, "text": now.text}


@message.command(needs=Permission.MESSAGE_SEND, asks=_as_it_is)
def edit(
    ctx: Context,
    template: Which,
    name: Annotated[str, option("What to call it", minimum=2, maximum=NAME)] = "",
    subject: Annotated[str, option("What messages are about, in one line", maximum=SUBJECT)] = "",
    text: Annotated[str, option(SAYS, maximum=TEXT, lines=True)] = "",
) -> Reply:
    """Change a template; what you leave out stays."""
    found = core.find(ctx.uow, ctx.school, template)
    after = core.edit(ctx.uow, ctx.actor, ctx.school, found, name=name, title=subject, text=text)
    return Reply(redraw=cards.edited(ctx.school, after))


@message.command(needs=Permission.MESSAGE_SEND)
def delete(ctx: Context, template: Which) -> Reply:
    """Delete a template; messages made from it stay."""
    found = core.find(ctx.uow, ctx.school, template)
    core.delete(ctx.uow, ctx.actor, ctx.school, found)
    return Reply(redraw=cards.deleted(found))

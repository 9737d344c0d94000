"""Which commands a person is offered: those that they may use in at least one school around them."""

from bot.chat.commands import Command
from bot.chat.context import Context
from bot.core import access, schools


def offered(ctx: Context) -> tuple[Command, ...]:
    """List the commands that the actor can type and may use; the check at the call decides all the same."""
    held = set(access.rights_of(ctx.uow, ctx.actor, None).holds)
    for school in schools.around(ctx.uow, ctx.actor):
        held |= access.rights_of(ctx.uow, ctx.actor, school).holds
    return tuple(
        command for command in ctx.registry.typed() if command.needs is None or command.needs in held
    )

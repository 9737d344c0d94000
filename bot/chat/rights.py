"""Which commands a person may use: the commands they are offered, and the check at each call."""

from bot.chat.commands import Command
from bot.chat.context import Context
from bot.core.errors import WorkspaceAdminNeeded
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school

# Districts after these add nothing in practice: a person's roles in so many allow the same commands.
_MOST_DISTRICTS = 25


def offered(ctx: Context) -> tuple[Command, ...]:
    """List the commands that the actor can type and may use; each call is checked all the same."""
    in_system = access.rights_over(ctx.uow, ctx.actor, None).holds
    in_districts = _in_districts(ctx) | in_system
    held = set(in_districts)
    for school in which_school.nearby(ctx.uow, ctx.actor):
        held |= access.rights_of(ctx.uow, ctx.actor, school).holds
    return tuple(
        command
        for command in ctx.registry.typed()
        if (command.may is None or command.may(ctx))
        and (
            command.needs is None
            or command.needs in (held if command.at_school else in_districts if command.over else in_system)
        )
    )


def _in_districts(ctx: Context) -> set[Permission]:
    """Return the permissions that the actor has in any district where they have a role."""
    if ctx.actor.person_id is None:
        return set()
    own = ctx.uow.districts.of_person(ctx.actor.person_id, text="", after=None, limit=_MOST_DISTRICTS)
    return {atom for one in own for atom in access.rights_over(ctx.uow, ctx.actor, one.id).holds}


def require_place(ctx: Context, command: Command) -> None:
    """Raise `WorkspaceAdminNeeded` if the command needs an administrator of this workspace for it."""
    if command.may is not None and not command.may(ctx):
        raise WorkspaceAdminNeeded


def require(ctx: Context, command: Command) -> None:
    """Raise `WorkspaceAdminNeeded` or `NotPermitted` if the actor may not make this call."""
    require_place(ctx, command)
    if command.needs is not None and command.over is not None:
        access.require_over(ctx.uow, ctx.actor, command.needs, command.over(ctx))
    elif command.needs is not None and command.at_school:
        access.require(ctx.uow, ctx.actor, command.needs, ctx.school)
    elif command.needs is not None:
        access.require_over(ctx.uow, ctx.actor, command.needs, None)

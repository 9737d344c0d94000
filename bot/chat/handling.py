"""Calls a command's handler with the values it takes, once the permission is checked."""

from collections.abc import Mapping
from typing import Any

from bot.chat import forms, meanwhile, rights
from bot.chat.actions import Action
from bot.chat.commands import Command
from bot.chat.context import Context
from bot.chat.replies import Card, Form, Reply
from bot.chat.values import opens_form, read_all
from bot.core.invitations import guessing


def handle(ctx: Context, command: Command, limits: guessing.Limits) -> Reply:
    """Run a command's handler, or return the command's form."""
    given = _given(ctx, command)
    if any(given.get(name) for name in command.guessable):
        guessing.refuse_guesser(ctx.uow, ctx.actor.caller, limits)
    if _opens_form(ctx, command):
        return Reply(forms.form_for(ctx, command, Action(command.path, ctx.values), fixed=False))
    answer = command.handler(ctx, **given)
    return Reply(answer) if isinstance(answer, Card | Form) else answer


def look(ctx: Context) -> object:
    """Call the command's `looks`; return None if it has none, or if the call opens a form."""
    command = ctx.command
    if command is None or command.looks is None:
        return None
    given = _given(ctx, command)
    return None if _opens_form(ctx, command) else command.looks(ctx, **given)


def _given(ctx: Context, command: Command) -> Mapping[str, Any]:
    _keep_newer(ctx, command)
    given = read_all(ctx, command)
    rights.require(ctx, command)
    return given


def _keep_newer(ctx: Context, command: Command) -> None:
    """Put what has changed while a form was open in place of what the form sends unchanged."""
    values = dict(ctx.values)
    began = values.pop(meanwhile.BEGAN_WITH, "")
    if began:
        rights.require(ctx, command)
        ctx.values = meanwhile.with_newer(command, values, began, command.asks(ctx) if command.asks else {})


def _opens_form(ctx: Context, command: Command) -> bool:
    return opens_form(command, ctx.values) and not ctx.clicked

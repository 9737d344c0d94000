"""Forms that people fill in: opening a step, taking a submission, and reopening a form that was refused."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from bot.chat.actions import Action
from bot.chat.replies import Card, Form, Reply
from bot.chat.runner import Runner
from bot.platforms.discord import limits, naming
from bot.platforms.discord.caller import Interaction, caller_of, delivery_key
from bot.platforms.discord.forms import drafts, modals, reopening, steps
from bot.platforms.discord.forms.reopening import FormToReopen
from bot.platforms.discord.forms.steps import OpenStep, Unfinished

Filled: TypeAlias = Reply | Unfinished | FormToReopen


async def at_step(runner: Runner, interaction: Interaction, action: Action, step: int) -> Reply | OpenStep:
    """Open a step of a form, filled with the answers kept in the message whose button was pressed."""
    reply = await runner.form(action, caller_of(interaction), delivery=delivery_key(interaction))
    if not isinstance(reply.answer, Form):
        return reply
    return OpenStep(drafts.filled(reply.answer, drafts.kept_answers(interaction.message, reply.answer)), step)


async def typed(runner: Runner, interaction: Interaction, path: str, values: Mapping[str, Any]) -> Filled:
    """Run a typed command; if one of its values is wrong, offer its form with what was typed."""
    reply = await runner.run(path, caller_of(interaction), values, delivery=delivery_key(interaction))
    better = reply.correction
    if better is None or not isinstance(reply.answer, Card):
        return reply
    if not reopening.can_reopen(better.form, better.typed):
        return reply
    return FormToReopen(better.form, better.typed, reply.answer, reply.option)


async def submitted(
    runner: Runner, interaction: Interaction, action: Action, data: Mapping[str, Any]
) -> Filled:
    """Take a submitted form, or one step of it, and return what to show next."""
    caller, key = caller_of(interaction), delivery_key(interaction)
    answers = modals.answers(data)
    form: Card | Form | None = None
    if _may_have_steps(runner, action):
        reply = await runner.form(action, caller, delivery=key)
        if not isinstance(reply.answer, Form):
            return reply
        form = reply.answer
        answers = {**drafts.kept_answers(interaction.message, form), **answers}
        step = steps.next_step(form, modals.asked(data.get("components") or ()))
        if step is not None:
            return Unfinished(form, answers, step)
    about = runner.registry.get(action.command)
    values = await naming.with_mentioned_person(interaction, about, {**action.values, **answers})
    reply = await runner.run(action.command, caller, values, clicked=True, delivery=key)
    if not (reply.refused and isinstance(reply.answer, Card) and reply.redraw is None):
        return reply
    # Somebody who may no longer open the form only gets the refusal.
    form = form or (await runner.form(action, caller)).answer
    if not isinstance(form, Form) or not reopening.can_reopen(form, answers):
        return reply
    return FormToReopen(form, answers, reply.answer, reply.option)


def _may_have_steps(runner: Runner, action: Action) -> bool:
    command = runner.registry.get(action.command)
    if command is None:
        return False
    open_options = [option for option in command.options if option.name not in action.values]
    return len(open_options) >= limits.MODAL_COMPONENTS  # `>=`, since a note may take one of the places

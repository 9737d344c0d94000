"""Forms with more fields than one modal can hold: a sequence of modals.

Between two steps the answers are kept in the private message that leads to the next one (see `drafts`).
"""

from collections.abc import Mapping

import discord
from discord import ui

from bot.cards import fronts
from bot.chat.replies import Form
from bot.chat.text import Line, plain
from bot.core.values import dataclass
from bot.platforms.discord.forms import drafts, reopening
from bot.platforms.discord.forms.modals import steps
from bot.platforms.discord.forms.reopening import FormToReopen
from bot.platforms.discord.ids import Control
from bot.platforms.discord.rendering.paging import Page
from bot.platforms.discord.rendering.render import render


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A form of several steps that is not complete: the answers so far, and the index of the next step."""

    form: Form
    answers: Mapping[str, object]
    step: int


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step of a form that is to be opened as a modal."""

    form: Form
    step: int


def next_step(form: Form, asked_for: set[str]) -> int | None:
    """Return the step after the one that asked for these options; None after the last."""
    parts = steps(form)
    done = max(
        (number for number, part in enumerate(parts) if any(one.option.name in asked_for for one in part)),
        default=len(parts) - 1,
    )
    return done + 1 if done + 1 < len(parts) else None


def waypoint(unfinished: Unfinished) -> list[Page]:
    """Draw the message between two steps: the answers so far, and buttons to go on and back."""
    form, step = unfinished.form, unfinished.step
    total = len(steps(form))
    (page,) = render(fronts.step(form.title, step + 1, total))
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow(
        _button(form, step, fronts.go_on(step + 1, total), discord.ButtonStyle.primary),
        _button(form, step - 1, fronts.go_back(step, total), discord.ButtonStyle.secondary),
    )
    texts = drafts.answer_texts(form, unfinished.answers).values()
    if (page_of_all := drafts.with_answers(page, texts, row)) is not None:
        return [page_of_all]
    return reopening.pages(FormToReopen(form, unfinished.answers, fronts.too_much_to_keep()))


def _button(form: Form, step: int, label: Line, style: discord.ButtonStyle) -> ui.Button[ui.LayoutView]:
    custom_id = Control(form.action, "continue", step=step).pack()
    return ui.Button(label=plain(label), style=style, custom_id=custom_id)

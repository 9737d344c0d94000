"""Reopening a form whose submission was refused, filled with what was typed.

Discord closes a modal before it knows our answer. So the answer contains what was typed (see `drafts`),
and a button that opens the form at the step where something was wrong.
"""

from collections.abc import Mapping

import discord
from discord import ui

from bot.cards import fronts
from bot.chat.replies import Card, Form
from bot.chat.text import plain
from bot.core.values import dataclass
from bot.platforms.discord import limits
from bot.platforms.discord.forms import drafts, modals
from bot.platforms.discord.ids import Control
from bot.platforms.discord.rendering.paging import Page
from bot.platforms.discord.rendering.render import render

_MARK = len("#>99")  # room for the step in a custom id


@dataclass(frozen=True, slots=True)
class FormToReopen:
    """A form to be opened again with its answers; `why` says why, and `option` is the wrong one, if any."""

    form: Form
    answers: Mapping[str, object]
    why: Card
    option: str | None = None


def can_reopen(form: Form, answers: Mapping[str, object]) -> bool:
    """Tell whether there are answers to keep, and the button's custom id has room for the form's action."""
    if not drafts.answer_texts(form, answers):
        return False
    return len(form.action.pack()) + _MARK <= limits.CUSTOM_ID


def from_late_form(form: Form) -> FormToReopen:
    """Offer a form by a button because it came too late to be opened at once."""
    values = {field.option.name: field.value for field in form.fields if field.value}
    return FormToReopen(form, values, fronts.late_form(form.title, form.note))


def pages(reopened: FormToReopen) -> list[Page]:
    """Draw the reason, the answers and the button; answers too long to be kept are shown to be copied."""
    *first, last = render(reopened.why)
    kept, row = drafts.answer_texts(reopened.form, reopened.answers), _row(reopened)
    if (page := drafts.with_answers(last, kept.values(), row)) is not None:
        return [*first, page]
    left = []
    empty = render(fronts.TYPED)[0]
    while (page := drafts.with_answers(empty, kept.values(), row)) is None:
        left.append(max(kept, key=lambda name: len(kept[name].content)))
        del kept[left[-1]]
    copied = [one for name in left for one in render(_to_copy(reopened, name))]
    return [*first, last, *copied, page]


def _row(reopened: FormToReopen) -> ui.ActionRow[ui.LayoutView]:
    control = Control(reopened.form.action, "continue", step=modals.step_of(reopened.form, reopened.option))
    button: ui.Button[ui.LayoutView] = ui.Button(
        label=plain(fronts.OPEN_FORM), style=discord.ButtonStyle.primary, custom_id=control.pack()
    )
    return ui.ActionRow(button)


def _to_copy(reopened: FormToReopen, name: str) -> Card:
    field = next(field for field in reopened.form.fields if field.option.name == name)
    return fronts.to_copy(field.option.label, str(reopened.answers[name]))

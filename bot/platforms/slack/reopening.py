"""A button that reopens a form, filled with what was typed.

The answers are stored in the button's value, in a message that only their author sees. So they survive a
restart, and we store nothing. What is too long for a button is shown as text, to be copied from there.
"""

import json
from collections.abc import Mapping, Sequence

from bot.cards.fronts import OPEN_FORM
from bot.cards.slack import too_long_to_keep
from bot.chat.actions import Action, UnreadableAction, unpack
from bot.chat.commands import Command
from bot.chat.options import Option
from bot.chat.replies import Form
from bot.chat.text import plain
from bot.chat.values import without_secrets
from bot.core.values import dataclass
from bot.platforms.slack import ids, limits
from bot.platforms.slack.forms import paragraph
from bot.platforms.slack.place import packed
from bot.platforms.slack.rendering.spans import Element, plain_text


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form with its answers: its action, what was typed, and the labels of its fields."""

    action: Action
    typed: Mapping[str, str]
    labels: Mapping[str, str]

    @classmethod
    def of_form(cls, form: Form, typed: Mapping[str, str] | None = None) -> "FilledForm":
        """Take what was typed for a form, or else the values that it was to be opened with; no secrets."""
        values = {field.option.name: field.value for field in form.fields if field.value}
        return cls._of(form.action, [field.option for field in form.fields], typed or values)

    @classmethod
    def of_answers(cls, command: Command, action: Action, typed: Mapping[str, str]) -> "FilledForm":
        """Take the answers that somebody submitted, except for secrets."""
        return cls._of(action, command.options, typed)

    @classmethod
    def _of(cls, action: Action, options: Sequence[Option], typed: Mapping[str, str]) -> "FilledForm":
        return cls(action, without_secrets(options, typed), {one.name: one.label for one in options})

    @property
    def worth_keeping(self) -> bool:
        """Whether any field was filled in."""
        return any(self.typed.values())

    def blocks(self) -> list[Element]:
        """Return the button, preceded by the answers that it has no room for."""
        kept = dict(self.typed)
        while len(value := self._pack(kept)) > limits.BUTTON_VALUE:
            del kept[max(kept, key=lambda name: len(json.dumps(kept[name])))]
        button = {
            "type": "button",
            "action_id": ids.REOPEN,
            "text": plain_text(plain(OPEN_FORM), limits.BUTTON_LABEL),
            "style": "primary",
            "value": value,
        }
        left = [name for name in self.typed if name not in kept]
        return [*(paragraph(part) for name in left for part in self._parts(name)), _actions(button)]

    def _pack(self, kept: Mapping[str, str]) -> str:
        action = Action(self.action.command, self.action.values, ask=True)
        return packed({"action": action.pack(), "typed": kept})

    def _parts(self, name: str) -> list[str]:
        text = self.typed[name]
        cut = [text[at : at + limits.TEXT] for at in range(0, len(text), limits.TEXT)]
        return [plain(too_long_to_keep(self.labels[name])), *cut]


def _actions(button: Element) -> Element:
    return {"type": "actions", "elements": [button]}


def unpack_filled(value: str) -> tuple[Action, dict[str, str]]:
    """Return a button's action and answers; raises `UnreadableAction` if it is not one of ours."""
    try:
        packed = json.loads(value)
        action, typed = packed["action"], packed["typed"]
        return unpack(str(action)), {str(name): str(one) for name, one in typed.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise UnreadableAction(value) from broken

"""A turn: one thing that a person did, and where a modal can be shown for it."""

import asyncio
from typing import Self

from bot.core.values import dataclass, field, replace
from bot.platforms.slack import limits
from bot.platforms.slack.place import Place
from bot.platforms.slack.reopening import FilledForm

# How long a trigger counts as usable, in seconds; Slack lets one expire soon after.
IN_TIME = limits.ACKNOWLEDGE - 0.5


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that a person did; `expects_form` says that a form is expected as the answer.

    `view` is an open modal in which to answer. `answered_elsewhere` says that Slack delivered this twice, and
    that the first delivery is answered. `filled` is the submitted form, which can be opened again if it is
    refused.
    """

    place: Place
    trigger: str | None = None
    expects_form: bool = False
    view: str = ""
    answered_elsewhere: bool = False
    filled: FilledForm | None = None
    started: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    @property
    def usable_trigger(self) -> str:
        """The trigger id while it is young enough to open a modal; otherwise ""."""
        in_time = asyncio.get_running_loop().time() - self.started < IN_TIME
        return self.trigger or "" if in_time else ""

    def shown_in(self, view: str) -> Self:
        """Return the turn with an open modal for its answer; an empty `view` means: answered elsewhere."""
        return replace(self, view=view, answered_elsewhere=not view)

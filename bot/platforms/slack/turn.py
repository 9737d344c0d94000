"""One thing that a person did, and where a modal can be shown for it."""

import asyncio
from typing import Self

from bot.core.values import dataclass, field, replace
from bot.platforms.slack import limits
from bot.platforms.slack.place import Place
from bot.platforms.slack.reopening import Filled

# Until when a modal is opened unasked, in seconds.
IN_TIME = limits.ACKNOWLEDGE - 0.5


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that a person did; `asks` says that a form is to answer it.

    `view` is a modal that is open for the answer. `elsewhere` says that Slack told us twice, and that
    the answer is given where it came first. `filled` is the form that was sent: where it is refused, it can
    be opened again.
    """

    place: Place
    trigger: str | None = None
    asks: bool = False
    view: str = ""
    elsewhere: bool = False
    filled: Filled | None = None
    started: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    @property
    def usable_trigger(self) -> str:
        """The trigger, while Slack is sure to take it."""
        in_time = asyncio.get_running_loop().time() - self.started < IN_TIME
        return self.trigger or "" if in_time else ""

    def shown_in(self, view: str) -> Self:
        """Answer in a modal that is open; without one, it was opened elsewhere."""
        return replace(self, view=view, elsewhere=not view)

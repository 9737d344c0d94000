"""What a check has found, and what to click or type to mend it."""

from collections.abc import Mapping
from enum import StrEnum

from bot.core.values import asdict, dataclass

# What to do about a file that this user cannot use.
WHOSE = (
    "Give it to the user that Homeroom runs as (chown), or run this command as that user; see "
    '"Typing its commands" in docs/operators.md.'
)


class State(StrEnum):
    """The result of one check."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"
    SKIPPED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    area: str
    state: State
    told: str
    mend: str = ""

    def plain(self) -> Mapping[str, str]:
        """Return the finding as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Area:
    """Makes the findings of one area, such as the database."""

    name: str

    def fine(self, told: str) -> Finding:
        """Return the finding that something is right."""
        return Finding(self.name, State.FINE, told)

    def note(self, told: str, mend: str = "") -> Finding:
        """Return the finding of something that may be intended or a mistake."""
        return Finding(self.name, State.NOTE, told, mend)

    def wrong(self, told: str, mend: str) -> Finding:
        """Return the finding of something that does not work, with how to mend it."""
        return Finding(self.name, State.WRONG, told, mend)

    def skipped(self, why: str) -> Finding:
        """Return the finding that something was not checked, with the reason."""
        return Finding(self.name, State.SKIPPED, why)

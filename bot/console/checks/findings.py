"""What a check has found: how it is, what is wrong, and what to click or type to mend it."""

from collections.abc import Mapping
from enum import StrEnum

from bot.core.values import asdict, dataclass


class State(StrEnum):
    """How something is."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"
    SKIPPED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    area: str
    state: State
    told: str
    mend: str = ""

    def plain(self) -> Mapping[str, str]:
        """Return it as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Area:
    """Words its findings with one name."""

    name: str

    def fine(self, told: str) -> Finding:
        """Say that something is as it must be."""
        return Finding(self.name, State.FINE, told)

    def note(self, told: str, mend: str = "") -> Finding:
        """Say what may be meant, and may not."""
        return Finding(self.name, State.NOTE, told, mend)

    def wrong(self, told: str, mend: str) -> Finding:
        """Say what does not work, and how to mend it."""
        return Finding(self.name, State.WRONG, told, mend)

    def skipped(self, why: str) -> Finding:
        """Say what was not looked at."""
        return Finding(self.name, State.SKIPPED, why)

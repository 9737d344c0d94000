"""A fake of the stored wrong guesses of codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.fakes.state import State


@dataclass(frozen=True)
class FakeMisses:
    state: State
    now: datetime

    def nth_newest(self, wanted: Mapping[str, int]) -> Mapping[str, datetime]:
        own = {whose: sorted(self.state.misses.get(whose, ()), reverse=True) for whose in wanted}
        return {whose: own[whose][nth - 1] for whose, nth in wanted.items() if len(own[whose]) >= nth}

    def hold(self, whose: str) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def add(self, whose: str, times: int) -> None:
        self.state.misses[whose] = (*self.state.misses.get(whose, ()), *[self.now] * times)

    def drop(self, before: datetime) -> None:
        for whose, times in list(self.state.misses.items()):
            self.state.misses[whose] = tuple(at for at in times if at >= before)

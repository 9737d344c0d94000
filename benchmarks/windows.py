"""Contenders take turns in short windows; only the ratios of one round's times are believed."""

import gc
import random
from collections.abc import Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import Protocol

from bot.core.values import dataclass, field
from bot.running import collect_garbage_seldom


class Contender(Protocol):
    """Something that redeems an invitation for people never met before."""

    name: str

    async def redeem(self, operations: int, at_once: int) -> None:
        """Redeem for so many new people, so many of them at once."""
        ...


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    operations: int
    at_once: tuple[int, ...]


@dataclass
class Times:
    """Seconds by contender, a list entry a round."""

    operations: int
    at_once: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def milliseconds(self, name: str) -> float:
        """Tell the median time of one redemption."""
        return median(self.seconds[name]) / self.operations * 1000

    def ratio(self, name: str, against: str) -> float:
        """Tell how many times as fast as `against` it was: the median of the rounds' ratios."""
        rounds = zip(self.seconds[name], self.seconds[against], strict=True)
        return median(other / own for own, other in rounds)


async def measure(contenders: Sequence[Contender], size: Size) -> Mapping[int, Times]:
    """Let the contenders take turns, in an order that changes from round to round."""
    found = {number: Times(size.operations, number) for number in size.at_once}
    for contender in contenders:
        await contender.redeem(max(size.at_once) * 2, max(size.at_once))
    collect_garbage_seldom()  # as whoever serves does; so for all of them
    for _ in range(size.rounds):
        for number, times in found.items():
            for contender in random.sample(contenders, len(contenders)):
                seconds = await _window(contender, size.operations, number)
                times.seconds.setdefault(contender.name, []).append(seconds)
    return found


async def _window(contender: Contender, operations: int, at_once: int) -> float:
    gc.collect()
    start = perf_counter()
    await contender.redeem(operations, at_once)
    return perf_counter() - start

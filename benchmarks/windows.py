"""Measures contenders in turns, in short windows; only ratios within one round are compared."""

import gc
import random
from collections.abc import Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import Protocol

from bot.core.values import dataclass, field
from bot.running import collect_garbage_seldom


class Contender(Protocol):
    """Something that redeems an invitation for new people."""

    name: str

    async def redeem(self, operations: int, at_once: int) -> None:
        """Redeem for `operations` new people, `at_once` of them at the same time."""
        ...


@dataclass(frozen=True, slots=True)
class Size:
    """How much to measure: rounds, operations in each window, and how many of them run at once."""

    rounds: int
    operations: int
    at_once: tuple[int, ...]


@dataclass
class Times:
    """The seconds that each contender took, one entry per round."""

    operations: int
    at_once: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def milliseconds(self, name: str) -> float:
        """Return the median time of one redemption, in milliseconds."""
        return median(self.seconds[name]) / self.operations * 1000

    def ratio(self, name: str, against: str) -> float:
        """Return how many times as fast as `against` a contender was, as the median of all rounds' ratios."""
        rounds = zip(self.seconds[name], self.seconds[against], strict=True)
        return median(other / own for own, other in rounds)


async def measure(contenders: Sequence[Contender], size: Size) -> Mapping[int, Times]:
    """Measure the contenders in turns, in a random order in each round; return the times by `at_once`."""
    found = {number: Times(size.operations, number) for number in size.at_once}
    for contender in contenders:
        await contender.redeem(max(size.at_once) * 2, max(size.at_once))
    collect_garbage_seldom()  # as `homeroom run` does; here it applies to all contenders
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

"""How long those who call a front wait, and the processor time that an answer costs it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter

from benchmarks.contenders import in_lanes
from benchmarks.windows import Size, Times, measure

Rows = list[tuple[str, ...]]
# How often each contender is called in turns, and how many seconds lie between two calls.
TURNS = 300
PAUSES = {"one by one in turns": 0.0, "in turns, after a pause": 0.05}


@dataclass(frozen=True)
class Window:
    """One turn of a contender: the median wait and the processor time per answer, in milliseconds."""

    waited: float
    processor: float


@dataclass
class MeasuredFront:
    """A contender whose answers are measured: a front, usually in a process of its own."""

    name: str
    ask: Callable[[], Awaitable[None]]
    processor: Callable[[], float]
    windows: dict[int, list[Window]] = field(default_factory=dict)
    _waits: list[float] = field(default_factory=list)

    async def redeem(self, operations: int, at_once: int) -> None:
        """Call the front `operations` times, and record the window."""
        self._waits.clear()
        before = self.processor()
        await in_lanes(operations, at_once, self._noted)
        used = (self.processor() - before) / operations * 1000
        self.windows.setdefault(at_once, []).append(Window(median(self._waits), used))

    async def once(self) -> float:
        """Call the front once; return the milliseconds that this took."""
        began = perf_counter()
        await self.ask()
        return (perf_counter() - began) * 1000

    async def _noted(self) -> None:
        self._waits.append(await self.once())


@dataclass(frozen=True)
class Report:
    """Compares the first contender with the others; `turns` are median waits of single calls."""

    times: Mapping[int, Times]
    fronts: Sequence[MeasuredFront]
    turns: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def rows(self) -> Rows:
        """Return the rows of a table: ratios, then the medians that these come from."""
        first, *others = self.fronts
        rows: Rows = [("ratios", *(f"{number} at once" for number in self.times))]
        for other in others:
            pair = f"{first.name} : {other.name}"
            rows += [
                (f"median wait, {pair}", *self._ratios(first, other, lambda one: one.waited)),
                (f"throughput, {pair}", *(f"{one.ratio(first.name, other.name):.2f}" for one in self._all())),
                (f"processor time, {pair}", *self._ratios(first, other, lambda one: one.processor)),
                *(
                    (f"median wait, {how}", f"{waits[first.name] / waits[other.name]:.2f}")
                    for how, waits in self.turns.items()
                ),
            ]
        rows.append(("milliseconds each", *("" for _ in self.times)))
        for one in self.fronts:
            rows += [
                (f"median wait, {one.name}", *self._medians(one, lambda one: one.waited)),
                (f"processor time, {one.name}", *self._medians(one, lambda one: one.processor)),
                *(
                    (f"median wait, {one.name}, {how}", f"{waits[one.name]:.2f}")
                    for how, waits in self.turns.items()
                ),
            ]
        return rows

    def _all(self) -> Sequence[Times]:
        return list(self.times.values())

    def _ratios(self, one: MeasuredFront, other: MeasuredFront, of: Callable[[Window], float]) -> list[str]:
        pairs = (zip(self._windows(one, at), self._windows(other, at), strict=True) for at in self.times)
        return [f"{median(of(own) / of(theirs) for own, theirs in pair):.2f}" for pair in pairs]

    def _medians(self, one: MeasuredFront, of: Callable[[Window], float]) -> list[str]:
        return [f"{median(of(window) for window in self._windows(one, at)):.2f}" for at in self.times]

    def _windows(self, one: MeasuredFront, at_once: int) -> Sequence[Window]:
        """Return the windows of the measured rounds, without those of the warm-up."""
        return one.windows[at_once][-len(self.times[at_once].seconds[one.name]) :]


async def compared(fronts: Sequence[MeasuredFront], size: Size) -> Report:
    """Measure the contenders in turns; the report compares the first with the others."""
    return Report(await measure(fronts, size), fronts)


async def with_single_calls(report: Report) -> Report:
    """Add the waits of single calls, in which the contenders are called one after the other in turns.

    In a window of calls to one contender, the processor is never idle between answers without a commit, but
    it is after a commit. People who call alone always meet an idle machine.
    """
    turns = {how: await _in_turns(report.fronts, pause) for how, pause in PAUSES.items()}
    return replace(report, turns=turns)


async def _in_turns(fronts: Sequence[MeasuredFront], pause: float) -> Mapping[str, float]:
    waits: dict[str, list[float]] = {one.name: [] for one in fronts}
    for _ in range(TURNS):
        for one in fronts:
            await asyncio.sleep(pause)
            waits[one.name].append(await one.once())
    return {name: median(each) for name, each in waits.items()}

"""How long whoever asks a front waits, and what the answer costs it in processor time."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from benchmarks.contenders import in_lanes
from benchmarks.windows import Size, Times, measure

Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class Window:
    """What one turn of a contender was like: milliseconds of waiting, and of processors, for each answer."""

    waited: float
    processor: float


@dataclass
class Asked:
    """A front in a process of its own that is asked by us."""

    name: str
    ask: Callable[[], Awaitable[None]]
    processor: Callable[[], float]
    windows: dict[int, list[Window]] = field(default_factory=dict)
    _waits: list[float] = field(default_factory=list)

    async def redeem(self, operations: int, at_once: int) -> None:
        """Ask as often."""
        self._waits.clear()
        before = self.processor()
        await in_lanes(operations, at_once, self._one)
        used = (self.processor() - before) / operations * 1000
        self.windows.setdefault(at_once, []).append(Window(median(self._waits), used))

    async def _one(self) -> None:
        began = perf_counter()
        await self.ask()
        self._waits.append((perf_counter() - began) * 1000)


@dataclass(frozen=True)
class Report:
    """The first contender beside each of the others."""

    times: Mapping[int, Times]
    asked: Sequence[Asked]

    def rows(self) -> Rows:
        """Show ratios, then the medians that they come from."""
        first, *others = self.asked
        rows: Rows = [("ratios", *(f"{number} at once" for number in self.times))]
        for other in others:
            pair = f"{first.name} : {other.name}"
            rows += [
                (f"median wait, {pair}", *self._ratios(first, other, lambda one: one.waited)),
                (f"throughput, {pair}", *(f"{one.ratio(first.name, other.name):.2f}" for one in self._all())),
                (f"processor time, {pair}", *self._ratios(first, other, lambda one: one.processor)),
            ]
        rows.append(("milliseconds each", *("" for _ in self.times)))
        for one in self.asked:
            rows += [
                (f"median wait, {one.name}", *self._medians(one, lambda one: one.waited)),
                (f"processor time, {one.name}", *self._medians(one, lambda one: one.processor)),
            ]
        return rows

    def _all(self) -> Sequence[Times]:
        return list(self.times.values())

    def _ratios(self, one: Asked, other: Asked, of: Callable[[Window], float]) -> list[str]:
        pairs = (zip(self._windows(one, at), self._windows(other, at), strict=True) for at in self.times)
        return [f"{median(of(own) / of(theirs) for own, theirs in pair):.2f}" for pair in pairs]

    def _medians(self, one: Asked, of: Callable[[Window], float]) -> list[str]:
        return [f"{median(of(window) for window in self._windows(one, at)):.2f}" for at in self.times]

    def _windows(self, one: Asked, at_once: int) -> Sequence[Window]:
        """Return the windows of the rounds; what came before them only warmed up."""
        return one.windows[at_once][-len(self.times[at_once].seconds[one.name]) :]


async def compared(asked: Sequence[Asked], size: Size) -> Report:
    """Let all take turns; the first is compared with the others."""
    return Report(await measure(asked, size), asked)

"""Statistics on the outcomes of mutants."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Count:
    """One module's numbers: mutants, how many of them types or tests found, and how many survived."""

    mutants: int = 0
    types: int = 0
    tests: int = 0
    survived: int = 0

    @property
    def tried(self) -> int:
        """Return how many mutants were tried with tests."""
        return self.tests + self.survived

    @property
    def left(self) -> int:
        """Return how many mutants the type checker does not find."""
        return self.mutants - self.types

    @property
    def share(self) -> float:
        """Return the share of the tried mutants that tests found."""
        return self.tests / self.tried if self.tried else 0.0

    @property
    def variance(self) -> float:
        """Return the variance of the estimated number that tests would find; 0 if all were tried, or none."""
        if self.tried in {0, self.left}:
            return 0.0
        # Smoothed: if all of a small sample were found, or survived, others may still differ.
        share = (self.tests + 1) / (self.tried + 2)
        unseen = 1 - self.tried / self.left
        return self.left**2 * unseen * share * (1 - share) / max(self.tried - 1, 1)


def module_of(mutant: str) -> str:
    """Return the name of a mutant's module, without `bot.core`."""
    return mutant.partition(".x_" if ".x_" in mutant else ".x\u01c1")[0].removeprefix("bot.core.")


def counted(
    mutants: Collection[str], typed: Collection[str], outcomes: Mapping[str, str]
) -> dict[str, Count]:
    """Count the outcomes by module."""
    counts: dict[str, Count] = {}
    for mutant in mutants:
        count = counts.setdefault(module_of(mutant), Count())
        count.mutants += 1
        if mutant in typed:
            count.types += 1
        elif mutant in outcomes:
            if outcomes[mutant].startswith(("found", "ended")):
                count.tests += 1
            else:
                count.survived += 1
    return counts


def lines(mutants: Collection[str], typed: Collection[str], outcomes: Mapping[str, str]) -> Iterator[str]:
    """Yield the surviving mutants, then a table of numbers by module, then the summary."""
    counts = counted(mutants, typed, outcomes)
    for mutant in mutants:
        if mutant not in typed and outcomes.get(mutant, "found").startswith(("survived", "no test")):
            yield f"{outcomes[mutant]}: {mutant}"
    yield "| module | mutants | types | tried | tests | survived |"
    yield "|---|---|---|---|---|---|"
    for module, one in sorted(counts.items()):
        yield f"| {module} | {one.mutants} | {one.types} | {one.tried} | {one.tests} | {one.survived} |"
    yield summary([one for one in counts.values() if one.tried or not one.left])


def summary(counts: Collection[Count]) -> str:
    """Say which share of all mutants, and of those that types do not find, is found, with the 95 % error."""
    every = sum(one.mutants for one in counts)
    left = sum(one.left for one in counts)
    tests = sum(one.left * one.share for one in counts)
    error = 1.96 * math.sqrt(sum(one.variance for one in counts))
    return (
        f"{every:,} mutants, {_share(every - left + tests, error, every)} of them found; "
        f"{left:,} that types do not find, {_share(tests, error, left)} of them found by tests"
    )


def _share(found: float, error: float, every: int) -> str:
    return f"{100 * found / every:.1f} % (± {100 * error / every:.1f})" if every else "none"

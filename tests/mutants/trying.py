"""A pytest plugin that collects tests once, notes which functions each test calls, and forks for each mutant.

Within `mutants/`: `python -m pytest -p tests.mutants.trying --mutants=FILE --outcomes=FILE ...`.
"""

import gc
import json
import os
import resource
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

import bot
from bot.chat import deferred
from tests.mutants.counting import module_of

_PATIENCE = 10  # processor seconds that a mutant may use beyond three times those of its tests
_MEMORY = 2**32


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options for the file of mutants to try, the file of outcomes and the number of processes."""
    parser.addoption("--mutants", required=True, type=Path)
    parser.addoption("--outcomes", required=True, type=Path)
    parser.addoption("--tried-by", default=1, type=int)


def pytest_collection() -> None:
    """Switch off Hypothesis's search for simpler examples: it is enough that a test fails."""
    quick = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", settings.get_profile("homeroom"), phases=quick, database=None)
    settings.load_profile("mutants")


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Try each mutant in a process of its own, in several lanes at the same time."""
    if Path(bot.__file__).parent.parent != Path.cwd():
        raise pytest.UsageError(f"These are no mutants: {bot.__file__}")
    trials = Trials(session.items, session.config.getoption("--outcomes"))
    mutants = session.config.getoption("--mutants").read_text().split()
    gc.freeze()
    every = session.config.getoption("--tried-by")
    for first in range(every):
        if os.fork() == 0:
            for mutant in mutants[first::every]:
                trials.try_one(mutant)
            os._exit(0)
    for _ in range(every):
        os.wait()
    return True


class Trials:
    """Runs tests on mutants; knows how long each test takes, and which functions it calls."""

    def __init__(self, items: list[pytest.Item], outcomes: Path) -> None:
        self._outcomes = outcomes
        self._took: dict[pytest.Item, float] = {}
        self._comes_by: dict[pytest.Item, int] = {}
        self._by: dict[str, list[pytest.Item]] = {}
        self._finds: Counter[tuple[str, pytest.Item]] = Counter()
        set_mutant_under_test("stats")
        for item in items:
            state()._stats.clear()
            began = time.process_time()
            if _failing([item]):
                raise pytest.UsageError(f"{item.nodeid} fails without a mutant")
            self._took[item] = time.process_time() - began
            self._comes_by[item] = len(state()._stats)
            for function in state()._stats:
                self._by.setdefault(function, []).append(item)

    def try_one(self, mutant: str) -> None:
        """Run the tests that call a mutant's function until one fails, and append the outcome to the file."""
        function = mutant.partition("__mutmut_")[0]
        tests = self._in_order(function)
        outcome = self._outcome(mutant, tests) if tests else "no test"
        if outcome.isdigit():
            found = tests[int(outcome)]
            self._finds.update([(module_of(mutant), found), ("", found)])
            outcome = f"found {found.nodeid}"
        with self._outcomes.open("a") as file:
            file.write(json.dumps([mutant, outcome]) + "\n")

    def _in_order(self, function: str) -> list[pytest.Item]:
        """Sort a function's tests: quick ones, those that found much and those of its module come first."""
        module = module_of(function)

        def late(test: pytest.Item) -> float:
            named = 5 if module.rpartition(".")[2].rstrip("s") in test.path.stem else 1
            found = 1 + 5 * self._finds[module, test] + self._finds["", test]
            return self._took[test] * self._comes_by[test] / named / found

        return sorted(self._by.get(function, ()), key=late)

    def _outcome(self, mutant: str, tests: list[pytest.Item]) -> str:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            deferred._THREADS = ThreadPoolExecutor(2)  # a fork leaves the threads behind
            _limit(sum(self._took[test] for test in tests))
            set_mutant_under_test(mutant)
            os.write(writing, (_failing(tests) or "survived").encode())
            os._exit(0)
        os.close(writing)
        _, status = os.waitpid(child, 0)
        told = os.read(reading, 100).decode()
        os.close(reading)
        code = os.waitstatus_to_exitcode(status)
        # Whatever waits without computing may wait for something that a fork lacks: nothing was found.
        return told or ("survived, waiting" if code == -signal.SIGALRM else f"ended by {code}")


def _failing(tests: list[pytest.Item]) -> str | None:
    """Run tests until one fails; return its index as text, or None. Session fixtures are kept."""
    for at, test in enumerate(tests):
        after: Any = tests[at + 1] if at + 1 < len(tests) else test.session
        if any(report.failed for report in runtestprotocol(test, log=False, nextitem=after)):
            return str(at)
    return None


def _limit(seconds: float) -> None:
    """Limit processor time, waiting and memory, so that a mutant that never ends is killed, and so found."""
    allowed = int(3 * seconds + _PATIENCE + time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.alarm(10 * allowed)

"""The test files that take long although they have few tests.

Files are handed out to worker processes as a whole, those with many tests first. These files would come last,
and one process would work on them alone while the others have nothing left to do.
"""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST = (
    "tests/crash/test_crash.py",
    "tests/core/machine/test_machine.py",
    "tests/test_replicas.py",
    "tests/core/rights/test_collusion.py",
    "tests/storage/test_load.py",
    "tests/storage/races/test_school.py",
    "tests/storage/races/test_account.py",
    "tests/storage/races/test_addressed.py",
    "tests/storage/races/test_roster.py",
    "tests/test_process.py",
    "tests/test_process_killed.py",
    "tests/storage/outages/test_outages.py",
    "tests/platforms/discord/test_replicas.py",
    "tests/jobs/test_faults.py",
    "tests/platforms/web/test_schemathesis.py",
    "tests/scenarios/test_long_bulk.py",
)


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Sort the longest files first, then those with the most tests; tests within a file keep their order."""
    files = [item.path.relative_to(ROOT).as_posix() for item in items]
    many = Counter(files)
    first = {file: place for place, file in enumerate(LONGEST)}
    turn = sorted(range(len(items)), key=lambda at: (first.get(files[at], len(first)), -many[files[at]], at))
    return [items[at] for at in turn]

"""Mutation testing of `bot/core`: lists small changes that neither the type checker nor a test notices.

`python -m tests.mutants [--sample N] [--again] [pattern ...]`
"""

import argparse
import fnmatch
import json
import random
import subprocess
import sys
from pathlib import Path

from tests.mutants import making
from tests.mutants.counting import lines, module_of

_OUTCOMES = making.COPY / "outcomes.jsonl"
_CHOSEN = making.COPY / "chosen.txt"
# Tests in memory, which are quick. The slow ones are left out, since others cover the same code.
_SLOW = ("collusion", "confusable_addresses", "digest_clock", "tenant_matrix")
_TESTS = (
    *("tests/core", "-k", "not sqlite and not postgresql", "--ignore=tests/core/machine"),
    *map(str, sorted(Path("tests/storage/contract").glob("test_*.py"))),
    *(f"--ignore-glob=*/test_{name}.py" for name in _SLOW),
)


def main() -> None:
    """Make the mutants, run tests on those that were asked for, and print the results."""
    asked = _asked()
    if asked.again:
        making.take_tests()
    else:
        making.make(asked.processes)
    names: list[str] = json.loads(making.NAMES.read_text())
    wanted = [name for name in names if any(fnmatch.fnmatch(name, one) for one in asked.patterns)]
    typed = set(json.loads(making.TYPED.read_text()))
    chosen = _sample([name for name in wanted if name not in typed], asked.sample)
    if asked.again:
        before = _outcomes()
        chosen = [name for name in chosen if not before.get(name, "").startswith("found")]
    _try(chosen, asked.processes)
    sys.stdout.writelines(f"{line}\n" for line in lines(wanted, typed, _outcomes()))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("patterns", nargs="*", default=["*"], help="bot.core.invitations.redeeming*, say")
    parser.add_argument("--sample", type=int, help="at most so many of each module, always the same ones")
    parser.add_argument(
        "--again", action="store_true", help="the same mutants, and the tests as they are now"
    )
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def _sample(names: list[str], size: int | None) -> list[str]:
    if size is None:
        return names
    by_module: dict[str, list[str]] = {}
    for name in names:
        by_module.setdefault(module_of(name), []).append(name)
    chance = random.Random(8)
    return [name for found in by_module.values() for name in chance.sample(found, min(size, len(found)))]


def _outcomes() -> dict[str, str]:
    """Return the outcome of each mutant's last trial."""
    if not _OUTCOMES.exists():
        return {}
    return dict(json.loads(line) for line in _OUTCOMES.read_text().splitlines())


def _try(names: list[str], processes: int) -> None:
    _CHOSEN.write_text("\n".join(names))
    here = [str(path.relative_to(making.COPY)) for path in (_CHOSEN, _OUTCOMES)]
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.mutants.trying"),
            *("-p", "no:cacheprovider", "-p", "no:xdist", "--tb=native", "--assert=plain"),
            *(f"--mutants={here[0]}", f"--outcomes={here[1]}", f"--tried-by={processes}"),
            *_TESTS,
        ],
        cwd=making.COPY,
        check=True,
    )


main()

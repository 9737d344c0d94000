"""Makes a copy of the tree in which each function of core is there as it is and once for each mutant."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

COPY = Path("mutants")
NAMES = COPY / "names.json"
TYPED = COPY / "typed.json"
_SOURCE = Path("bot/core")
_MUTANT = re.compile(r"__mutmut_\d+$")
_FOLDERS = ("bot", "tests", "config", "docs", "requirements")
# Unreachable code, or an ignored error that no longer occurs, does not count as finding the mutant.
_MYPY = (
    "bot/core",
    "--output",
    "json",
    "--disable-error-code",
    "unused-ignore",
    "--disable-error-code",
    "unreachable",
)


def make(processes: int) -> None:
    """Copy the tree, write the mutants of core into it, and note which of them the type checker finds."""
    shutil.rmtree(COPY, ignore_errors=True)
    for folder in _FOLDERS:
        shutil.copytree(folder, COPY / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy("pyproject.toml", COPY)
    with Pool(processes) as pool:
        found = pool.imap_unordered(_mutate, _SOURCE.rglob("*.py"))
        names = sorted(name for names in found for name in names)
    NAMES.write_text(json.dumps(names))
    TYPED.write_text(json.dumps(sorted(set(_found_by_types()))))


def take_tests() -> None:
    """Copy the tests again as they are now, and keep the mutants."""
    shutil.rmtree(COPY / "tests")
    shutil.copytree("tests", COPY / "tests", ignore=shutil.ignore_patterns("__pycache__"))


def _mutate(path: Path) -> list[str]:
    mutated = mutate_file_contents(str(path), path.read_text())
    (COPY / path).write_text(mutated.code)
    return [get_mutant_name(path, name) for name in mutated.mutant_names]


def _found_by_types() -> Iterator[str]:
    told = subprocess.run(
        [sys.executable, "-m", "mypy", *_MYPY], cwd=COPY, capture_output=True, text=True, check=False
    )
    lines: dict[str, set[int]] = {}
    for one in map(json.loads, filter(None, told.stdout.splitlines())):
        # That a mutant annotates a name a second time does not count as finding it.
        if one["severity"] == "error" and one["code"] != "no-redef":
            lines.setdefault(one["file"], set()).add(one["line"])
    if not lines:
        raise SystemExit(f"The type checker found nothing in the mutants: {told.stderr}")
    for file, wrong in lines.items():
        yield from _mutants_at(Path(file), wrong)


def _mutants_at(path: Path, lines: set[int]) -> Iterator[str]:
    """Yield the mutants that have one of these lines; errors in other lines concern no single mutant."""
    for node in ast.walk(ast.parse((COPY / path).read_text())):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not _MUTANT.search(node.name):
            continue
        if not lines.isdisjoint(range(node.lineno, (node.end_lineno or node.lineno) + 1)):
            yield get_mutant_name(path, node.name)

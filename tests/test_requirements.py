"""What the code imports is pinned for every supported Python, not only for this one."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.processes import ROOT

_SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
_OURS = {"bot", "tests", "benchmarks"}
# Fuzzing needs a Python for which Atheris has wheels.
_NOT_EVERYWHERE = {"atheris"}


@pytest.mark.parametrize("python", _SUPPORTED)
@pytest.mark.parametrize(("folder", "pins"), [("bot", "run.txt"), ("tests", "dev.txt")])
def test_every_import_is_pinned(folder: str, pins: str, python: str) -> None:
    pinned = set(_pinned(ROOT / "requirements" / pins, python)) | _NOT_EVERYWHERE
    distributions = packages_distributions()
    missing = {
        module: where
        for module, where in _imported(ROOT / folder).items()
        if pinned.isdisjoint(map(canonicalize_name, distributions.get(module, [module])))
    }
    assert not missing


@pytest.mark.parametrize("file", ["Makefile", "docs/deploy/Dockerfile", "docs/operators.md"])
def test_what_is_pinned_is_not_resolved_again(file: str) -> None:
    """An older pip takes the newest `coverage[toml]` there is, beside the pinned `coverage`, and fails."""
    installs = [line for line in (ROOT / file).read_text().splitlines() if "--require-hashes" in line]
    assert installs
    assert all("--no-deps" in line for line in installs)


def test_what_is_installed_lacks_nothing() -> None:
    check = [sys.executable, "-m", "pip", "check"]
    checked = subprocess.run(check, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def _pinned(file: Path, python: str) -> Iterator[str]:
    """Yield the distributions that a file pins for a Python on Linux."""
    for line in re.findall(r"^[\w.-]+==.*?(?= \\$|$)", file.read_text(), re.MULTILINE):
        requirement = Requirement(line)
        linux = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
        if requirement.marker is None or requirement.marker.evaluate({**linux, "platform_machine": "x86_64"}):
            yield canonicalize_name(requirement.name)


@cache
def _imported(folder: Path) -> dict[str, Path]:
    """Return the third-party packages that a folder imports, each with a file that does."""
    return {
        module: file
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for module in _packages(node)
        if module not in sys.stdlib_module_names and module not in _OURS
    }


def _packages(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name.partition(".")[0] for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.partition(".")[0]]
    return []

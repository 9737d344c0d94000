"""docs/security.md names each known failure, and tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", DOCUMENT)


def _tests(path: Path) -> set[str]:
    found = ast.walk(ast.parse(path.read_text()))
    functions = (one for one in found if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return {one.name for one in functions if one.name.startswith("test_")}


def test_every_test_that_is_named_is_there() -> None:
    assert len(NAMED) > 20
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not (ROOT / path).exists() or (name and name not in _tests(ROOT / path))
    ]
    assert missing == []


def test_every_known_failure_is_named() -> None:
    own = Path(__file__).parent
    there = {
        (f"tests/known_failures/{path.name}", name)
        for path in own.glob("test_*.py")
        if path != Path(__file__)
        for name in _tests(path)
    }
    assert there <= set(NAMED)

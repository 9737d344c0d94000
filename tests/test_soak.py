"""Everything that can be tested at full size is run by `make soak`."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_RECIPE = re.compile(r"^soak:.*\n((?:\t.*\n)+)", re.MULTILINE)
_FULL = re.compile(r"^from tests\.soak import|\bROUNDS\b|\btimes\(\d|environ.*CRASH_KILLS", re.MULTILINE)


def _begun() -> set[Path]:
    """Return the test files that the recipe names, directly or by their folder."""
    (recipe,) = _RECIPE.findall((ROOT / "Makefile").read_text())
    named = {path for word in re.findall(r"tests/\S+", recipe) for path in ROOT.glob(word)}
    assert len(named) > 10
    return named


def _with_a_full_size() -> list[Path]:
    found = sorted(ROOT.glob("tests/**/test_*.py"))
    return [path for path in found if path != Path(__file__) and _FULL.search(path.read_text())]


@pytest.mark.parametrize("path", _with_a_full_size(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_make_soak_begins_what_has_a_full_size(path: Path) -> None:
    assert _begun() & {path, *path.parents}

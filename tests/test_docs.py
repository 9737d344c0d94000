"""The guides: what they link to is there, and their pictures are few, small and said in words."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
GUIDES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]+))?\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def _anchors(guide: Path) -> set[str]:
    titles = _HEADING.findall(guide.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(guide: Path) -> None:
    for there, anchor in _LINK.findall(guide.read_text("utf-8")):
        found = guide.parent / there if there else guide
        assert found.exists(), there
        assert not anchor or anchor in _anchors(found), f"{there}#{anchor}"


def test_pictures_are_used_said_in_words_and_small() -> None:
    used = {}
    for guide in GUIDES:
        for words, there in _PICTURE.findall(guide.read_text("utf-8")):
            used[(guide.parent / there).resolve()] = words
    kept = {path for path in IMAGES.iterdir() if path.suffix == ".png"}
    assert set(used) == kept
    assert [path.name for path, words in used.items() if len(words) < 20] == []
    assert sum(path.stat().st_size for path in kept) < 1_500_000

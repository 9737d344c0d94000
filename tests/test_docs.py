"""The guides: what they link to is there, and their pictures are few, small and said in words."""

import re
from pathlib import Path

import pytest

from bot.commands import REGISTRY

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
GUIDES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]+))?\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_TYPED = re.compile(r"`/(?:homeroom )?([a-z_]+)((?: [a-z_]+(?![\w:/.]))?)([^`\n]*)")
_NAMED = re.compile(r" ([a-z_]+):(?!/)")
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


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_options_that_are_named_exist(guide: Path) -> None:
    known = {command.path: command for group in REGISTRY.groups for command in group.commands}
    groups = {group.name for group in REGISTRY.groups}
    for name, further, values in _TYPED.findall(guide.read_text("utf-8")):
        command = known.get(name + further) or known.get(name)
        assert command or not further or name not in groups, f"/{name}{further}"
        if command is not None:
            strange = [one for one in _NAMED.findall(values) if command.option(one) is None]
            assert strange == [], f"/{command.path}"

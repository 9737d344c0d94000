"""The guides: their links work, and their pictures are few, small and described in words."""

import re
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.commands import REGISTRY

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
GUIDES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]+))?\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_TYPED = re.compile(r"`/(?:homeroom )?([a-z_]+)((?: [a-z_]+(?![\w:/.]))?)([^`\n]*)")
_NAMED = re.compile(r" ([a-z_]+):(?!/)")
_MADE = re.compile(r"(?:`|^\s*)make (\.?[a-z][\w/.]*)(?=`| *$| +[#A-Z])", re.MULTILINE)
_ASKED = re.compile(r"(?:`|^\s*)homeroom ([a-z-]+)(?![\w(])", re.MULTILINE)
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


def test_decisions_are_listed_by_what_they_are_about() -> None:
    """Decisions newer than all listed ones may be listed with the next one."""
    told = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    made = re.findall(r"^## (\d+\. .+)$", told, re.MULTILINE)
    listed = re.findall(r"^- \[(\d+\. [^\]]+)\]", told, re.MULTILINE)
    assert [int(one.partition(".")[0]) for one in made] == list(range(1, len(made) + 1))
    assert sorted(listed) == sorted(made[: len(listed)])


def test_pictures_are_used_said_in_words_and_small() -> None:
    used = {}
    for guide in GUIDES:
        for words, there in _PICTURE.findall(guide.read_text("utf-8")):
            used[(guide.parent / there).resolve()] = words
    kept = {path for path in IMAGES.iterdir() if path.suffix in {".png", ".svg"}}
    assert set(used) == kept
    assert [path.name for path, words in used.items() if len(words) < 20] == []
    assert sum(path.stat().st_size for path in kept) < 1_500_000


def test_what_is_typed_on_a_command_line_exists(capsys: pytest.CaptureFixture[str]) -> None:
    told = "\n".join(guide.read_text("utf-8") for guide in GUIDES)
    targets = re.findall(r"^(\.?[a-z][\w/.]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(_MADE.findall(told)) - set(targets) == set()
    main([])
    commands = re.findall(r"^ {2,4}([a-z-]+)", capsys.readouterr().out, re.MULTILINE)
    asked = set(_ASKED.findall(told))
    assert len(asked) > 10
    assert asked - set(commands) == set()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_options_that_are_named_exist(guide: Path) -> None:
    known = {command.path: command for group in REGISTRY.groups for command in group.commands}
    groups = {group.name for group in REGISTRY.groups}
    for name, further, values in _TYPED.findall(guide.read_text("utf-8")):
        command = known.get(name + further) or known.get(name)
        assert command or not further or name not in groups, f"/{name}{further}"
        if command is not None:
            assert not command.hidden, f"/{command.path}"
            strange = [one for one in _NAMED.findall(values) if command.option(one) is None]
            assert strange == [], f"/{command.path}"

"""Every command that Homeroom's words mention is one that people can type."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.commands import REGISTRY

BOT = Path(__file__).parents[2] / "bot"
GROUPS = {group.name for group in REGISTRY.groups}
TYPED = {command.path for group in REGISTRY.groups for command in group.commands if not command.hidden}
_NAMED = re.compile(r"(?<![\w/.{}:-])/(?:homeroom )?([a-z_]+)(?: ([a-z_]+))?")


def _texts(module: Path) -> Iterator[str]:
    """List the texts of a module, with commands as they are written on Discord."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "typed":
            yield from (f"/{one.value!s}" for one in node.args if isinstance(one, ast.Constant))


def _named(text: str) -> Iterator[str]:
    """List the commands that a text names; a word after the name may belong to the sentence."""
    for group, word in _NAMED.findall(text):
        if group in TYPED:
            yield group
        elif group in GROUPS and word:
            yield f"{group} {word}"


def test_whatever_is_to_be_typed_can_be_typed() -> None:
    named = [
        (str(module.relative_to(BOT)), command)
        for module in sorted(BOT.rglob("*.py"))
        for text in _texts(module)
        for command in _named(text)
    ]
    assert len(named) > 60
    assert [one for one in named if one[1] not in TYPED] == []

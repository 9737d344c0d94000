"""The generated pages are up to date and complete."""

import pytest

from bot.commands import REGISTRY
from bot.settings import Settings, places
from tests.reference import DOCS, PAGES, commands, settings


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run: make reference"


def test_every_command_and_option_is_there_but_hidden_ones() -> None:
    page = commands.document()
    for group in REGISTRY.groups:
        for command in group.commands:
            assert (f"### `/{command.path}`\n" in page) is not command.hidden
            assert command.hidden or command.description in page


def test_every_setting_is_there() -> None:
    page = settings.document()
    for place in places(Settings):
        assert f"| `{'.'.join(place)}` |" in page

"""A file is dropped on a form, or chosen, in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.platforms.web.playground.room import Room
from bot.sheets.bounds import Bounds
from tests.chat.papers import PAPERS
from tests.platforms.web.browser import FAINT, PHONE, WIDE, Screen, live, open_browser
from tests.platforms.web.conftest import ADA, NIA

# What a browser does when a file is dropped on an element.
_DROP = """
const carried = new DataTransfer();
carried.items.add(new File([arguments[2]], arguments[1]));
for (const kind of ["dragover", "drop"]) {
  arguments[0].dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
}
"""


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    chrome = open_browser(tmp_path_factory.mktemp("profile"))
    with live(
        tmp_path_factory.mktemp("room"), Room([ADA, NIA]), registry=PAPERS, bounds=Bounds(bytes=1000)
    ) as base:
        screen = Screen(chrome)
        screen.look()
        screen.open(f"{base}/playground")
        screen.until_connected()
        yield screen
        troubles = screen.troubles()
        screen.open("about:blank")
    chrome.quit()
    # The refused upload is in the browser's log by its own choice.
    assert [one for one in troubles if "413" not in one] == []


def test_a_file_is_chosen_refused_and_replaced_by_one_that_is_dropped(screen: Screen, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text('email\n"nia@example.org')
    column = screen.column("Ada")
    screen.type("Ada", "/papers take note:hello")
    screen.wait(lambda: bool(column.find_elements("css selector", "input[type=file]")))
    chooser = column.find_element("css selector", "input[type=file]")
    assert chooser.get_attribute("accept") == ".csv,.xlsx"
    screen.wait(lambda: screen.focused() == chooser)
    chooser.send_keys(str(broken))
    screen.wait(lambda: "broken.csv · 1 KB" in screen.one(".drop", column).text)
    screen.labelled("Take", column).click()
    screen.sees("Ada", "do not match")
    assert "broken.csv" in screen.one(".drop", column).text
    assert screen.fits()
    assert screen.script(FAINT) == []

    screen.script(_DROP, screen.one(".drop", column), "people.csv", "email,id\nnia@example.org,007\n")
    screen.wait(lambda: "people.csv · 1 KB" in screen.one(".drop", column).text)
    screen.labelled("Take", column).click()
    screen.sees("Ada", "row 2: nia@example.org / 007")
    screen.sees("Ada", "people.csv, hello")


def test_a_file_that_is_too_large_is_told_before_the_form_is_sent(screen: Screen) -> None:
    column = screen.column("Nia")
    screen.type("Nia", "/papers take")
    screen.script(_DROP, screen.one(".drop", column), "large.csv", "x" * 1001)
    screen.wait(lambda: "large.csv is larger than" in screen.one(".drop", column).text)
    screen.labelled("Take", column).click()
    assert screen.script("return arguments[0].querySelector(':invalid') !== null", column)
    for size in (WIDE, PHONE):
        screen.look(size, dark=size == PHONE)
        assert screen.script(FAINT) == []
        assert screen.fits()

"""A sheet of codes in a real Chromium: in print and on screen no code is cut off, however long the words."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cards.invitations import sheets
from tests.platforms.web.browser import PHONE, Screen

# The area of A4 and of Letter within their margins, in CSS pixels.
PAPERS = {"A4": (718, 1047), "Letter": (740, 980)}
NAME = ("Gemeinschaftsgrundschule am Donaudampfschifffahrtsgesellschaftsplatz und am Wald" * 2)[:80]
NOTE = "Welcome, parents of class 3b! Please bring the form that was sent to you, and a pen. " * 3
LINK = "https://homeroom.gemeinschaftsgrundschule.example.org/i/A1b2C3d4E5f6G7h8I9j0Kk"
# What of a code is not wholly in its own box, and how many pixels its picture has.
CUT = """return [...document.querySelectorAll("section")].flatMap((box) => {
  const within = box.getBoundingClientRect();
  return [...box.querySelectorAll("h2, p, svg, b, i")].filter((one) => {
    const { top, bottom, left, right } = one.getBoundingClientRect();
    return top < within.top || bottom > within.bottom || left < within.left || right > within.right;
  }).map((one) => one.tagName);
})"""
PICTURE = """return Math.min(
  ...[...document.querySelectorAll("svg")].map((one) => one.getBoundingClientRect().height)
)"""
ROWS = "return document.querySelectorAll('section')[9].getBoundingClientRect().bottom"


@pytest.mark.parametrize("paper", PAPERS)
def test_a_code_is_printed_whole_beside_the_longest_words(chrome, tmp_path: Path, paper: str) -> None:
    invitation: Any = SimpleNamespace(code="TXAT4695FQZBM", note=NOTE)
    school: Any = SimpleNamespace(name=NAME)
    file = tmp_path / "codes.html"
    file.write_bytes(sheets.render(school, [(invitation, LINK)] * 12, "/homeroom join"))
    screen = Screen(chrome)
    screen.open(file.as_uri())
    screen.look(PAPERS[paper])
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert screen.script(CUT) == []
        assert screen.script(PICTURE) > 85, "22 mm at least, so that phones read it"
        assert screen.script(ROWS) <= PAPERS[paper][1], "four rows stand on a page"
        typed = screen.one("section i")
        assert typed.text == "/homeroom join TXAT-4695-FQZBM"
        assert screen.script("return arguments[0].getClientRects().length", typed) == 1
    finally:
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        screen.open("about:blank")


@pytest.mark.parametrize("size", [PHONE, (320, 640), (820, 1180)])
def test_a_sheet_is_read_on_a_small_screen_too(chrome, tmp_path: Path, size: tuple[int, int]) -> None:
    invitation: Any = SimpleNamespace(code="TXAT4695FQZBM", note=NOTE)
    school: Any = SimpleNamespace(name=NAME)
    file = tmp_path / "codes.html"
    file.write_bytes(sheets.render(school, [(invitation, LINK)] * 4, "/homeroom join"))
    screen = Screen(chrome)
    screen.look(size)
    screen.open(file.as_uri())
    assert screen.fits()
    assert screen.script(CUT) == []
    screen.open("about:blank")

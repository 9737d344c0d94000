"""The playground on the narrowest phone, and with text twice as large."""

import pytest
from selenium.webdriver.common.keys import Keys

# What stands beyond the edge, where only those find it who try to push the page.
_BEYOND = """
return [...document.querySelectorAll('.person, .column.current .tab')]
  .filter(one => one.getBoundingClientRect().right > innerWidth || one.offsetWidth === 0)
  .map(one => one.textContent)
"""
_SIZE = "return parseFloat(getComputedStyle(document.querySelector('.column.current .tab')).fontSize)"
_ROOM = "return document.querySelector('.column.current .log-frame').getBoundingClientRect().height"

# Whether the lower edge of what has the focus is in sight.
_SEEN = """
const one = document.activeElement, { left, bottom } = one.getBoundingClientRect();
return one.closest("dialog") && document.elementFromPoint(left + 5, bottom - 3)?.contains(one);
"""


@pytest.mark.parametrize("letters", [1, 2])
def test_every_person_and_place_is_seen_and_a_conversation_has_room(screen, letters):
    screen.look((320, 640))
    before = screen.script(_SIZE)
    screen.script(f"document.documentElement.style.fontSize = '{letters}00%'")
    assert screen.script(_SIZE) == letters * before, "who sets larger letters in the browser gets them"
    screen.type("Ada", "/show every")
    assert screen.fits()
    assert screen.script(_BEYOND) == []
    assert screen.script(_ROOM) > 150


def test_no_field_of_a_form_is_typed_into_behind_its_buttons(screen):
    screen.look((320, 480))
    screen.type("Ada", "/poll set")
    first = screen.one("dialog input")
    for _ in range(6):
        screen.wait(lambda: screen.script(_SEEN))
        screen.focused().send_keys(Keys.TAB)
    assert screen.focused() != first

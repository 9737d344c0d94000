"""The playground on the narrowest phone, and with text twice as large."""

import pytest

# What stands beyond the edge, where only those find it who try to push the page.
_BEYOND = """
return [...document.querySelectorAll('.person, .column.current .tab')]
  .filter(one => one.getBoundingClientRect().right > innerWidth || one.offsetWidth === 0)
  .map(one => one.textContent)
"""
_SIZE = "return parseFloat(getComputedStyle(document.querySelector('.column.current .tab')).fontSize)"
_ROOM = "return document.querySelector('.column.current .log-frame').getBoundingClientRect().height"


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

"""How pages look in a real Chromium: on phones, in dark mode, and to screen readers."""

import pytest

from tests.platforms.web.browser import FAINT, PHONE
from tests.platforms.web.conftest import INVITATION

# The words of codes that stand on more than one line.
_BROKEN = """return [...document.querySelectorAll("[data-copy]")].flatMap((code) => {
  const range = document.createRange(), found = [];
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    range.selectNodeContents(walker.currentNode);
    if (range.getClientRects().length > 1) found.push(walker.currentNode.data);
  }
  return found;
})"""


def test_on_a_phone_one_person_is_seen_at_a_time(screen):
    screen.look(PHONE)
    assert screen.fits()
    assert len(screen.all(".column")) == 1
    screen.type("Ada", "/poll start")
    assert screen.fits()
    next(one for one in screen.all(".person") if one.text.startswith("N")).click()
    assert [one.get_attribute("aria-label") for one in screen.all(".column")] == ["Nia, Newcomer"]
    screen.labelled("Count", screen.column("Nia")).click()
    screen.sees("Nia", "Vote: 1")


def test_every_place_of_a_person_is_seen_and_nothing_scrolls_sideways_on_the_narrowest_phone(screen):
    # As four people stand beside each other, the first of whom has four places: # approvals among them.
    width = "document.querySelectorAll('.column').forEach(one => one.style.maxWidth = '300px')"
    screen.script(f"{width}; document.querySelectorAll('.tab').forEach(one => one.append(' and more'))")
    beyond = "return [...document.querySelectorAll('.column')].filter(column => column.querySelector("
    beyond += (
        "'.tab:last-child').getBoundingClientRect().right > column.getBoundingClientRect().right).length"
    )
    assert screen.script(beyond) == 0
    screen.look((320, 640))
    assert screen.fits()


def test_a_card_higher_than_the_window_is_read_from_its_beginning(screen):
    screen.look((1280, 480))
    screen.type("Ada", "/show every note:Maple")
    screen.sees("Ada", "Rows read")
    log = screen.one("[role=log]", screen.column("Ada"))
    card = screen.one(".card", log)
    assert card.size["height"] > log.size["height"]
    below = "return arguments[0].getBoundingClientRect().top - arguments[1].getBoundingClientRect().top"
    screen.wait(lambda: 0 <= screen.script(below, card, log) < log.size["height"] / 2)


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_read_in_light_and_dark(screen, dark):
    screen.look(dark=dark)
    screen.type("Ada", "/show every note:Maple")
    screen.type("Ada", "/poll start")
    screen.type("Ada", "/nonsense")
    screen.type("Nia", "/poll set")
    screen.composer("Ada").send_keys("/poll set ")
    screen.one("[role=option]", screen.column("Ada"))
    ground = screen.script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(int(one) for one in ground[4:-1].split(",")) < 3 * 64) == dark
    assert screen.script(FAINT) == []


def test_log_list_and_dialog_have_their_roles(screen):
    screen.type("Ada", "/show every")
    log = screen.one("[role=log]", screen.column("Ada"))
    assert log.accessible_name == "# general, as Ada sees it"
    assert log.get_attribute("aria-live") == "polite"
    other = screen.one("[role=log]", screen.column("Nia"))
    assert other.get_attribute("aria-live") == "off", "what everybody gets is read out once"
    assert screen.composer("Ada").aria_role == "combobox"
    assert screen.composer("Ada").accessible_name == "Message as Ada"
    assert screen.one("progress", log).accessible_name == "Rows read"
    assert screen.one("figure img", log).accessible_name == "A dot"
    assert screen.one("table", log).aria_role == "table"
    assert screen.one("a[download]", log).accessible_name == "rows.csv", "its arrow is not read out"


def test_the_invitation_page_on_a_phone(screen, base):
    for dark in (False, True):
        screen.look(PHONE, dark=dark)
        screen.open(f"{base}/i/alive")
        assert screen.fits()
        assert screen.one("h1").text == INVITATION.given[0].school
        assert "/homeroom join 7KQ4-M2XW-9HPT3" in screen.one("main").text
        assert screen.one(".qr img").size["width"] >= 100
        assert screen.script("return document.querySelector('.qr img').naturalWidth") > 0
        assert len(screen.all("button.copy")) == 3
        screen.one("button.copy").click()
        screen.wait(lambda: screen.script("return document.querySelector('[role=status].sr').textContent"))
        screen.look((320, 640), dark=dark)
        assert screen.script(_BROKEN) == [], "a code is broken at its spaces, and not at its dashes"
        assert screen.script(FAINT) == []
    # The page tells that it was opened; this one was made up, and no link leads to it.
    screen.wait(lambda: any("/i/alive/opened" in one for one in screen.troubles()))


def test_the_page_of_a_dead_invitation(screen, base):
    screen.look(PHONE)
    screen.open(f"{base}/i/dead")
    assert screen.one("h1").text == "This invitation does not work"
    assert screen.fits()
    assert screen.troubles()[0].endswith("404 (Not Found)")

"""The playground and the invitation page in a real Chromium."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from bot.platforms.web.invitation import Given, InvitationView
from bot.platforms.web.playground.room import Room
from tests.platforms.web.browser import PHONE, Screen, live, open_browser
from tests.platforms.web.conftest import ADA, NIA

FAINT = Path(__file__).with_name("faint.js").read_text(encoding="utf-8")
HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=document.title='owned'>@everyone"
INVITATION = InvitationView(
    given=(Given("Maple Street Middle School with a rather long name", "Teacher"),),
    inviter="Ada",
    note="See you on Friday.",
    code="7KQ4-M2XW-9HPT3",
    expires_at=datetime(2027, 1, 31, 17, tzinfo=UTC),
    needs_approval=True,
    link="http://127.0.0.1/i/alive",
)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    chrome = open_browser(tmp_path_factory.mktemp("profile"))
    yield chrome
    chrome.quit()


@pytest.fixture
def live_room() -> Room:
    return Room([ADA, NIA])


@pytest.fixture
def base(tmp_path, live_room) -> Iterator[str]:
    with live(tmp_path, live_room, INVITATION) as address:
        yield address


@pytest.fixture
def screen(chrome, base) -> Iterator[Screen]:
    screen = Screen(chrome)
    screen.look()
    screen.open(f"{base}/playground")
    screen.wait(lambda: screen.one("#connection").text == "Connected")
    yield screen
    troubles = screen.troubles()
    screen.open("about:blank")
    assert troubles == []


def test_a_command_is_found_and_sent_by_keyboard_alone(screen):
    screen.chrome.find_element("css selector", "body").send_keys("/")
    composer = screen.composer("Ada")
    screen.wait(lambda: screen.focused() == composer)
    screen.wait(lambda: composer.get_attribute("aria-expanded") == "true")
    composer.send_keys("poll s")
    screen.wait(lambda: len(screen.all("[role=option]", screen.column("Ada"))) == 2)
    composer.send_keys(Keys.ARROW_DOWN)
    active = screen.one("[role=option][aria-selected=true]")
    assert active.text.startswith("/poll set")
    assert composer.get_attribute("aria-activedescendant") == active.get_attribute("id")
    composer.send_keys(Keys.ARROW_UP, Keys.TAB)
    screen.wait(lambda: composer.get_attribute("value") == "/poll start ")
    composer.send_keys(Keys.ENTER)
    screen.sees("Ada", "Vote: 0")
    screen.sees("Nia", "Ada used /poll start")
    composer.send_keys(Keys.ARROW_UP)
    assert composer.get_attribute("value") == "/poll start "


def test_keys_pressed_before_the_list_has_come_are_meant_for_the_line_as_it_stands(screen):
    composer = screen.composer("Ada")
    composer.send_keys("/poll st", Keys.TAB, Keys.ENTER)
    screen.sees("Ada", "Vote: 0")
    composer.send_keys("/poll set place:Elm", Keys.ENTER)
    screen.sees("Ada", "Set: Elm /")
    composer.send_keys("/poll set place:Elm mood:asl", Keys.ENTER, Keys.ENTER)
    screen.sees("Ada", "Set: Elm / asleep")


def test_values_are_completed_and_escape_closes_the_list(screen):
    composer = screen.composer("Ada")
    composer.send_keys("/poll set place:Elm mood:very")
    screen.wait(lambda: screen.one("[role=option][aria-selected=true]").text == "very wild")
    composer.send_keys(Keys.ENTER)
    screen.wait(lambda: composer.get_attribute("value") == '/poll set place:Elm mood:"very wild" ')
    screen.wait(lambda: composer.get_attribute("aria-expanded") == "true")
    composer.send_keys(Keys.ESCAPE)
    assert composer.get_attribute("aria-expanded") == "false"
    composer.send_keys(Keys.ENTER)
    screen.sees("Ada", "Set: Elm / very wild")


def test_a_click_in_one_column_changes_the_card_in_the_other_without_a_reload(screen):
    screen.script("window.same = true")
    screen.type("Ada", "/poll start")
    screen.labelled("Count", screen.column("Nia")).click()
    screen.sees("Ada", "Vote: 1")
    screen.sees("Nia", "Vote: 1")
    assert screen.script("return window.same")
    screen.wait(lambda: screen.focused().text == "Count")  # the redrawn button keeps the focus


def test_a_form_is_filled_in_refused_put_right_and_sent(screen):
    screen.type("Ada", "/poll set")
    dialog = screen.one("dialog", screen.column("Ada"))
    assert screen.one("h2", dialog).text == "Set a vote up"
    assert dialog.accessible_name == "Set a vote up"
    place = screen.focused()
    assert place.accessible_name.startswith("Place")
    place.send_keys("oak")
    screen.wait(lambda: [one.text for one in screen.all("[role=option]", dialog)] == ["Oak Lane (a street)"])
    place.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    assert place.get_attribute("value") == "Oak Lane (a street)"
    seats = next(one for one in screen.all("input", dialog) if one.accessible_name.startswith("Seats"))
    seats.send_keys("99", Keys.ENTER)
    screen.sees("Ada", "must be at most 9")
    seats = next(one for one in screen.all("input") if one.accessible_name.startswith("Seats"))
    assert seats.get_attribute("value") == "99"
    seats.clear()
    seats.send_keys("9", Keys.ENTER)
    screen.sees("Ada", "Set: Oak Lane /")
    assert screen.all("dialog") == []


def test_a_form_leaves_the_other_columns_usable_and_escape_puts_it_away(screen):
    screen.type("Ada", "/poll set")
    screen.composer("Nia").send_keys("I am ")  # while the form comes, or just after
    screen.one("dialog", screen.column("Ada"))
    screen.wait(lambda: screen.focused() == screen.composer("Nia"))
    screen.focused().send_keys("still here", Keys.ENTER)
    screen.sees("Nia", "I am still here")
    screen.one("dialog input").send_keys(Keys.ESCAPE)
    screen.wait(lambda: screen.all("dialog") == [])
    screen.wait(lambda: screen.focused() == screen.composer("Ada"))
    screen.composer("Ada").send_keys("me too")


def test_what_cannot_be_undone_is_asked_first(screen):
    screen.type("Ada", "/poll start")
    column = screen.column("Ada")
    screen.labelled("Count", column).click()
    screen.sees("Ada", "Vote: 1")
    screen.labelled("End", column).send_keys(Keys.ENTER)
    screen.sees("Ada", "All votes are lost.")
    screen.wait(lambda: screen.focused().text == "Cancel")
    assert column.get_property("scrollTop") == 0  # the sheet slides in; nothing follows it out of place
    screen.focused().send_keys(Keys.ENTER)
    screen.wait(lambda: screen.all("dialog") == [])
    screen.sees("Ada", "Vote: 1")
    screen.labelled("End", column).click()
    screen.labelled("End it", column).click()
    screen.sees("Nia", "Vote: 0")


def test_a_select_is_opened_searched_and_chosen_by_keyboard(screen):
    screen.type("Ada", "/poll start")
    menu = screen.one("button.select", screen.column("Ada"))
    menu.send_keys(Keys.ARROW_DOWN)
    menu.send_keys("tw")
    screen.wait(lambda: screen.one("[role=option][aria-selected=true]").text == "Twenty")
    menu.send_keys(Keys.ENTER)
    screen.sees("Nia", "Vote: 20")


def test_hostile_text_is_shown_and_does_nothing(screen):
    screen.type("Nia", HOSTILE)
    screen.type("Ada", f'/show every note:"{HOSTILE}"')
    screen.sees("Ada", f"Everything for {HOSTILE}")
    screen.sees("Nia", f"Everything for {HOSTILE}")
    assert screen.chrome.title == "Playground · Homeroom"
    assert screen.all(".message script, .message img[src=x]") == []


def test_a_picture_opens_large_and_goes_away_again(screen):
    screen.type("Ada", "/show every")
    screen.wait(lambda: screen.all(".enlarge", screen.column("Ada")))
    small = screen.one(".enlarge", screen.column("Ada"))
    small.send_keys(Keys.ENTER)
    assert screen.one("dialog.large img").get_attribute("alt") == "A dot"
    screen.focused().send_keys(Keys.ESCAPE)
    screen.wait(lambda: not screen.all("dialog.large"))
    assert screen.focused() == small


def test_what_is_private_says_so_and_stays_private(screen):
    screen.type("Ada", "/poll set place:Elm")
    screen.sees("Ada", "Only you can see this")
    screen.type("Ada", "done")
    screen.sees("Nia", "done")
    assert "Elm" not in screen.column("Nia").text


def test_new_messages_elsewhere_are_counted_until_they_are_read(screen, live_room):
    screen.type("Ada", "one")
    column = screen.column("Nia")
    screen.all("[role=tab]", column)[1].click()
    screen.type("Ada", "two")
    screen.type("Ada", "three")
    tab = screen.all("[role=tab]", column)[0]
    screen.wait(lambda: screen.one(".unread [aria-hidden]", tab).text == "2")
    assert tab.accessible_name == "# general 2 unread"
    screen.all("[role=tab]", column)[1].send_keys(Keys.ARROW_LEFT)
    screen.wait(lambda: tab.text == "# general")
    screen.sees("Nia", "three")


def test_a_reload_brings_everything_back(screen):
    screen.type("Ada", "/poll start")
    screen.type("Nia", "/poll set")
    screen.one("dialog", screen.column("Nia"))
    screen.all("[role=tab]", screen.column("Ada"))[1].click()
    screen.composer("Ada").send_keys("half a line")
    screen.chrome.refresh()
    screen.wait(lambda: screen.one("#connection").text == "Connected")
    assert screen.composer("Ada").get_attribute("value") == "half a line"
    assert screen.one("[role=tab][aria-selected=true]", screen.column("Ada")).text == "# approvals"
    assert screen.one("dialog h2", screen.column("Nia")).text == "Set a vote up"
    screen.all("[role=tab]", screen.column("Ada"))[0].click()
    screen.sees("Ada", "Vote: 0")


def test_the_page_comes_back_by_itself_when_the_server_does(chrome, tmp_path, live_room):
    screen = Screen(chrome)
    screen.look()
    with live(tmp_path, live_room) as address:
        screen.open(f"{address}/playground")
        screen.wait(lambda: screen.one("#connection").text == "Connected")
        screen.type("Ada", "/poll start")
        screen.sees("Nia", "Vote: 0")
    screen.wait(lambda: screen.one("#connection").text == "Reconnecting…")
    screen.composer("Nia").send_keys("are you there?", Keys.ENTER)
    screen.sees("Nia", "No connection. Your line is kept")
    # The room was in memory: a server that starts again has a new one.
    with live(tmp_path, Room([ADA, NIA]), port=int(address.rpartition(":")[2])):
        screen.wait(lambda: screen.one("#connection").text == "Connected")
        assert screen.composer("Nia").get_attribute("value") == "are you there?"
        screen.composer("Nia").send_keys(Keys.ENTER)
        screen.sees("Ada", "are you there?")
        screen.open("about:blank")
    assert all("CONNECTION_REFUSED" in one for one in screen.troubles())


def test_whoever_was_signed_in_to_a_server_that_started_again_is_asked_for_the_password(
    chrome, tmp_path, live_room
):
    screen = Screen(chrome)
    with live(tmp_path, live_room, password="maple") as address:
        screen.open(f"{address}/playground")
        screen.focused().send_keys("maple", Keys.ENTER)
        screen.wait(lambda: screen.one("#connection").text == "Connected")
    with live(tmp_path, live_room, password="maple", port=int(address.rpartition(":")[2])):
        screen.wait(lambda: screen.focused().accessible_name == "Password")
        screen.open("about:blank")
        screen.troubles()  # the browser logs that it could not connect


def test_first_visitors_are_offered_lines_to_try(screen):
    screen.labelled("/poll start", screen.column("Ada")).click()
    composer = screen.composer("Ada")
    assert composer.get_attribute("value") == "/poll start"
    screen.wait(lambda: screen.focused() == composer)
    composer.send_keys(Keys.ESCAPE, Keys.ENTER)
    screen.sees("Ada", "Vote: 0")
    screen.wait(lambda: "Try one of these" not in screen.column("Ada").text)


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
    assert screen.composer("Ada").aria_role == "combobox"
    assert screen.composer("Ada").accessible_name == "Message as Ada"
    assert screen.one("progress", log).accessible_name == "Rows read"
    assert screen.one("figure img", log).accessible_name == "A dot"
    assert screen.one("table", log).aria_role == "table"


def test_the_password_opens_the_playground(chrome, tmp_path, live_room):
    screen = Screen(chrome)
    with live(tmp_path, live_room, password="maple") as address:
        screen.open(f"{address}/playground")
        screen.wait(lambda: screen.focused().accessible_name == "Password")
        screen.focused().send_keys("oak", Keys.ENTER)
        screen.wait(lambda: screen.one("[role=alert]").text == "That is not the password.")
        screen.wait(lambda: screen.focused().accessible_name == "Password")
        screen.focused().send_keys("maple", Keys.ENTER)
        screen.wait(lambda: screen.one("#connection").text == "Connected")
        screen.open("about:blank")
        screen.troubles()  # the browser logs that the first password was refused


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
        assert screen.script(FAINT) == []
    # The page tells that it was opened; this one was made up, and no link leads to it.
    screen.wait(lambda: any("/i/alive/opened" in one for one in screen.troubles()))


def test_the_page_of_a_dead_invitation(screen, base):
    screen.look(PHONE)
    screen.open(f"{base}/i/dead")
    assert screen.one("h1").text == "This invitation does not work"
    assert screen.fits()
    assert screen.troubles()[0].endswith("404 (Not Found)")

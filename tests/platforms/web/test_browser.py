"""The playground and the invitation page in a real Chromium."""

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from bot.platforms.web.playground.room import Room
from tests.platforms.web.browser import Screen, live
from tests.platforms.web.conftest import ADA, NIA

HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=document.title='owned'>@everyone"


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
    assert menu.aria_role == "combobox", "screen readers follow the active option"
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
    screen.until_connected()
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
        screen.until_connected()
        screen.type("Ada", "/poll start")
        screen.sees("Nia", "Vote: 0")
    screen.wait(lambda: screen.one("#connection").text == "Reconnecting…")
    screen.composer("Nia").send_keys("are you there?", Keys.ENTER)
    screen.sees("Nia", "No connection. Your line is kept")
    # The room was in memory: a server that starts again has a new one.
    with live(tmp_path, Room([ADA, NIA]), port=int(address.rpartition(":")[2])):
        screen.until_connected()
        assert screen.composer("Nia").get_attribute("value") == "are you there?"
        screen.composer("Nia").send_keys(Keys.ENTER)
        screen.sees("Ada", "are you there?")
        screen.open("about:blank")
    assert all("CONNECTION_REFUSED" in one for one in screen.troubles())


def test_what_is_typed_into_a_form_outlasts_a_lost_connection_and_a_reload(chrome, tmp_path, live_room):
    screen = Screen(chrome)
    screen.look()

    def field(label: str) -> WebElement:
        def found() -> WebElement:
            inside = screen.all("dialog input, dialog select", screen.column("Ada"))
            return [one for one in inside if one.accessible_name.startswith(label)][-1]

        field: WebElement = screen.wait(found)
        return field

    def offered() -> bool:
        screen.all("dialog [role=option]")[-1].click()
        return True

    def typed() -> list[str | None]:
        return [field(label).get_attribute("value") for label in ("Place", "Mood", "Seats")]

    with live(tmp_path, live_room) as address:
        screen.open(f"{address}/playground")
        screen.until_connected()
        screen.type("Ada", "/poll set")
        screen.wait(lambda: screen.focused() == field("Place"))
        screen.focused().send_keys("oak")
        screen.wait(offered)
        field("Mood").send_keys("very")
        field("Yes").click()
        field("Seats").send_keys("7")
        filled = typed()
        assert filled == ["Oak Lane (a street)", "very wild", "7"]
    screen.wait(lambda: screen.one("#connection").text == "Reconnecting…")
    # The room, and the form in it, outlast this server.
    with live(tmp_path, live_room, port=int(address.rpartition(":")[2])):
        screen.until_connected()
        assert typed() == filled
        assert screen.focused() == field("Seats"), "whoever was typing can go on"
        screen.chrome.refresh()
        screen.until_connected()
        assert typed() == filled
        field("Seats").send_keys(Keys.ENTER)
        screen.sees("Ada", "Set: Oak Lane / very wild / True / None / None / 7")
        screen.type("Ada", "/poll set")
        screen.wait(lambda: screen.focused() == field("Place"))
        assert typed() == ["", "", ""], "another form begins empty"
        screen.open("about:blank")
        screen.troubles()  # the browser logs that it could not connect


def test_a_restarted_server_asks_for_the_password_again(chrome, tmp_path, live_room):
    screen = Screen(chrome)
    with live(tmp_path, live_room, password="maple") as address:
        screen.open(f"{address}/playground")
        screen.focused().send_keys("maple", Keys.ENTER)
        screen.until_connected()
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


def test_the_password_opens_the_playground(chrome, tmp_path, live_room):
    screen = Screen(chrome)
    with live(tmp_path, live_room, password="maple") as address:
        screen.open(f"{address}/playground")
        screen.wait(lambda: screen.focused().accessible_name == "Password")
        screen.focused().send_keys("oak", Keys.ENTER)
        screen.wait(lambda: screen.one("[role=alert]").text == "That is not the password.")
        screen.wait(lambda: screen.focused().accessible_name == "Password")
        screen.focused().send_keys("maple", Keys.ENTER)
        screen.until_connected()
        screen.open("about:blank")
        screen.troubles()  # the browser logs that the first password was refused

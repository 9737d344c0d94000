"""Every block in a mail; nothing that people typed becomes markup or a header."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest

from bot.chat.actions import Action
from bot.chat.replies import (
    Actions,
    Button,
    Card,
    Fields,
    File,
    Image,
    Item,
    LinkButton,
    Progress,
    Select,
    Table,
    Text,
)
from bot.chat.text import Channel, Code, Link, say, verbatim
from bot.platforms.mail import limits
from bot.platforms.mail.message import NoAddress, Sender, compose
from bot.platforms.mail.render import Body, render
from tests.platforms.slack.small import PNG
from tests.world import START

SENDER = Sender('"The Door, Ltd" <door@example.org>', reply_to="office@example.org")
EVIL = '<script>alert("1")</script> & "quotes"\r\nBcc: mallory@example.org'
EVERYTHING = Card(
    say("**Ada** invited you"),
    (
        Text(say("Come on {at}.", at=datetime(2026, 9, 4, 15, 0, tzinfo=UTC))),
        Text(say("Small print, {link}.", link=Link("here", "https://a.example/x")), quiet=True),
        Fields(((say("School"), verbatim("Maple")), (say("Code"), say("{c}", c=Code("ABCD-EFGH"))))),
        Table((say("Who"), say("Status")), ((verbatim("Nia"), say("Active")), (verbatim("Leo"), say("?")))),
        Image(PNG, say("QR code of the link"), "qr.png"),
        File("list.csv", b"a;b\n", say("The list")),
        Progress(3, 10, say("Invited")),
        Actions(
            (
                LinkButton(say("Open the invitation"), "https://door.example.org/i/abc"),
                Button(say("Approve"), Action("request approve")),
                Button(say("Reject"), Action("request reject")),
                LinkButton(say("Odd"), "javascript:alert(1)"),
            )
        ),
        Select(
            say("Choose a role"),
            Action("request approve"),
            "role",
            (Item("a", say("Staff"), say("sees all")), Item("b", say("Viewer"))),
        ),
    ),
)


class Reader(HTMLParser):
    """Collects the text that a person sees of HTML, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str, name: str) -> list[str | None]:
        return [attributes.get(name) for one, attributes in self.tags if one == tag]


def sent(body: Body, to: str = "nia@example.org") -> EmailMessage:
    read = message_from_bytes(bytes(compose(body, SENDER, to, START)), policy=default)
    assert isinstance(read, EmailMessage)
    assert read.defects == []
    return read


@pytest.mark.parametrize(
    "said",
    [
        "Ada invited you",
        "Friday, 4 September 2026, 17:00 (Europe/Berlin)",
        "School",
        "ABCD-EFGH",
        "Nia",
        "Active",
        "Leo",
        "list.csv",
        "The list",
        "Invited: 3 of 10",
        "Open the invitation",
        "https://door.example.org/i/abc",
        "“Approve”, “Reject”",
        "Choose a role",
        "Staff (sees all)",
        "Viewer",
        "javascript:alert(1)",
    ],
)
def test_both_halves_say_everything(said: str) -> None:
    body = render(EVERYTHING, zone="Europe/Berlin")
    assert said in " ".join(body.text.split())
    assert said in Reader(body.html).text


def test_links_lead_to_web_addresses_alone() -> None:
    links = Reader(render(EVERYTHING).html).all("a", "href")
    assert "https://door.example.org/i/abc" in links
    assert all(one is not None and one.startswith("https://") for one in links)


def test_a_picture_stands_in_the_mail_with_its_words_and_loads_nothing() -> None:
    body = render(EVERYTHING)
    reader = Reader(body.html)
    assert reader.all("img", "alt") == ["QR code of the link"]
    assert "[Picture: QR code of the link]" in body.text
    message = sent(body)
    (source,) = reader.all("img", "src")
    pictures = [one for one in message.walk() if one.get_content_type() == "image/png"]
    assert [f"cid:{one['Content-ID'].strip('<>')}" for one in pictures] == [source]
    assert pictures[0].get_payload(decode=True) == PNG
    assert pictures[0].get_content_disposition() == "inline"


def test_a_file_is_attached() -> None:
    (file,) = sent(render(EVERYTHING)).iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("list.csv", b"a;b\n")


WEB = "https://door.example.org"


def test_a_mail_says_where_its_buttons_work() -> None:
    said = "In your school's chat you can choose “Approve”, “Reject”."
    alone = render(EVERYTHING)
    assert said in alone.text
    assert WEB not in Reader(alone.html).all("a", "href")
    body = render(EVERYTHING, base_url=WEB)
    assert WEB in Reader(body.html).all("a", "href")
    assert f"{said} If it does not know you yet, link your account on the web ({WEB})." in body.text


@pytest.mark.parametrize("act", ["withdraw", "again"])
def test_what_a_page_offers_too_is_said_to_be_there(act: str) -> None:
    card = Card(say("Your request"), (Actions((Button(say("Go on"), Action(f"request {act}")),)),))
    there = "On the page of your invitation's link, or in your school's chat, you can choose “Go on”."
    assert there in render(card, base_url=WEB).text
    assert "In your school's chat you can choose “Go on”." in render(card).text, (
        "nobody can sign in on a page"
    )


def test_what_people_typed_is_text() -> None:
    card = Card(
        say("{name}", name=EVIL),
        (
            Text(say("{evil}", evil=EVIL)),
            Fields(((verbatim(EVIL), verbatim(EVIL)),)),
            Table((verbatim(EVIL),), ((verbatim(EVIL),),)),
            Image(PNG, verbatim(EVIL), EVIL),
            File(EVIL, b"", verbatim(EVIL)),
            Actions((LinkButton(verbatim(EVIL), f"https://a.example/{EVIL}"),)),
            Text(say("{code} {link}", code=Code(EVIL), link=Link(EVIL, "https://a.example/?q=\"'>"))),
            Text(say("{channel}", channel=Channel(EVIL))),
        ),
    )
    body = render(card)
    names = {tag for tag, _ in Reader(body.html).tags}
    assert "script" not in names
    assert {name for _, attributes in Reader(body.html).tags for name in attributes} <= {
        *(
            "lang",
            "charset",
            "name",
            "content",
            "class",
            "dir",
            "scope",
            "src",
            "alt",
            "href",
            "target",
            "rel",
        ),
    }
    message = sent(body)
    assert message["Bcc"] is None
    assert {key.lower() for key in message} == {
        *("from", "to", "reply-to", "subject", "date", "message-id", "auto-submitted", "mime-version"),
        *("x-auto-response-suppress", "content-type"),
    }
    assert "Bcc: mallory" in message["Subject"]


@pytest.mark.parametrize(
    "name",
    [
        "Nia\r\nBcc: a@b.example",
        "Nia\n\n<html>",
        'Nia "the \\ boss" O\'Hara',
        "Ñandú 学校 🎒",
        "\u202eaiN",
        "=?utf-8?q?x=0ABcc:_a@b.example?=",
    ],
)
def test_any_name_makes_one_subject(name: str) -> None:
    message = sent(render(Card(say("{name} invited you to {place}", name=name, place="Maple"))))
    assert message["Subject"].endswith("invited you to Maple")
    assert message["Bcc"] is None
    assert message.get_all("Subject") == [message["Subject"]]


@pytest.mark.parametrize("name", ["=?utf-8?b?TmlhCkJjYzogYUBi?= Nia", "👩\u200d👧 ക്\u200cഷ", "N" * 120])
def test_a_subject_is_what_was_typed_letter_by_letter(name: str) -> None:
    assert sent(Body(name, "", ""))["Subject"] == name


def test_a_subject_of_several_lines_is_one_header() -> None:
    message = sent(Body("Hi\r\nBcc: a@b.example\n\nthere", "", ""))
    assert message["Subject"] == "Hi Bcc: a@b.example there"
    assert message["Bcc"] is None


def test_a_subject_without_end_is_cut_and_the_heading_has_it_whole() -> None:
    name = "Nia" * 500
    body = render(Card(say("{name} invited you", name=name)))
    message = sent(body)
    assert len(message["Subject"]) == limits.SUBJECT
    assert message["Subject"].endswith("…")
    assert "Nia invited you" in body.text
    raw = bytes(compose(body, SENDER, "nia@example.org", START))
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_headers_of_a_mail_that_nobody_wrote_by_hand() -> None:
    message = sent(render(EVERYTHING))
    assert message["From"] == '"The Door, Ltd" <door@example.org>'
    assert message["To"] == "nia@example.org"
    assert message["Reply-To"] == "office@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == START
    assert message["Message-ID"].endswith("@example.org>")
    assert sent(render(EVERYTHING))["Message-ID"] != message["Message-ID"]


@pytest.mark.parametrize(
    "address",
    [
        *("", "nia", "nia@", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"),
        "=?utf-8?q?a=0ABcc=3A_c=40d=0Aa?=@b.example",  # to its letters it is an address
    ],
)
def test_what_is_no_single_address_gets_no_mail(address: str) -> None:
    with pytest.raises(NoAddress):
        compose(render(EVERYTHING), SENDER, address, START)


def test_an_unknown_zone_is_utc() -> None:
    assert "15:00 (UTC)" in render(EVERYTHING, zone="Nowhere/Land").text


def test_a_mail_to_many_says_how_a_mail_program_asks_for_no_more() -> None:
    stop = f"https://door.example.org/stop/01abc.{'x_y-z' * 20}"
    card = Card(
        say("Trip"), (Text(say("Hello")), Actions((LinkButton(say("No more"), stop, unsubscribes=True),)))
    )
    message = compose(render(card), SENDER, "nia@example.org", START)
    assert message["List-Unsubscribe"] == f"<{stop}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    sent = message_from_bytes(message.as_bytes(), policy=default)
    assert sent["List-Unsubscribe"] == f"<{stop}>"
    assert f"\r\nList-Unsubscribe: <{stop}>\r\n".encode() in message.as_bytes(), "mail programs decode none"
    assert 'class="button"' not in render(card).html
    assert f'href="{stop}"' in render(card).html


@pytest.mark.parametrize(
    "link",
    [
        LinkButton(say("Open"), "https://door.example.org/i/abc"),
        LinkButton(say("Odd"), "javascript:alert(1)", unsubscribes=True),
    ],
)
def test_other_mails_say_nothing_of_it(link: LinkButton) -> None:
    message = compose(render(Card(say("Hi"), (Actions((link,)),))), SENDER, "nia@example.org", START)
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None

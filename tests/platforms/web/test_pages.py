"""Pages: the invitation page, what leads where, and headers."""

import logging
import re
from datetime import UTC, datetime

import httpx2
import pytest
import segno
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.core.people.passwords import SignInWays
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.platforms.web import invitation
from bot.platforms.web.link_view import GivenRole, InvitationView
from bot.platforms.web.server import build
from bot.platforms.web.this_machine import comes_from_this_machine
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.world import BASE_URL

JOINS = {Platform.DISCORD: "/", Platform.SLACK: "/homeroom "}
VIEW = InvitationView(
    given=(GivenRole("Maple <b>Street</b>", "Teacher"),),
    inviter="Ada \u202eO'Neil",
    note='<img src=x onerror=alert(1)> {{ 7 * 7 }} "Welcome"',
    code="7KQ4-M2XW-9HPT3",
    expires_at=datetime(2027, 1, 31, 17, tzinfo=UTC),
    needs_approval=True,
    link="https://door.example.org/i/alive",
)


@pytest.fixture
def looked_up():
    return []


@pytest.fixture
async def client(runner, looked_up):
    async def look_up(token: str, _: object) -> InvitationView | None:
        looked_up.append(token)
        return VIEW if token == "alive" else None

    async def hello(_):
        return PlainTextResponse("from another front")

    routes = [Route("/slack/events", hello, methods=["POST"])]
    app = build(runner, look_up=look_up, joins=JOINS, routes=routes)
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        yield client


async def test_a_link_that_many_open_is_drawn_once(client, monkeypatch):
    drawn, make = [], segno.make

    def counted(link, **how):
        drawn.append(link)
        return make(link, **how)

    monkeypatch.setattr(segno, "make", counted)
    invitation._qr.cache_clear()
    pages = [await client.get("/i/alive") for _ in range(3)]
    assert drawn == [VIEW.link]
    assert all("data:image/svg+xml" in one.text for one in pages)


@pytest.mark.parametrize(
    ("to", "words"),
    [({"masked": "n•••@example.org"}, "nobody can sign in here"), ({"issuer": "discord"}, "answer it there")],
)
async def test_nobody_is_told_to_sign_in_where_there_is_no_way_to(runner, to, words):
    theirs = replace(VIEW, addressed=True, theirs=False, code="", link="", note="", **to)

    async def look_up(_token: str, _visitor: object) -> InvitationView:
        return theirs

    app = build(runner, look_up=look_up, joins=JOINS)
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        page = (await client.get("/i/alive")).text
    assert (words in page, "sign in with" in page) == (True, False)


async def test_in_the_demo_a_mail_leads_to_where_it_is_answered(runner):
    theirs = replace(VIEW, addressed=True, theirs=False, code="", link="", note="", masked="n•••@example.org")

    async def look_up(_token: str, _visitor: object) -> InvitationView:
        return theirs

    demo = replace(runner, ways=SignInWays(mails=True, in_chat=True))
    app = build(demo, look_up=look_up, joins={Platform.WEB: "/"})
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        assert 'data-copy="/me"' in (await client.get("/i/alive")).text


async def test_the_invitation_page_says_what_one_joins_and_how(client):
    page = (await client.get("/i/alive")).text
    for words in ("Teacher", "7KQ4-M2XW-9HPT3", "31 January 2027, 17:00 UTC", "approves you"):
        assert words in page
    assert '<code data-copy="/join 7KQ4-M2XW-9HPT3">/join 7KQ4-M2XW-9HPT3</code>' in page
    assert ">/homeroom join 7KQ4-M2XW-9HPT3</code>" in page
    assert 'src="data:image/svg+xml' in page


async def test_what_people_wrote_is_text_on_the_invitation_page(client):
    page = (await client.get("/i/alive")).text
    assert "Maple &lt;b&gt;Street&lt;/b&gt;" in page
    assert "&lt;img src=x onerror=alert(1)&gt; {{ 7 * 7 }} &#34;Welcome&#34;" in page
    assert "\u202e" not in page


async def test_a_link_that_is_posted_shows_the_school_and_nothing_of_people(client):
    head = (await client.get("/i/alive")).text.partition("</head>")[0]
    told = dict(re.findall(r'<meta property="(og:\w+)" content="([^"]*)"', head))
    assert told == {
        "og:type": "website",
        "og:site_name": "Homeroom",
        "og:title": "Join Maple &lt;b&gt;Street&lt;/b&gt;",
        "og:description": "Open the link to see what it is for. Nothing happens until you accept.",
        "og:image": f"{BASE_URL}/static/icon.png",
    }
    for of_people in ("Ada", "Welcome", "Teacher", "7KQ4"):
        assert of_people not in head
    assert (await client.get("/static/icon.png")).headers["content-type"] == "image/png"
    assert "og:" not in (await client.get("/i/dead")).text


async def test_strangers_get_one_answer_for_every_link_that_does_not_work(client, looked_up):
    dead = [await client.get(f"/i/{token}") for token in ("gone", "x" * 5000, "%F0%9F%98%80", "a%00b")]
    assert len({(one.status_code, one.content, str(sorted(_lasting(one).items()))) for one in dead}) == 1
    assert dead[0].status_code == 404
    assert "x" * 5000 not in looked_up
    heads = [await client.head(f"/i/{token}") for token in ("gone", "other")]
    assert {one.status_code for one in heads} == {404}


def _lasting(response: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in {"date", "x-request-id"}}


@pytest.mark.parametrize("path", ["/i/abc", "/stop/abc", "/password/abc", "/me"])
async def test_a_slash_behind_a_link_leads_to_no_other_host_and_not_away_from_tls(client, path):
    found = await client.get(f"{path}/", headers={"Host": "evil.example"})
    assert (found.status_code, found.headers["location"]) == (308, path)


@pytest.mark.parametrize("tail", [".", ",", "%3E", ")", ").", "!", "%20", "%E2%80%9D", "%22"])
async def test_what_was_copied_behind_a_link_is_left_out(client, tail, looked_up):
    found = await client.get(f"/i/alive{tail}", headers={"Host": "evil.example"})
    assert (found.status_code, found.headers["location"]) == (308, "/i/alive")
    assert not looked_up
    assert (await client.get(f"/i/a{tail}b")).status_code == 404


@pytest.mark.parametrize("path", ["/i/abc%2f%2f", "/i/a%0d%0ab/", "/static", "/healthz/", "/i/"])
async def test_nothing_else_is_led_anywhere(client, path):
    found = await client.get(path, headers={"Host": "evil.example"})
    assert (found.status_code, found.headers.get("location")) == (404, None)


async def test_the_bare_address_leads_to_what_there_is_to_begin_with(client, address):
    assert (await client.get("/")).status_code == 404, "an installation without any page to begin with"
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as beside_a_playground:
        begun = await beside_a_playground.get("/")
    assert (begun.status_code, begun.headers["location"]) == (307, "/playground")


async def test_an_invitation_is_only_looked_at(client):
    assert (await client.head("/i/alive")).status_code == 200
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await client.request(method, "/i/alive")).status_code == 405


async def test_every_answer_has_the_headers(client):
    for path in ("/i/alive", "/i/gone", "/healthz", "/nothing", "/static/base.css"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")
        assert "server" not in headers


async def test_the_pages_run_nothing_but_their_own_files(client):
    page = (await client.get("/i/alive")).text
    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')


async def test_another_fronts_route_is_served(client):
    assert (await client.post("/slack/events")).text == "from another front"


async def test_without_a_playground_there_is_none(client):
    for path in ("/", "/playground", "/playground/socket"):
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example:8000", 403),
        ("localhost.evil.example", 403),
        ("[", 403),
    ],
)
async def test_the_playground_answers_to_names_of_this_machine_alone(address, host, status):
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        assert (await client.get("/playground", headers={"Host": host})).status_code == status


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_the_playground_does_not_answer_through_a_proxy(address, header):
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        assert (await client.get("/playground", headers={header: "127.0.0.1"})).status_code == 403


@pytest.mark.parametrize(
    ("client", "allowed"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),  # as where both kinds are served
        ("192.0.2.7", False),
        ("::ffff:192.0.2.7", False),
        ("a socket's path", False),
    ],
)
def test_another_machine_is_not_this_one_whatever_host_it_names(client, allowed):
    scope = {"type": "http", "headers": [(b"host", b"127.0.0.1:8000")], "client": (client, 50_000)}
    assert comes_from_this_machine(HTTPConnection(scope)) == allowed


async def test_without_a_public_address_the_invitation_page_has_no_picture(runner):
    async def look_up(_: str, _visitor: object) -> InvitationView:
        return replace(VIEW, link="")

    app = build(runner, look_up=look_up, joins={})
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        page = (await client.get("/i/alive")).text
    assert VIEW.code in page
    assert "svg+xml;" not in page
    assert "Type it in your chat" not in page


async def test_links_and_codes_stay_out_of_the_log(client, caplog):
    caplog.set_level(logging.DEBUG)
    await client.get("/i/alive")
    await client.get("/i/secret-token")
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith(("httpcore", "httpx2"))]
    assert not [line for line in ours if "secret-token" in line or "alive" in line or VIEW.code in line]

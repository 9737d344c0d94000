"""A person's own schools on the web, the way into their workspaces, and the session cookies."""

import base64
import re
from datetime import timedelta
from http.cookies import SimpleCookie

import httpx2
import pytest
from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.core.keys.ring import KeyRing
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.schools.schools import Workspace
from bot.core.values import replace
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.cast import room
from bot.platforms.web.server import build
from bot.platforms.web.sign_in.cookies import CookieJar
from bot.platforms.web.sign_in.flow import SignIn
from bot.platforms.web.sign_in.providers import ProviderSettings
from bot.platforms.web.sign_in.session import COOKIE
from tests.core.door import Door
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.platforms.web.sign_in.answered import NIAS, OTHER, answers, invites_all
from tests.platforms.web.sign_in.conftest import Browser
from tests.platforms.web.sign_in.keyholders import proof_in
from tests.world import KEY, FakeClock

GUILD = WorkspaceKey(Platform.DISCORD, "600000000000000001")
TEAM = WorkspaceKey(Platform.SLACK, "T1")
LED_TO = "https://discord.com/channels/600000000000000001"
NOBODY: dict[str, ProviderSettings] = {}


@pytest.fixture
def name() -> str:
    return "google"


@pytest.fixture
def entered() -> list[tuple[str, AccountKey, str]]:
    return []


@pytest.fixture
async def address(world, sign_in, entered):
    async def entrance(guild: str, account: AccountKey, key: str) -> str:
        entered.append((guild, account, key))
        return LED_TO

    app = build(
        world.runner,
        look_up=link_lookup(world.runner),
        joins={},
        sign_in=sign_in,
        entrances={Platform.DISCORD: entrance},
    )
    async with served(app) as address:
        yield address


async def _meets(door: Door) -> None:
    """Link the school to a Discord server and a Slack workspace."""
    school = await door.school()

    def unit(uow):
        for key, called in ((GUILD, "Maple <i>Grove</i>"), (TEAM, "maple-parents")):
            uow.workspaces.add(Workspace(f"w-{key.platform.value}", key, called, uow.now))
            uow.workspaces.link(school.id, key, uow.now)

    await door.database.run(unit)


async def test_the_bare_address_leads_to_ones_own_schools(browser):
    begun = await browser.get("/")
    assert (begun.status_code, begun.headers["location"]) == (307, "/me")


async def test_a_playground_takes_the_bare_address_from_nobody(world, sign_in):
    """It is served to this machine alone; everybody else would be led to a refusal."""
    beside = Playground(room(), "password")  # pragma: allowlist secret
    app = build(world.runner, look_up=link_lookup(world.runner), joins={}, sign_in=sign_in, playground=beside)
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        assert (await client.get("/")).headers["location"] == "/me"


async def test_the_contact_of_a_school_can_be_written_to_at_once(browser, door):
    await door.says("ada", '/school edit support_contact:"the office, office@maple.example.org <b>"')
    made = await invites_all(door)
    page = (await browser.get(f"/i/{made.token}")).text
    link = '<a href="mailto:office@maple.example.org">office@maple.example.org</a>'
    assert f"Ask <bdi>the office, {link} &lt;b&gt;</bdi>." in page


async def test_the_address_of_an_answer_leads_back_to_its_page(browser, door):
    """The browser shows it, and asks for it again when somebody reloads from there or goes back to it."""
    made = await invites_all(door)
    for page, action in (
        ("/me", "code"),
        ("/me", "enter"),
        ("/me", "sign-out"),
        (f"/i/{made.token}", "sign-out"),
    ):
        back = await browser.get(f"{page}/{action}")
        assert (back.status_code, back.headers.get("location")) == (303, page)
        assert (await browser.http.put(f"{page}/{action}")).status_code == 405


async def test_members_are_shown_where_their_school_meets_and_led_there(browser, door, entered):
    await _meets(door)
    made = await invites_all(door)
    await browser.sign_in_now()
    await answers(browser, made, "accept")
    page = await browser.get("/me")
    assert "Maple &lt;i&gt;Grove&lt;/i&gt;" in page.text
    assert 'href="https://app.slack.com/client/T1"' in page.text
    allowed = re.search(r"form-action ([^;]+)", page.headers["content-security-policy"])
    assert allowed is not None
    assert allowed[1] == "'self' https://discord.com https://discord.gg"
    way = {"proof": proof_in(page), "workspace": "w-discord"}
    led = await browser.http.post("/me/enter", data=way)
    assert (led.status_code, led.headers["location"]) == (303, LED_TO)
    assert entered == [(GUILD.external_id, NIAS, "")]


async def test_nobody_is_led_into_a_place_of_a_school_that_they_are_not_in(browser, door, entered):
    await _meets(door)
    await door.says("ada", '/school edit approval:"by request"')
    made = await invites_all(door)
    await browser.sign_in_now()
    await answers(browser, made, "accept")
    page = await browser.get("/me")
    assert "Slack" not in page.text.replace("Discord or Slack", "")
    led = await browser.http.post("/me/enter", data={"proof": proof_in(page), "workspace": "w-discord"})
    assert (led.headers["location"], entered) == ("/me", [])


async def test_invitations_that_wait_are_listed_with_their_links(browser, door):
    await door.says("ada", '/invite person to:nia@example.org name:"Nia"')
    made = (await door.invitations())[0]
    await door.says("ada", f'/invite person to:{OTHER} name:"Omar"')
    others = (await door.invitations())[0]
    for one in (made, others):
        await door.database.run(
            lambda uow, of=one.id: uow.sendings.save_status(of, send_at=None, sent_at=uow.now, error="")
        )
    await browser.sign_in_now()
    page = (await browser.get("/me")).text
    assert f'href="/i/{made.token}"' in page
    assert others.token not in page
    browser.http.cookies.clear()
    browser.provider.claims["email_verified"] = False
    await browser.sign_in_now()
    assert made.token not in (await browser.get("/me")).text


async def test_every_page_keeps_to_itself(browser, door):
    made = await invites_all(door)
    await browser.sign_in_now()
    for path in ("/me", "/me/state", f"/i/{made.token}", "/i/none", "/sign-in/google/back"):
        headers = (await browser.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "form-action 'self'" in policy or "form-action 'none'" in policy


async def test_signing_out_forgets_the_session(browser):
    await browser.sign_in_now()
    proof = proof_in(await browser.get("/me"))
    out = await browser.http.post("/me/sign-out", data={"proof": proof})
    assert (out.status_code, out.headers["location"]) == (303, "/me")
    assert not browser.http.cookies.get(COOKIE)
    assert "Continue with Google" in (await browser.get("/me")).text


async def test_no_other_site_signs_anybody_out(browser, address):
    await browser.sign_in_now()
    # A browser sends no cookie along with another site's form, and would take the answer's all the same.
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as elsewhere:
        asked = await elsewhere.post("/me/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert (asked.status_code, "set-cookie" in asked.headers) == (303, False)
    forged = await browser.http.post("/me/sign-out", data={"proof": "guess"})
    assert (forged.status_code, "set-cookie" in forged.headers) == (403, False)
    assert "Continue with Google" not in (await browser.get("/me")).text


async def test_a_school_that_is_archived_welcomes_nobody(browser, door):
    await door.says("ada", "/school edit approval:automatic")
    made = await invites_all(door)
    await browser.sign_in_now()
    await answers(browser, made, "accept")
    school = await door.school()
    await door.database.run(lambda uow: uow.schools.save(replace(school, archived_at=uow.now)))
    page = (await browser.get(f"/i/{made.token}")).text
    assert ("is archived" in page, "Welcome" in page, "School is archived" in page) == (True, False, True)


def _cookie(sign_in: SignIn, jar: CookieJar | None = None) -> tuple[str, str]:
    answer = Response()
    (jar or sign_in.sessions.jar).write(answer, COOKIE, {"proof": "p"}, timedelta(hours=1))
    return answer.headers["set-cookie"], COOKIE


@pytest.mark.parametrize(("base", "secure"), [("https://a.example.org", True), ("http://localhost", False)])
def test_cookies_are_locked_to_our_host_where_that_is_possible(base: str, secure: bool) -> None:
    sign_in = SignIn.of(NOBODY, base_url=base, keys=KeyRing(KEY), clock=FakeClock())
    header, _ = _cookie(sign_in)
    assert header.startswith("__Host-" if secure else COOKIE)
    assert ("Secure" in header) == secure
    for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=3600"):
        assert part in header
    assert "Domain" not in header


def _asks(header: str) -> HTTPConnection:
    (kept,) = SimpleCookie(header).values()
    cookie = f"{kept.key}={kept.value}".encode()
    return HTTPConnection({"type": "http", "headers": [(b"cookie", cookie)]})


def test_another_replica_knows_the_session_and_another_installation_does_not() -> None:
    clock = FakeClock()
    one, two = (CookieJar(KeyRing(KEY), clock, secure=True) for _ in range(2))
    header, name = _cookie(SignIn.of(NOBODY, base_url="https://a.org", keys=KeyRing(KEY), clock=clock), one)
    assert two.read(_asks(header), name) == {"proof": "p"}
    assert CookieJar(KeyRing(bytes(32)), clock, secure=True).read(_asks(header), name) is None
    assert two.read(_asks(header.replace(COOKIE, "other")), "other") is None  # sealed for its own name
    clock.forward(timedelta(minutes=61))
    assert two.read(_asks(header), name) is None


def test_who_is_signed_in_stays_so_while_the_key_is_replaced() -> None:
    clock, older, newer = FakeClock(), KeyRing(bytes(32)), KeyRing(KEY, bytes(32))
    jars = {ring: CookieJar(ring, clock, secure=True) for ring in (older, newer)}
    sign_in = SignIn.of(NOBODY, base_url="https://a.org", keys=newer, clock=clock)
    before, name = _cookie(sign_in, jars[older])
    after, _ = _cookie(sign_in, jars[newer])
    assert jars[newer].read(_asks(before), name) == jars[newer].read(_asks(after), name) == {"proof": "p"}
    assert jars[older].read(_asks(after), name) is None
    newer.use(older.in_use)  # until all replicas have the newer one
    after, _ = _cookie(sign_in, jars[newer])
    assert jars[older].read(_asks(after), name) == {"proof": "p"}


@pytest.mark.parametrize("value", ["", "x", "AAAA", "é", "A" * 5000, "%00", "=" * 40])
def test_a_cookie_that_is_not_ours_is_not_there(value: str) -> None:
    jar = CookieJar(KeyRing(KEY), FakeClock(), secure=False)
    scope = {"type": "http", "headers": [(b"cookie", f"{COOKIE}={value}".encode())]}
    assert jar.read(HTTPConnection(scope), COOKIE) is None


async def test_without_sign_in_there_is_nothing_to_answer(world, door):
    made = await invites_all(door)
    app = build(world.runner, look_up=link_lookup(world.runner), joins={})
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as http:
        page = await http.get(f"/i/{made.token}")
        assert "sign-in" not in page.text
        assert (await http.post(f"/i/{made.token}")).status_code == 405
        for path in ("/me", "/me/state", "/me/sign-in/google", "/sign-in/google/back"):
            assert (await http.get(path)).status_code == 404


async def test_a_cookie_of_ours_cannot_be_read_by_its_owner(browser: Browser):
    await browser.sign_in_now()
    kept = base64.urlsafe_b64decode(browser.http.cookies[COOKIE])
    for secret in (b"google", b"1045", b"nia", b"proof"):
        assert secret not in kept

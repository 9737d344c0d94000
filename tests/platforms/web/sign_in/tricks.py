"""Attacks on the way back from any sign-in provider."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from tests.platforms.web.sign_in.conftest import Browser, parts

HTML = "<script>alert(1)</script>"

Trick = Callable[[Browser], Awaitable[object]]


async def _back_with(browser: Browser, **changed: str | None) -> None:
    """Come back with other parameters than the provider gave; None leaves one out."""
    path = await browser.away()
    told = {**parts(path), **changed}
    await browser.get(
        f"{path.partition('?')[0]}?{urlencode({k: v for k, v in told.items() if v is not None})}"
    )


async def _never_sent(browser: Browser) -> None:
    await browser.get(f"/sign-in/{browser.name}/back?code=c&state=s")


async def _nothing_at_all(browser: Browser) -> None:
    await browser.get(f"/sign-in/{browser.name}/back")


async def _lost_cookies(browser: Browser) -> None:
    path = await browser.away()
    browser.http.cookies.clear()
    await browser.get(path)


async def _anothers_cookies(browser: Browser) -> None:
    theirs = await browser.away()
    browser.http.cookies.clear()
    await browser.away()
    await browser.get(theirs)


async def _changed_cookie(browser: Browser) -> None:
    path = await browser.away()
    (kept,) = browser.http.cookies.jar
    value = str(kept.value)
    kept.value = ("B" if value[0] == "A" else "A") + value[1:]
    await browser.get(path)


async def _cookie_of_another_kind(browser: Browser) -> None:
    path = await browser.away()
    (kept,) = browser.http.cookies.jar
    browser.http.cookies.set("homeroom_session", str(kept.value))
    await browser.get("/me")
    browser.http.cookies.clear()
    await browser.get(path)


async def _too_late(browser: Browser) -> None:
    path = await browser.away()
    browser.world.clock.forward(timedelta(minutes=11))
    await browser.get(path)


async def _code_used_by_the_attacker(browser: Browser) -> None:
    path = await browser.away()
    browser.provider.asked[parts(path)["code"]].used = True
    await browser.get(path)


async def _code_of_another_flow(browser: Browser) -> None:
    """Use an attacker's code in the victim's flow, where PKCE or the nonce does not match."""
    attackers = parts(await browser.away())["code"]
    await _back_with(browser, code=attackers)


async def _another_provider(browser: Browser) -> None:
    path = await browser.away()
    other = "discord" if browser.name != "discord" else "google"
    await browser.get(path.replace(browser.name, other))


async def _named_issuer(browser: Browser) -> None:
    await _back_with(browser, iss="https://evil.example")


async def _head(browser: Browser) -> None:
    browser.seen.append(await browser.http.head(await browser.away()))


async def _posted(browser: Browser) -> None:
    path = await browser.away()
    answer = await browser.http.post(path, data=parts(path))
    assert answer.status_code == 405


def _error(error: str) -> Trick:
    async def trick(browser: Browser) -> None:
        await _back_with(browser, code=None, error=error, error_description=HTML)

    return trick


def _value(**changed: str | None) -> Trick:
    async def trick(browser: Browser) -> None:
        await _back_with(browser, **changed)

    return trick


def answering(answer: Callable[[dict], Response]) -> Trick:
    async def trick(browser: Browser) -> None:
        browser.provider.answer = answer
        await browser.sign_in_now()

    return trick


def without(*names: str) -> Callable[[dict], Response]:
    return lambda token: JSONResponse({name: token[name] for name in token if name not in names})


async def _stopped(browser: Browser) -> None:
    path = await browser.away()
    browser.sign_in.providers[browser.name].client.access_token_url = "http://127.0.0.1:9/token"
    await browser.get(path)


ANYWHERE: dict[str, Trick] = {
    "never sent away": _never_sent,
    "nothing at all": _nothing_at_all,
    "lost cookies": _lost_cookies,
    "a foreign state cookie": _anothers_cookies,
    "a changed cookie": _changed_cookie,
    "the flow's cookie as a session": _cookie_of_another_kind,
    "too late": _too_late,
    "a used code": _code_used_by_the_attacker,
    "a code of another flow": _code_of_another_flow,
    "the way back of another provider": _another_provider,
    "another issuer named": _named_issuer,
    "only looked at": _head,
    "posted": _posted,
    "wrong state": _value(state="wrong"),
    "no state": _value(state=None),
    "huge state": _value(state="s" * 50_000),
    "state with odd characters": _value(state="\x00\r\nSet-Cookie: a=b"),
    "no code": _value(code=None),
    "wrong code": _value(code="wrong"),
    "huge code": _value(code="c" * 50_000),
    "code that is a header": _value(code="c\r\nX-Evil: 1"),
    "denied": _error("access_denied"),
    "server error": _error("server_error"),
    "an error that is a page": _error(HTML),
    "a huge error": _error("e" * 20_000),
    "token refused": answering(lambda _: JSONResponse({"error": "invalid_grant"}, status_code=400)),
    "token endpoint broken": answering(lambda _: HTMLResponse(HTML, status_code=500)),
    "token is no JSON": answering(lambda _: PlainTextResponse("access_token=x")),
    "token is a list": answering(lambda _: JSONResponse(["access_token"])),
    "token is null": answering(lambda _: JSONResponse(None)),
    "token endpoint sends elsewhere": answering(
        lambda _: Response(status_code=307, headers={"Location": "http://127.0.0.1:9/"})
    ),
    "no access token and no ID token": answering(without("access_token", "id_token")),
    "an error within success": answering(lambda token: JSONResponse({**token, "error": HTML})),
    "provider gone": _stopped,
}

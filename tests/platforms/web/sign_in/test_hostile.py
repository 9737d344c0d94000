"""Callbacks that an attacker, or a broken provider, would send: nobody is signed in, and nothing breaks."""

import base64
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlencode

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from tests import test_canaries
from tests.platforms.web.sign_in.conftest import EMAIL, NIA, OIDC, OTHER_TENANT, Browser, parts
from tests.servers.provider import KEY, SECRET, Claims

log = test_canaries.log
STRANGER = RSAKey.generate_key(2048, {"kid": "now"})
ANY = JWSRegistry(algorithms=["RS256"], strict_check_header=False)
HTML = "<script>alert(1)</script>"
Trick = Callable[[Browser], Awaitable[object]]


async def _back_with(browser: Browser, **changed: str | None) -> None:
    """Come back with other values than the provider gave; None leaves one out."""
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
    kept.value = "A" + str(kept.value)[1:]
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
    """An attacker's code, put into the victim's flow: PKCE does not match."""
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


def _answering(answer: Callable[[dict], Response]) -> Trick:
    async def trick(browser: Browser) -> None:
        browser.provider.answer = answer
        await browser.sign_in_now()

    return trick


def _without(*names: str) -> Callable[[dict], Response]:
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
    "token refused": _answering(lambda _: JSONResponse({"error": "invalid_grant"}, status_code=400)),
    "token endpoint broken": _answering(lambda _: HTMLResponse(HTML, status_code=500)),
    "token is no JSON": _answering(lambda _: PlainTextResponse("access_token=x")),
    "token is a list": _answering(lambda _: JSONResponse(["access_token"])),
    "token is null": _answering(lambda _: JSONResponse(None)),
    "token endpoint sends elsewhere": _answering(
        lambda _: Response(status_code=307, headers={"Location": "http://127.0.0.1:9/"})
    ),
    "no access token and no ID token": _answering(_without("access_token", "id_token")),
    "an error within success": _answering(lambda token: JSONResponse({**token, "error": HTML})),
    "provider gone": _stopped,
}


def _claims(change: Callable[[Claims], object]) -> Trick:
    async def trick(browser: Browser) -> None:
        usual = browser.provider.change
        browser.provider.change = lambda claims: (usual(claims), change(claims))
        await browser.sign_in_now()

    return trick


def _signed(sign: Callable[[Claims], str]) -> Trick:
    async def trick(browser: Browser) -> None:
        browser.provider.sign = sign
        await browser.sign_in_now()

    return trick


def _with_secret(secret: bytes) -> Callable[[Claims], str]:
    """Sign by hand with what serves as a shared secret: a library would not."""

    def sign(claims: Claims) -> str:
        said = ".".join(_packed(json.dumps(one).encode()) for one in ({"alg": "HS256", "kid": "now"}, claims))
        return f"{said}.{_packed(hmac.digest(secret, said.encode(), 'sha256'))}"

    return sign


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _tampered(claims: Claims) -> str:
    head, _, signature = jwt.encode({"alg": "RS256", "kid": "now"}, claims, KEY).split(".")
    other = jwt.encode({"alg": "RS256", "kid": "now"}, {**claims, "sub": "1"}, KEY).split(".")[1]
    return f"{head}.{other}.{signature}"


def _unsigned(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": "now"}, claims, KEY).rpartition(".")[0] + "."


def _none(claims: Claims) -> str:
    return ".".join(_packed(json.dumps(one).encode()) for one in ({"alg": "none"}, claims)) + "."


def _own_key(claims: Claims) -> str:
    return jwt.encode(
        {"alg": "RS256", "jwk": STRANGER.as_dict(private=False)}, claims, STRANGER, registry=ANY
    )


async def _keys_gone(browser: Browser) -> None:
    browser.sign_in.providers[browser.name].client.server_metadata.pop("jwks", None)
    browser.provider.jwks_status = 500
    await browser.sign_in_now()


WITH_TOKENS: dict[str, Trick] = {
    "wrong nonce": _claims(lambda one: one.update(nonce="wrong")),
    "no nonce": _claims(lambda one: one.pop("nonce")),
    "for somebody else": _claims(lambda one: one.update(aud="another-client")),
    "for somebody else too": _claims(lambda one: one.update(aud=[one["aud"], "another"], azp=one["aud"])),
    "for nobody": _claims(lambda one: one.pop("aud")),
    "by somebody else": _claims(lambda one: one.update(iss="https://evil.example")),
    "by nobody": _claims(lambda one: one.pop("iss")),
    "by somebody with a similar name": _claims(lambda one: one.update(iss=one["iss"] + "/")),
    "expired": _claims(lambda one: one.update(exp=int(time.time()) - 3600)),
    "without an end": _claims(lambda one: one.pop("exp")),
    "an end that is a word": _claims(lambda one: one.update(exp="tomorrow")),
    "made in the future": _claims(lambda one: one.update(iat=int(time.time()) + 3600)),
    "not valid yet": _claims(lambda one: one.update(nbf=int(time.time()) + 3600)),
    "no subject": _claims(lambda one: one.pop("sub")),
    "subject that is a number": _claims(lambda one: one.update(sub=7)),
    "hash of another token": _claims(lambda one: one.update(at_hash="wrong")),
    "alg none": _signed(_none),
    "no signature": _signed(_unsigned),
    "changed after signing": _signed(_tampered),
    "signed by a stranger": _signed(lambda one: jwt.encode({"alg": "RS256", "kid": "now"}, one, STRANGER)),
    "signed by a key that it brings": _signed(_own_key),
    "signed with the client secret": _signed(_with_secret(SECRET.encode())),
    "signed with the public key": _signed(_with_secret(KEY.as_pem(private=False))),
    "unknown key": _signed(lambda one: jwt.encode({"alg": "RS256", "kid": "old"}, one, STRANGER)),
    "no token at all": _signed(lambda _: "not.a.token"),
    "a token of nothing": _signed(lambda _: ""),
    "keys cannot be had": _keys_gone,
    "ID token left out": _answering(_without("id_token")),
}


def _claim(name: str, value: object) -> Trick:
    return _claims(lambda one: one.update({name: value}))


ODD: dict[str, dict[str, Trick]] = {
    "google": {
        "huge subject": _claim("sub", "9" * 10_000),
        "empty subject": _claim("sub", ""),
        "subject with a page": _claim("sub", HTML),
    },
    "microsoft": {
        "issued by another tenant": _claims(lambda one: one.update(tid=OTHER_TENANT)),
        "tenant that is a path": _claims(lambda one: one.update(tid="../common")),
        "no tenant": _claims(lambda one: one.pop("tid")),
        "no object": _claims(lambda one: one.pop("oid")),
        "object that is no id": _claim("oid", "admin"),
        "the template as issuer": _claims(
            lambda one: one.update(iss=one["iss"].replace(one["tid"], "{tenantid}"))
        ),
    },
    "slack": {
        "no team": _claims(lambda one: one.pop("https://slack.com/team_id")),
        "no user": _claims(lambda one: one.pop("https://slack.com/user_id")),
        "a team that ends early": _claim("https://slack.com/team_id", "T1/U9"),
        "huge user": _claim("https://slack.com/user_id", "U" * 1000),
    },
}


def _user(change: Callable[[Claims], object]) -> Trick:
    async def trick(browser: Browser) -> None:
        change(browser.provider.user)
        await browser.sign_in_now()

    return trick


def _user_answer(answer: Callable[[Claims], Response]) -> Trick:
    async def trick(browser: Browser) -> None:
        browser.provider.user_answer = answer
        await browser.sign_in_now()

    return trick


DISCORD: dict[str, Trick] = {
    "no id": _user(lambda one: one.pop("id")),
    "id that is a number": _user(lambda one: one.update(id=77)),
    "id that is a page": _user(lambda one: one.update(id=HTML)),
    "huge id": _user(lambda one: one.update(id="7" * 1000)),
    "id with a digit of another script": _user(lambda one: one.update(id="\u0667\u0667")),
    "user refused": _user_answer(lambda _: JSONResponse({"message": "no"}, status_code=401)),
    "user broken": _user_answer(lambda _: HTMLResponse(HTML, status_code=502)),
    "user is no JSON": _user_answer(lambda _: PlainTextResponse("nia")),
    "user is a list": _user_answer(lambda _: JSONResponse([{"id": "77"}])),
    "user is elsewhere": _user_answer(
        lambda _: Response(status_code=302, headers={"Location": "http://127.0.0.1:9/"})
    ),
    "access token of another": _answering(lambda token: JSONResponse({**token, "access_token": "other"})),
    "token of another kind": _answering(lambda token: JSONResponse({**token, "token_type": "mac"})),
}


def _cases(name: str) -> dict[str, Trick]:
    own = {**WITH_TOKENS, **ODD[name]} if name in OIDC else DISCORD
    return {**ANYWHERE, **own}


def test_there_are_many_cases_for_every_provider():
    assert {name for name in (*OIDC, "discord") if len(_cases(name)) < 40} == set()


async def test_nobody_is_signed_in_by_a_bad_answer_and_nothing_breaks(browser, name, log):
    wrong = []
    for case, trick in _cases(name).items():
        browser.http.cookies.clear()
        browser.seen.clear()
        kept, client = vars(browser.provider).copy(), browser.sign_in.providers[name].client
        token_url = client.access_token_url
        await trick(browser)
        broken = [one for one in browser.seen if one.status_code == 500 or HTML in one.text]
        if browser.signed_in_as is not None or broken:
            wrong.append(case)
        vars(browser.provider).update(kept, user=dict(NIA[name]))
        client.access_token_url = token_url
    assert wrong == []
    await browser.sign_in_now()  # the tricks have left nothing behind
    assert browser.signed_in_as is not None
    _nothing_secret(browser, log())


def _nothing_secret(browser: Browser, logged: str) -> None:
    """Look for secrets in the log as it is at DEBUG, and on the pages."""
    assert "A sign-in did not succeed" in logged
    secrets = [SECRET, "an-access-token", "code_verifier", EMAIL, HTML, *browser.provider.asked]
    assert [secret for secret in secrets if secret in logged] == []
    for one in browser.seen:
        assert not any(secret in one.text for secret in secrets[:2])


async def test_a_code_works_once_and_with_its_own_cookie(browser):
    path = await browser.away()
    flow = dict(browser.http.cookies)
    assert (await browser.get(path)).status_code == 303
    browser.http.cookies.clear()
    assert (await browser.get(path)).status_code == 400  # the cookie of the flow is gone
    browser.http.cookies.update(flow)
    assert (await browser.get(path)).status_code == 400  # and with it, the provider refuses
    assert browser.signed_in_as is None


async def test_no_address_sends_people_away_from_our_pages(browser):
    for page in ("/me", "/i/some-token"):
        for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
            path = await browser.away(page)
            back = await browser.get(f"{path}&next={elsewhere}&redirect_uri={elsewhere}")
            assert back.headers["location"] == page
    for odd in ("/.//evil.example", "/i/..%2f..%2fevil", "/i/a%0d%0ab", "/i/" + "x" * 200):
        answer = await browser.http.get(f"{odd}/sign-in/{browser.name}")
        assert answer.status_code in {404, 307}, odd
        assert "evil.example" not in answer.headers.get("location", "")


async def test_looking_at_the_way_back_uses_nothing_up(browser):
    path = await browser.away()
    for _ in range(3):
        await browser.http.head(path)
    await browser.get(path)
    assert browser.signed_in_as is not None


async def test_where_the_provider_does_not_answer_people_are_told_so(browser, name):
    provider = browser.sign_in.providers[name]
    if name == "discord":
        path = await browser.away()
        provider.client.access_token_url = "http://127.0.0.1:9/token"
    else:
        provider.client._server_metadata_url = "http://127.0.0.1:9/metadata"
        path = f"/me/sign-in/{name}"
    answer = await browser.get(path)
    assert answer.status_code == 502
    assert f"{provider.label} does not answer" in answer.text


async def test_whoever_cancels_is_not_blamed(browser):
    path = await browser.away("/i/some-token")
    back = f"{path.partition('?')[0]}?error=access_denied&state={parts(path)['state']}"
    answer: httpx2.Response = await browser.get(back)
    assert "You did not sign in" in answer.text
    assert 'href="/i/some-token"' in answer.text

"""Attacks by false statements about people: in ID tokens, and in Discord's answers."""

import base64
import hmac
import json
import time
from collections.abc import Callable

from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from tests.platforms.web.sign_in.conftest import OTHER_TENANT, Browser
from tests.platforms.web.sign_in.tricks import HTML, Trick, answering, without
from tests.servers.provider import KEY, SECRET, Claims

STRANGER = RSAKey.generate_key(2048, {"kid": "now"})

ANY = JWSRegistry(algorithms=["RS256"], strict_check_header=False)


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
    """Return a function that signs claims with a shared secret, by hand since the library refuses to."""

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
    "ID token left out": answering(without("id_token")),
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
    "access token of another": answering(lambda token: JSONResponse({**token, "access_token": "other"})),
    "token of another kind": answering(lambda token: JSONResponse({**token, "token_type": "mac"})),
}

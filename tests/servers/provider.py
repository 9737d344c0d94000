"""A local sign-in provider: OpenID Connect as it should be, and as an attacker would have it.

It also serves Discord's plain OAuth. It checks what it receives: the client secret, one-time codes, PKCE and
the redirect URI.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "homeroom-client", "a-client-secret-that-is-long-enough-for-hmac"
Claims = dict[str, Any]
KEY = RSAKey.generate_key(2048, {"kid": "now"})


@dataclass
class Asked:
    """The parameters of one authorization request, and whether its code was used."""

    query: dict[str, str]
    used: bool = False


@dataclass
class Provider:
    """A provider; tests replace its fields to make it misbehave."""

    claims: Claims = field(default_factory=dict)
    user: Claims = field(default_factory=dict)
    issuer_template: str = ""
    # With PKCE enabled for an app, Slack answers "internal_error" if it gets both the secret and a verifier:
    # a client with the secret must send neither challenge nor verifier (github paradigmxyz/centaur #1100,
    # #1101; docs.slack.dev/changelog/2026/03/30/pkce).
    secret_alone: bool = False
    address: str = ""
    sign: Callable[[Claims], str] = lambda claims: jwt.encode({"alg": "RS256", "kid": "now"}, claims, KEY)
    change: Callable[[Claims], object] = lambda _: None
    answer: Callable[[dict[str, Any]], Response] = JSONResponse
    user_answer: Callable[[Claims], Response] = JSONResponse
    jwks_status: int = 200
    # The published keys. Microsoft's name no algorithm, but do name the issuer that signs with them.
    keys: list[dict[str, Any]] = field(default_factory=lambda: [KEY.as_dict(private=False)])
    asked: dict[str, Asked] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"{self.address}{self.issuer_template}"

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._jwks),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/users/@me", self._user),
            ]
        )

    async def _metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/jwks",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": self.keys}, status_code=self.jwks_status)

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        code = secrets.token_urlsafe(12)
        self.asked[code] = Asked(query)
        back = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{back}", status_code=302)

    async def _token(self, request: Request) -> Response:
        form = dict(await request.form())
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            self.problems.append("client")
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        asked = self.asked.get(str(form.get("code")))
        problem = self._problem(asked, form)
        if asked is None or problem:
            self.problems.append(problem)
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        asked.used = True
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked.query.get("nonce"),
            # The left half of the access token's digest, as Google and Slack send it.
            "at_hash": _packed(hashlib.sha256(b"an-access-token").digest()[:16]),
            **self.claims,
        }
        self.change(claims)
        token = {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 3600}
        if "openid" in asked.query["scope"].split():
            token["id_token"] = self.sign(claims)
        return self.answer(token)

    def _problem(self, asked: Asked | None, form: dict[str, Any]) -> str:
        if asked is None or asked.used:
            return "code"
        if form.get("redirect_uri") != asked.query["redirect_uri"]:
            return "redirect_uri"
        if self.secret_alone:
            return "internal_error" if {*asked.query, *form} & {"code_challenge", "code_verifier"} else ""
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = _packed(digest)
        whole = asked.query["code_challenge_method"] == "S256" and asked.query["code_challenge"] == challenge
        return "" if whole else "verifier"

    async def _user(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer an-access-token":
            return JSONResponse({"message": "401: Unauthorized"}, status_code=401)
        return self.user_answer(self.user)


def _packed(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

"""The providers that people sign in with, through Authlib: PKCE, state, nonce, a verified ID token.

Slack gets no PKCE: there it is meant for apps without a secret, and with both, an app that has it switched on
signs nobody in. Our secret, and the nonce in the ID token, protect against injected codes.
"""

import ssl
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import httpx2
from authlib.deprecate import AuthlibDeprecationWarning
from starlette.requests import Request
from starlette.responses import Response

from bot.core.values import dataclass, field

with warnings.catch_warnings():
    # Authlib warns that it would rather use the successor of the HTTP client that we share with it.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App

from bot.platforms.web.sign_in import identities
from bot.platforms.web.sign_in.identities import Identity, Unproven

# How many seconds a person may take at the provider, and how many we wait for each of its answers.
PROVIDER_SECONDS = 600
_PATIENCE = 10.0
_CLOCKS_DIFFER_BY = 60
# Only public-key signatures: of the other algorithms, some sign with a shared secret, and one not at all.
_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_EVERY_TENANT = "{tenantid}"

Identify = Callable[[Mapping[str, Any]], Identity]


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """How a provider is reached; an OpenID Connect provider lists its addresses at `metadata_url`."""

    client_id: str
    client_secret: str = field(repr=False)
    metadata_url: str = ""
    authorize_url: str = ""
    token_url: str = ""
    user_url: str = ""
    tenants: frozenset[str] = frozenset()
    workspaces: frozenset[str] = frozenset()
    join_guilds: bool = False


class _Client(StarletteOAuth2App):  # type: ignore[misc]
    """Authlib's client, stricter about signatures, and with less in the cookie of a sign-in under way."""

    async def load_server_metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = await super().load_server_metadata()
        offered = metadata.get("id_token_signing_alg_values_supported") or ()
        known = [one for one in offered if one in _SIGNATURES]
        metadata["id_token_signing_alg_values_supported"] = known or ["RS256"]
        return metadata

    async def save_authorize_data(self, request: Request, **kwargs: Any) -> None:
        del kwargs["url"]
        await super().save_authorize_data(request, **kwargs)


class _OAuth(OAuth):  # type: ignore[misc]
    oauth2_client_cls = _Client


@dataclass(frozen=True)
class Provider:
    """One way to sign in."""

    name: str
    label: str
    client: StarletteOAuth2App
    identify: Identify
    user_url: str = ""

    async def redirect(self, request: Request, redirect_uri: str) -> Response:
        """Redirect somebody to the provider; what must match when they return is put into the session."""
        answer: Response = await self.client.authorize_redirect(request, redirect_uri)
        return answer

    async def identify_returning(self, request: Request) -> Identity:
        """Return the identity of somebody who comes back from the provider, for whose code we get a token.

        Raises `Unproven`, or whatever Authlib raises, if anything in it is wrong.
        """
        metadata = await self.client.load_server_metadata()
        issuer = metadata.get("issuer")
        # RFC 9207: if the response names an issuer, it must be the one that was asked.
        if request.query_params.get("iss", issuer) != issuer:
            raise Unproven("iss")
        token = await self.client.authorize_access_token(
            request, claims_options=self._claims_options(issuer), leeway=_CLOCKS_DIFFER_BY
        )
        return self.identify(token["userinfo"] if not self.user_url else await self._user(token))

    def _claims_options(self, issuer: str | None) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "validate": partial(_issued_by, issuer)},
            "aud": {"essential": True, "validate": partial(_issued_only_to, self.client.client_id)},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }

    async def _user(self, token: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self.client.get(self.user_url, token=token)
        answer.raise_for_status()
        return {**answer.json(), "access_token": token["access_token"]}


def _issued_by(issuer: str | None, claims: Mapping[str, Any], said: object) -> bool:
    """Tell whether the issuer is right; Microsoft's metadata has a placeholder for the tenant that signs."""
    if issuer is not None and _EVERY_TENANT in issuer:
        tenant = claims.get("tid")
        return isinstance(tenant, str) and said == issuer.replace(_EVERY_TENANT, tenant)
    return issuer is not None and said == issuer


def _issued_only_to(client_id: str, _: Mapping[str, Any], said: object) -> bool:
    return said in (client_id, [client_id])


def _discord(user: Mapping[str, Any], *, join_guilds: bool) -> Identity:
    return identities.discord(user, user["access_token"] if join_guilds else "")


def build(settings: Mapping[str, ProviderSettings]) -> dict[str, Provider]:
    """Return the providers that have settings, in the order in which they are offered."""
    made: dict[str, Callable[[ProviderSettings], Provider]] = {
        "google": lambda one: _oidc("google", "Google", one, identities.google, prompt="select_account"),
        "microsoft": lambda one: _oidc(
            "microsoft",
            "Microsoft",
            one,
            partial(identities.microsoft, tenants=one.tenants),
            prompt="select_account",
        ),
        "discord": _with_discord,
        "slack": lambda one: _oidc(
            "slack", "Slack", one, partial(identities.slack, workspaces=one.workspaces), pkce=False
        ),
    }
    return {name: make(settings[name]) for name, make in made.items() if name in settings}


def _oidc(
    name: str,
    label: str,
    settings: ProviderSettings,
    identify: Identify,
    prompt: str = "",
    *,
    pkce: bool = True,
) -> Provider:
    client = _client(
        name,
        settings,
        ("openid", "email", "profile"),
        server_metadata_url=settings.metadata_url,
        authorize_params={"prompt": prompt} if prompt else None,
        pkce=pkce,
    )
    return Provider(name, label, client, identify)


def _with_discord(settings: ProviderSettings) -> Provider:
    client = _client(
        "discord",
        settings,
        ("identify", "email", *(["guilds.join"] if settings.join_guilds else [])),
        authorize_url=settings.authorize_url,
        access_token_url=settings.token_url,
    )
    identify = partial(_discord, join_guilds=settings.join_guilds)
    return Provider("discord", "Discord", client, identify, settings.user_url)


@cache
def _trusted() -> ssl.SSLContext:
    """Read the machine's certificates, once: Authlib makes a client, and so reads them, for each answer."""
    return httpx2.create_ssl_context()


def _client(
    name: str, settings: ProviderSettings, scopes: Sequence[str], *, pkce: bool = True, **addresses: Any
) -> StarletteOAuth2App:
    client: StarletteOAuth2App = _OAuth().register(
        name,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        client_kwargs={
            "scope": " ".join(scopes),
            **({"code_challenge_method": "S256"} if pkce else {}),
            "token_endpoint_auth_method": "client_secret_post",
            "timeout": _PATIENCE,
            "verify": _trusted(),
        },
        **addresses,
    )
    client.framework.expires_in = PROVIDER_SECONDS
    return client

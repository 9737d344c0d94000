"""Checks of the sign-in providers: their addresses, our client id and secret, and the redirect address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from bot.console.checks.findings import Area, Finding
from bot.settings import Settings
from bot.settings.sections import OWN_MACHINE
from bot.settings.sign_in import OidcSection, ProviderSection
from bot.unreachable import why_unreachable

_WITHIN = 8.0
_SERVER_ERROR = 500
_OK = 200
_CONSOLES = {
    "google": "Google Cloud Console → Google Auth Platform → Clients → your client",
    "microsoft": "Entra admin center → App registrations → your app",
    "discord": "Discord Developer Portal → your application → OAuth2",
    "slack": "api.slack.com/apps → your app → Basic Information and OAuth & Permissions",
}
# Providers whose e-mail addresses are trusted only for tenants or workspaces that this setting names.
_TRUSTED = {"microsoft": "tenants", "slack": "workspaces"}
# An authorization code that was never issued: the error tells whether the provider knows our id and secret.
_NO_CODE = "homeroom-check"
_NOT_US = {"invalid_client", "unauthorized_client", "bad_client_secret", "invalid_client_id"}
_NOT_BACK = {"redirect_uri_mismatch", "bad_redirect_uri"}
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


class _Bad(Exception):
    """Says what is wrong with a provider, and how to mend it."""

    def __init__(self, told: str, mend: str) -> None:
        super().__init__(told)
        self.told, self.mend = told, mend


async def check(settings: Settings) -> list[Finding]:
    """Check each provider that has a client id and a secret."""
    offered = settings.sign_in.offered
    if not offered:
        if settings.sign_in.passwords:
            area = Area("sign-in")
            if not settings.mail.host:
                return [
                    area.wrong(
                        "sign_in.passwords needs mail: links to choose a password are sent only by mail.",
                        "Set HOMEROOM_MAIL__HOST and the other mail settings.",
                    )
                ]
            return [area.fine("People sign in with a password.")]
        return [Area("sign-in").skipped("No provider is set up: people can join only in chat.")]
    async with httpx2.AsyncClient(timeout=_WITHIN) as client:
        return [await _provider(client, name, one, settings.base_url) for name, one in offered.items()]


async def _provider(
    client: httpx2.AsyncClient, name: str, section: ProviderSection, base_url: str
) -> Finding:
    area, back = Area(f"sign-in by {name}"), f"{base_url}/sign-in/{name}/back"
    try:
        addresses = await _addresses(client, name, section)
        await _known(client, name, section, addresses["token_endpoint"], back)
    except _Bad as bad:
        return area.wrong(bad.told, bad.mend)
    except (httpx2.HTTPError, httpx2.InvalidURL) as broken:
        return area.wrong(
            f"The provider cannot be reached: {why_unreachable(broken)}.",
            "Check that this machine can reach it over HTTPS (firewall, proxy, DNS), and that the "
            f"addresses in sign_in.{name} are correct.",
        )
    told = f"It accepts our id and secret. Its list of redirect addresses must also contain {back}"
    return area.fine(told + _counts(name, section))


def _counts(name: str, section: ProviderSection) -> str:
    """Return a warning if the settings name nobody for whom the provider's e-mail addresses are trusted."""
    if name not in _TRUSTED or getattr(section, _TRUSTED[name]):
        return ""
    setting = f"sign_in.{name}.{_TRUSTED[name]}"
    return f". Its e-mail addresses do not count for addressed invitations: {setting} is empty."


async def _addresses(client: httpx2.AsyncClient, name: str, section: ProviderSection) -> Mapping[str, Any]:
    """Return the provider's endpoints; raise `_Bad` if they or its signing keys are missing."""
    if not isinstance(section, OidcSection):
        return {"token_endpoint": str(getattr(section, "token_url", ""))}
    found = await _read(client, name, section.metadata_url, "discovery document")
    lacking = [one for one in _NEEDED if not _is_safe(found.get(one))]
    if lacking:
        raise _Bad(
            f"Its discovery document lacks {', '.join(lacking)} (with https).",
            f"Correct HOMEROOM_SIGN_IN__{name.upper()}__METADATA_URL; it ends with "
            "/.well-known/openid-configuration.",
        )
    if not (await _read(client, name, found["jwks_uri"], "list of keys")).get("keys"):
        raise _Bad("It publishes no signing keys.", "Try again later; only the provider can fix this.")
    return found


def _is_safe(url: object) -> bool:
    parts = urlsplit(str(url))
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in OWN_MACHINE)


async def _read(client: httpx2.AsyncClient, name: str, url: str, what: str) -> Mapping[str, Any]:
    answer = await client.get(url)
    if answer.status_code != _OK:
        raise _Bad(
            f"Its {what} cannot be read: {url} answers {answer.status_code}.",
            f"Correct HOMEROOM_SIGN_IN__{name.upper()}__METADATA_URL.",
        )
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise _Bad(
            f"Its {what} is not JSON: {url}.", f"Correct HOMEROOM_SIGN_IN__{name.upper()}__METADATA_URL."
        )
    return found


async def _known(
    client: httpx2.AsyncClient, name: str, section: ProviderSection, token_url: str, back: str
) -> None:
    """Ask for a token with a code that was never issued; raise `_Bad` if it refuses our id or address."""
    asked = {
        "grant_type": "authorization_code",
        "code": _NO_CODE,
        "redirect_uri": back,
        "client_id": section.client_id,
        "client_secret": section.client_secret.get_secret_value(),
        "code_verifier": _NO_CODE * 4,
    }
    answer = await client.post(token_url, data=asked, headers={"Accept": "application/json"})
    try:
        error = str(answer.json().get("error", ""))
    except (ValueError, AttributeError):
        error = ""
    variable = f"HOMEROOM_SIGN_IN__{name.upper()}__CLIENT"
    if error in _NOT_BACK:
        raise _Bad("It does not know our redirect address.", f"Add {back} in {_CONSOLES[name]}.")
    if error in _NOT_US or answer.status_code == httpx2.codes.UNAUTHORIZED:
        raise _Bad(
            f"It rejects our id and secret ({error or answer.status_code}).",
            f"Copy both from {_CONSOLES[name]} into {variable}_ID and {variable}_SECRET.",
        )
    if answer.status_code >= _SERVER_ERROR:
        raise _Bad(f"It answers {answer.status_code}.", "Try again later; only the provider can fix this.")

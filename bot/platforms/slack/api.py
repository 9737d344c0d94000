"""Calls to Slack's Web API and response URLs, with a single exception for everything that can go wrong."""

import json
import logging
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.unreachable import why_unreachable

T = TypeVar("T")
TIMEOUT = 10
_SERVER_ERROR = 500
_OK = 200
# Our own error: the app is not installed in that workspace.
NOT_INSTALLED = "not_installed"
# Our own error: there was no answer.
UNREACHABLE = "unreachable"

# At DEBUG, Slack's libraries log whole messages, which contain codes and links.
sdk_log = logging.getLogger(f"{__package__}.sdk")
sdk_log.setLevel(logging.INFO)
logging.getLogger("websockets.client").setLevel(logging.INFO)
# At INFO, Bolt logs requests with a wrong signature.
bolt_log = sdk_log.getChild("bolt")
bolt_log.setLevel(logging.WARNING)
# Its warnings contain the OAuth code of the redirect.
oauth_log = sdk_log.getChild("oauth")
oauth_log.setLevel(logging.ERROR)


class SlackRefused(Exception):
    """Slack did not do what was asked; `error` is Slack's error code, or our own `UNREACHABLE`."""

    def __init__(self, error: str, *, status: int = 0, retry_after: float | None = None) -> None:
        """Take Slack's error, the HTTP status (0 if there was none) and the seconds to wait, if any."""
        super().__init__(error)
        self.error = error
        self.status = status
        self.retry_after = retry_after

    @property
    def told(self) -> str:
        """Slack's error code; if Slack could not be reached, why, as far as it is known."""
        if self.error != UNREACHABLE or self.__cause__ is None:
            return self.error
        return why_unreachable(self.__cause__)

    @property
    def transient(self) -> bool:
        """Whether trying again can help."""
        return self.error in _TRANSIENT or self.status >= _SERVER_ERROR or self.retry_after is not None

    @property
    def ours(self) -> bool:
        """Whether something other than the message is at fault."""
        return self.error in _OURS or self.retry_after is not None


# The workspace's token does not work until somebody replaces it. For a revoked bot token, Slack answers
# account_inactive.
LOCKED_OUT = {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
# Not the message's fault: too many messages, no connection, a workspace that is being moved, or a dead token.
_OURS = LOCKED_OUT | {
    "accesslimited",
    "message_limit_exceeded",
    "org_login_required",
    "rate_limited",
    "ratelimited",
    "team_added_to_org",
    UNREACHABLE,
}
# docs.slack.dev, "Common error codes". A dead token counts as transient, because it can be replaced.
_TRANSIENT = _OURS | {
    "external_channel_migrating",
    "fatal_error",
    "internal_error",
    "request_timeout",
    "service_unavailable",
    "update_failed",
}


def client(token: str, base_url: str | None) -> AsyncWebClient:
    """Return a client; the SDK's own retries are off, because a post that is repeated would appear twice."""
    base_url = (base_url or AsyncWebClient.BASE_URL).rstrip("/") + "/"
    return AsyncWebClient(
        token=token or None, base_url=base_url, timeout=TIMEOUT, logger=sdk_log, retry_handlers=[]
    )


def session() -> aiohttp.ClientSession:
    """Return the HTTP session that all calls share."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))


async def call(answer: Awaitable[T]) -> T:
    """Await a call of the SDK; raises only `SlackRefused`."""
    try:
        return await answer
    except SlackApiError as refused:
        raise _refused(refused) from None
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as broken:
        raise SlackRefused(UNREACHABLE) from broken


async def get(client: AsyncWebClient, method: str, **about: str) -> Mapping[str, Any]:
    """Call a method that only reads, without the SDK; raises only `SlackRefused`.

    People wait for these calls, and the SDK takes twice as long. Like the SDK, this uses the proxy that the
    environment names.
    """
    if client.session is None or client.session.closed:
        raise SlackRefused(UNREACHABLE)
    headers = {"Authorization": f"Bearer {client.token}"}
    asking = client.session.get(
        f"{client.base_url}{method}", params=about, headers=headers, proxy=client.proxy
    )
    try:
        async with asking as answer:
            said = json.loads(await answer.read())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as broken:
        raise SlackRefused(UNREACHABLE) from broken
    if not isinstance(said, dict) or not said.get("ok"):
        error = said.get("error") if isinstance(said, dict) else None
        raise SlackRefused(str(error or "unknown"), status=answer.status, retry_after=_wait(answer.headers))
    return said


def _refused(refused: SlackApiError) -> SlackRefused:
    response = refused.response
    data = getattr(response, "data", response)
    error = data.get("error") if isinstance(data, Mapping) else None
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    return SlackRefused(
        str(error or "unknown"), status=status, retry_after=_wait(getattr(response, "headers", {}))
    )


def _wait(headers: Mapping[str, str]) -> float | None:
    seconds = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    try:
        return float(seconds) if seconds is not None else None
    except ValueError:
        return None


async def respond(session: aiohttp.ClientSession | None, url: str, body: dict[str, Any]) -> None:
    """Post to a response URL; raises only `SlackRefused`.

    Slack may refuse with status 200 too: then only the body says what is wrong.
    """
    hook = AsyncWebhookClient(url, timeout=TIMEOUT, session=session, logger=sdk_log, retry_handlers=[])
    answer = await call(hook.send_dict(body))
    if answer.status_code != _OK or not _taken(answer.body):
        raise SlackRefused(_word(answer.body), status=answer.status_code, retry_after=_wait(answer.headers))


def _taken(body: str) -> bool:
    """Tell whether a response body means success: it is empty, "ok", or JSON that does not say otherwise."""
    try:
        read = json.loads(body or "{}")
    except ValueError:
        return body.strip() == "ok"
    return isinstance(read, dict) and bool(read.get("ok", True))


def _word(body: str) -> str:
    try:
        read = json.loads(body)
    except ValueError:
        return body.strip()[:40] or "unknown"
    return str(read.get("error") or "unknown") if isinstance(read, dict) else "unknown"

"""Calls of Slack's Web API and response URLs, with one exception for all that can go wrong."""

import json
import logging
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

T = TypeVar("T")
TIMEOUT = 10
_SERVER_ERROR = 500
_OK = 200
# Our own word: no workspace of that id has taken us in.
NOT_INSTALLED = "not_installed"

# Slack's libraries write whole messages to the log when debugging; codes and links do not belong there.
sdk_log = logging.getLogger(f"{__package__}.sdk")
sdk_log.setLevel(logging.INFO)
logging.getLogger("websockets.client").setLevel(logging.INFO)
# Bolt says at INFO what somebody has sent whose signature is wrong.
bolt_log = sdk_log.getChild("bolt")
bolt_log.setLevel(logging.WARNING)
# Its warnings have the code that Slack sent a browser back with.
oauth_log = sdk_log.getChild("oauth")
oauth_log.setLevel(logging.ERROR)


class SlackRefused(Exception):
    """Slack did not do what was asked; `error` is its own word for why, or `unreachable`."""

    def __init__(self, error: str, *, status: int = 0, retry_after: float | None = None) -> None:
        """Keep Slack's word, the HTTP status (0 where there was none) and how long it wants us to wait."""
        super().__init__(error)
        self.error = error
        self.status = status
        self.retry_after = retry_after

    @property
    def passing(self) -> bool:
        """Tell whether trying again can help."""
        return self.error in _PASSING or self.status >= _SERVER_ERROR or self.retry_after is not None

    @property
    def ours(self) -> bool:
        """Tell whether the message is not at fault."""
        return self.error in _OURS or self.retry_after is not None


# No token of the workspace works, until somebody sees to it. Of a bot's token that was revoked, Slack says
# that its account is inactive.
LOCKED_OUT = {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
# No message's fault: too many at once, nobody there, a workspace that moves, or a token that the operator can
# replace.
_OURS = LOCKED_OUT | {
    "accesslimited",
    "message_limit_exceeded",
    "org_login_required",
    "rate_limited",
    "ratelimited",
    "team_added_to_org",
    "unreachable",
}
# docs.slack.dev, "Common error codes"; with a wrong token the operator can put in a right one.
_PASSING = _OURS | {
    "external_channel_migrating",
    "fatal_error",
    "internal_error",
    "not_in_channel",
    "request_timeout",
    "service_unavailable",
    "update_failed",
}


def client(token: str, base_url: str | None) -> AsyncWebClient:
    """Make a client; the libraries' own retries are off, because a repeated post would be seen twice."""
    base_url = (base_url or AsyncWebClient.BASE_URL).rstrip("/") + "/"
    return AsyncWebClient(
        token=token or None, base_url=base_url, timeout=TIMEOUT, logger=sdk_log, retry_handlers=[]
    )


def session() -> aiohttp.ClientSession:
    """Make the HTTP session that all calls share."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))


async def call(answer: Awaitable[T]) -> T:
    """Wait for a call; raises only `SlackRefused`."""
    try:
        return await answer
    except SlackApiError as refused:
        raise _refused(refused) from None
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as broken:
        raise SlackRefused("unreachable") from broken


async def facts(client: AsyncWebClient, method: str, **about: str) -> Mapping[str, Any]:
    """Ask for what is known of something; raises only `SlackRefused`.

    People wait for it before anything else is done for them, and the SDK takes twice the time over it. As
    with the SDK, it goes by the proxy that the environment names.
    """
    if client.session is None or client.session.closed:
        raise SlackRefused("unreachable")
    headers = {"Authorization": f"Bearer {client.token}"}
    asking = client.session.get(
        f"{client.base_url}{method}", params=about, headers=headers, proxy=client.proxy
    )
    try:
        async with asking as answer:
            said = json.loads(await answer.read())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as broken:
        raise SlackRefused("unreachable") from broken
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

    Slack says with status 200, too, that it does not take something: what is wrong stands in the body alone.
    """
    hook = AsyncWebhookClient(url, timeout=TIMEOUT, session=session, logger=sdk_log, retry_handlers=[])
    answer = await call(hook.send_dict(body))
    if answer.status_code != _OK or not _taken(answer.body):
        raise SlackRefused(_word(answer.body), status=answer.status_code, retry_after=_wait(answer.headers))


def _taken(body: str) -> bool:
    """Tell whether an answer is one of success: nothing, the word ok, or JSON that does not deny it."""
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

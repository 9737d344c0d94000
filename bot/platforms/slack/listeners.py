"""The Bolt app: a handful of listeners, which hand everything to the dispatcher."""

import logging
import re

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import slack as words
from bot.platforms.slack import ids
from bot.platforms.slack.api import bolt_log
from bot.platforms.slack.dispatcher import Dispatcher
from bot.platforms.slack.events import EVENTS, ORGANIZATION_EVENTS
from bot.platforms.slack.installing.authorizing import Authorize, recording
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.installing.installed import InstalledClients

_log = logging.getLogger(__name__)
_OURS = re.compile(f"^{re.escape(ids.PREFIX)}")
_SUBSCRIBED = re.compile("|".join({**EVENTS, **ORGANIZATION_EVENTS}))


def bolt(
    dispatcher: Dispatcher,
    clients: Clients,
    client: AsyncWebClient,
    *,
    signing_secret: str,
    command: str,
    link: str,
) -> AsyncApp:
    """Return the Bolt app. Bolt tries its listeners one by one, so there are only six.

    With `process_before_response`, Bolt awaits a listener instead of polling for its acknowledgement; our
    listeners return as soon as they have acknowledged. `client` belongs to the only workspace, or has no
    token where each workspace has one. `link` is where the app can be installed again.
    """
    many = clients if isinstance(clients, InstalledClients) else None
    app = AsyncApp(
        name="homeroom",
        client=client,
        signing_secret=signing_secret,
        logger=bolt_log,
        process_before_response=True,
        request_verification_enabled=False,  # the front verifies HTTP requests before Bolt parses them
        raise_error_for_unhandled_request=True,
        before_authorize=recording(many, dispatcher.work) if many else None,
        authorize=Authorize(many, dispatcher.work) if many else None,  # type: ignore[arg-type] # Bolt takes both
        user_facing_authorize_error_message=words.not_installed(link),
    )
    app.command(command)(dispatcher.command)
    app.action(_OURS)(dispatcher.action)
    app.shortcut(_OURS)(dispatcher.shortcut)
    app.view(_OURS)(dispatcher.view)
    app.options(_OURS)(dispatcher.options)
    app.event(_SUBSCRIBED)(dispatcher.event)
    app.error(_report)
    return app


async def _report(error: Exception) -> None:
    """Log a request that Bolt could not handle, without its content."""
    _log.error("A request from Slack was not handled: %s", type(error).__name__)

"""Files that people hand over: found by id, and fetched with the bot's token from Slack's own host only."""

import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.files import refuse_larger
from bot.core.files import BadFile, FileTrouble
from bot.core.values import dataclass
from bot.downloads import download
from bot.platforms.slack.api import SlackRefused, call
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.rendering.spans import unescape

_log = logging.getLogger(__name__)
_NOBODYS = {"file_not_found", "file_deleted", "not_visible"}
# A file id, or a link to a file: https://northfield.slack.com/files/U0123456/F0123456/people.csv
_ID = re.compile(r"(?:https?://\S+/files/[UW][A-Z0-9]+/)?(F[A-Z0-9]{5,20})(?:/\S*)?")


@dataclass
class Attached:
    """A file in Slack. With an `owner`, it must be that user's own, because the bot sees more files."""

    clients: Clients
    team: str
    id: str
    owner: str = ""
    name: str = ""

    async def read(self, most: int) -> bytes:
        """Fetch the file; raises `BadFile` if it has more than `most` bytes or cannot be fetched."""
        try:
            client = await self.clients.of(self.team)
            answer = await call(client.files_info(file=self.id))
        except SlackRefused as refused:
            _log.warning("Slack did not describe a file: %s", refused.told)
            trouble = FileTrouble.UNKNOWN if refused.error in _NOBODYS else FileTrouble.GONE
            raise BadFile(self.id, trouble) from None
        about: Mapping[str, Any] = answer["file"]
        if (self.owner and about.get("user") != self.owner) or about.get("mode") == "external":
            raise BadFile(self.id, FileTrouble.UNKNOWN)
        self.name = unescape(str(about.get("name") or self.id))
        refuse_larger(self.name, int(about.get("size") or 0), most)
        url = str(about.get("url_private_download") or about.get("url_private") or "")
        return await self._fetched(client, url, most)

    async def _fetched(self, client: AsyncWebClient, url: str, most: int) -> bytes:
        if not _is_slack(client, url):
            _log.warning("Slack named an address for a file that is not on its own servers")
            raise BadFile(self.name, FileTrouble.GONE)
        token = {"Authorization": f"Bearer {client.token}"}
        # Without the scope files:read, Slack redirects to its sign-in page.
        return await download(self.name, url, most, headers=token, proxy=client.proxy)


def _is_slack(client: AsyncWebClient, url: str) -> bool:
    """Tell whether a URL is on the host that the client calls, or on that host's file server."""
    ours = urlsplit(client.base_url)
    theirs = urlsplit(url)
    return theirs.scheme == ours.scheme and theirs.netloc in {ours.netloc, f"files.{ours.netloc}"}


@dataclass(frozen=True, slots=True)
class Files:
    """Finds the files that people name or choose."""

    clients: Clients

    def typed(self, text: str, team: str, user: str) -> Attached | None:
        """Return the user's own file that is named by its id or link; None if the text is neither."""
        found = _ID.fullmatch(text.strip())
        return Attached(self.clients, team, found[1], owner=user) if found else None

    def chosen(self, team: str, number: str) -> Attached:
        """Return a file that Slack let the user choose in a form or on a message."""
        return Attached(self.clients, team, number)

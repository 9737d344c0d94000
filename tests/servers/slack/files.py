"""Slack's files: the bot's uploads, files that people share, and pictures that become ready with a delay."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.slack.groups import SlackRefuses
from tests.servers.slack.workspace import Workspace


@dataclass
class Call:
    """One call of the Web API or a response URL."""

    method: str
    body: dict[str, Any]
    token: str = field(default="", repr=False)


class Files:
    """Uploads in several steps, downloads with a token, and pictures that are shown once they are ready."""

    workspace: Workspace
    tokens: dict[str, str]
    origin: str
    scopes: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.pictures_ready_after = 0
        self.lost: set[str] = set()
        self._numbers = itertools.count(1)

    def _files_getUploadURLExternal(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        file = f"F{next(self._numbers):09}"
        if body.get(
            "alt_txt"
        ):  # Slack takes it, and then shows the file nowhere (python-slack-sdk issue 1818)
            self.lost.add(file)
        return {"upload_url": f"{self.origin}/upload/{file}", "file_id": file}

    def _files_completeUploadExternal(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        files = body["files"] if isinstance(body["files"], list) else json.loads(body["files"])
        if channel := body.get("channel_id"):
            self._open_channel(channel)
            for file in (one for one in files if one["id"] not in self.lost):
                self.workspace.post(channel, {"text": f"(file: {file['title']})"})
        return {"files": [{"id": file["id"], "title": file.get("title", "")} for file in files]}

    def _files_info(self, body: dict[str, Any]) -> dict[str, Any]:
        known = self.workspace.uploads.get(body["file"])
        if known is None:
            raise SlackRefuses("file_not_found")
        known.url = known.url or f"{self.origin}/files-pri/{known.id}/{known.name}"
        return {"file": known.facts()}

    async def _download(self, request: web.Request) -> web.Response:
        """Serve a file to requests with a valid token; redirect others to the sign-in page, as Slack does."""
        self.calls.append(Call("download", dict(request.query)))
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise web.HTTPFound(f"{self.origin}/sign-in")
        if elsewhere := request.query.get("to"):
            raise web.HTTPFound(elsewhere)
        return web.Response(body=self.workspace.uploads[request.match_info["file"]].content)

    async def _upload(self, request: web.Request) -> web.Response:
        self.workspace.files[request.match_info["file"]] = await request.read()
        return web.Response(text="OK")

    def _check_pictures(self, body: dict[str, Any]) -> None:
        for block in body.get("blocks", []):
            if block["type"] != "image":
                continue
            number = block["slack_file"]["id"]
            if number not in self.workspace.files or number in self.lost or self.pictures_ready_after > 0:
                self.pictures_ready_after -= 1
                raise SlackRefuses("invalid_blocks")

    def _writable(self, channel: str) -> None:
        """Refuse if the bot cannot post there: in a public channel it must be a member, or have a scope."""
        known = self.workspace.channels.get(channel)
        if known is None or (known.private and not known.bot_is_in):
            raise SlackRefuses("channel_not_found")
        if known.archived:
            raise SlackRefuses("is_archived")
        if not known.bot_is_in and "chat:write.public" not in self.scopes:
            raise SlackRefuses("not_in_channel")

    def _open_channel(self, channel: str) -> None:
        """Refuse if the bot is not in the channel, which files and ephemeral messages require."""
        self._writable(channel)
        if not self.workspace.channels[channel].bot_is_in:
            raise SlackRefuses("not_in_channel")

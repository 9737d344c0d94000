"""Where something was done on Slack: all that is needed to answer there, even after a restart."""

import json
from collections.abc import Mapping
from typing import Any

from bot.core.values import asdict, dataclass
from bot.platforms.slack.ids import page_sent
from bot.platforms.slack.workspaces import team_of

_ESCAPED = str.maketrans({one: f"\\u{ord(one):04x}" for one in "&<>"})
# On the bot's own page, about no school in particular.
HOME = "*"


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, the person in it, and the message they clicked, if they clicked one.

    `response_url` is Slack's address for answers, good for half an hour; only it reaches
    channels without the bot, and messages that only one person sees (`ephemeral`).
    `home` is the school that the bot's own page is about, where that was clicked, or `HOME`.
    `page` says which page the message is of a card that was sent on its own, from 1.
    """

    user: str
    team: str
    channel: str | None = None
    message: str | None = None
    ephemeral: bool = False
    response_url: str | None = None
    home: str = ""
    page: int = 0

    @property
    def clicked(self) -> bool:
        """Tell whether a message was clicked, so that there is something to redraw."""
        return self.message is not None

    @classmethod
    def of_command(cls, body: Mapping[str, Any]) -> "Place":
        """Read where a command was typed."""
        url = body.get("response_url")
        return cls(body["user_id"], team_of(body), body.get("channel_id"), response_url=url)

    @classmethod
    def of_shortcut(cls, body: Mapping[str, Any]) -> "Place":
        """Read where a shortcut was chosen: on a message, or nowhere in particular."""
        channel = (body.get("channel") or {}).get("id")
        return cls(body["user"]["id"], team_of(body), channel, response_url=body.get("response_url"))

    @classmethod
    def of_click(cls, body: Mapping[str, Any]) -> "Place":
        """Read where a button or select of a message was clicked."""
        container = body.get("container") or {}
        return cls(
            user=body["user"]["id"],
            team=team_of(body),
            channel=container.get("channel_id") or (body.get("channel") or {}).get("id"),
            message=container.get("message_ts"),
            ephemeral=bool(container.get("is_ephemeral")),
            response_url=body.get("response_url"),
            home=_home(body.get("view") or {}),
            page=page_sent(body.get("message") or {}),
        )

    def pack(self) -> dict[str, Any]:
        """Say it as JSON can, but for what Slack says anew each time."""
        return {name: value for name, value in asdict(self).items() if value and name != "team"}

    @classmethod
    def unpack(cls, body: Mapping[str, Any], packed: object) -> "Place":
        """Read it back for whoever submits now; who and in which workspace is taken from Slack's word."""
        known = packed if isinstance(packed, dict) else {}
        return cls(
            user=body["user"]["id"],
            team=team_of(body),
            channel=known.get("channel"),
            message=known.get("message"),
            ephemeral=bool(known.get("ephemeral")),
            response_url=known.get("response_url"),
            home=known.get("home") or "",
            page=page if isinstance(page := known.get("page"), int) else 0,
        )


def _home(view: Mapping[str, Any]) -> str:
    return str(metadata(view).get("school") or HOME) if view.get("type") == "home" else ""


def packed(value: Mapping[str, Any]) -> str:
    """Write JSON with nothing in it that Slack would escape, as it does in texts: it comes back as it is."""
    written = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return written.translate(_ESCAPED)


def metadata(view: Mapping[str, Any]) -> dict[str, Any]:
    """Read a view's private metadata; empty where it is not ours."""
    try:
        read = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}

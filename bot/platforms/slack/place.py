"""The place where something was done on Slack: all that is needed to answer there, even after a restart."""

import json
from collections.abc import Mapping
from typing import Any

from bot.core.values import asdict, dataclass
from bot.platforms.slack.ids import sent_page
from bot.platforms.slack.installing.workspaces import team_of

_ESCAPED = str.maketrans({one: f"\\u{ord(one):04x}" for one in "&<>"})
# The value of `home` on the App Home page when it is about no particular school.
HOME = "*"


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, the person who acted in it, and the message that they clicked, if any.

    `response_url` is Slack's URL for answers, valid for half an hour; only it reaches channels without the
    bot, and messages that only one person sees (`ephemeral`). `home` is the school that the App Home page was
    about, or `HOME`, if something was done there. `page` is the message's page, from 1, of a card that the
    notifier sent.
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
        """Whether a message was clicked, which can then be redrawn."""
        return self.message is not None

    @classmethod
    def of_command(cls, body: Mapping[str, Any]) -> "Place":
        """Return where a command was typed."""
        url = body.get("response_url")
        return cls(body["user_id"], team_of(body), body.get("channel_id"), response_url=url)

    @classmethod
    def of_shortcut(cls, body: Mapping[str, Any]) -> "Place":
        """Return where a shortcut was chosen: on a message, or in no particular place."""
        channel = (body.get("channel") or {}).get("id")
        return cls(body["user"]["id"], team_of(body), channel, response_url=body.get("response_url"))

    @classmethod
    def of_click(cls, body: Mapping[str, Any]) -> "Place":
        """Return where a button or select was clicked."""
        container = body.get("container") or {}
        return cls(
            user=body["user"]["id"],
            team=team_of(body),
            channel=container.get("channel_id") or (body.get("channel") or {}).get("id"),
            message=container.get("message_ts"),
            ephemeral=bool(container.get("is_ephemeral")),
            response_url=body.get("response_url"),
            home=_home(body.get("view") or {}),
            page=sent_page(body.get("message") or {}),
        )

    def pack(self) -> dict[str, Any]:
        """Return the place as JSON values, without the team, which Slack states each time."""
        return {name: value for name, value in asdict(self).items() if value and name != "team"}

    @classmethod
    def unpack(cls, body: Mapping[str, Any], packed: object) -> "Place":
        """Restore a packed place; the person and the workspace are taken from Slack's request itself."""
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
    """Return JSON without the characters that Slack escapes, so that it comes back unchanged."""
    written = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return written.translate(_ESCAPED)


def metadata(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return a view's private metadata; empty if it is not ours."""
    try:
        read = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}

"""Payloads as Discord sends them."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

APPLICATION, GUILD, GENERAL, APPROVALS = (
    "100000000000000001",
    "200000000000000001",
    "300000000000000001",
    "300000000000000002",
)
ADMIN, ALICE = "400000000000000001", "400000000000000002"
CHANNELS = {"general": GENERAL, "approvals": APPROVALS}
PEOPLE = {"admin": ADMIN, "alice": ALICE}
_EVERYTHING = str(1 << 3)  # the permission "administrator"
_LITTLE = str((1 << 10) | (1 << 11))  # VIEW_CHANNEL and SEND_MESSAGES
_BEGAN = "2026-09-01T08:00:00+00:00"
_GALLERY = 12
COMMAND, CONTROL, AUTOCOMPLETE, FORM = 2, 3, 4, 5


def user(user_id: str, name: str, *, bot: bool = False) -> dict[str, Any]:
    """A user."""
    return {
        "id": user_id,
        "username": name,
        "global_name": name.capitalize(),
        "discriminator": "0",
        "avatar": None,
        "bot": bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


BOT = user(APPLICATION, "homeroom", bot=True)


def application() -> dict[str, Any]:
    """The bot's application."""
    return {
        "id": APPLICATION,
        "name": "homeroom",
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": BOT,
        "flags": 0,
        "team": None,
        "bot": BOT,
    }


def channel(channel_id: str, name: str) -> dict[str, Any]:
    """A text channel."""
    return {
        "id": channel_id,
        "type": 0,
        "name": name,
        "guild_id": GUILD,
        "position": 0,
        "permission_overwrites": [],
        "nsfw": False,
    }


def member(of: Mapping[str, Any]) -> dict[str, Any]:
    """A member of the guild, made from a user."""
    return {"user": of, "roles": [], "joined_at": _BEGAN, "deaf": False, "mute": False, "flags": 0}


def role(role_id: str, name: str, position: int, permissions: int = 0) -> dict[str, Any]:
    """A role of the guild."""
    return {
        "id": role_id,
        "name": name,
        "permissions": str(permissions),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
    }


def join_request(number: str, of: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A user's pending request to join the guild."""
    return {
        "id": number,
        "created_at": _BEGAN,
        "reviewed_at": None,
        "application_status": "SUBMITTED",
        "rejection_reason": None,
        "guild_id": GUILD,
        "user_id": of["id"],
        "user": of,
        "form_responses": list(answers),
        "actioned_by_user": None,
    }


def direct(channel_id: str, user_id: str) -> dict[str, Any]:
    """A channel for direct messages."""
    return {
        "id": channel_id,
        "type": 1,
        "recipients": [user(user_id, _name(user_id))],
        "last_message_id": None,
    }


def guild() -> dict[str, Any]:
    """A guild with two channels, owned by the admin."""
    everyone = role(GUILD, "@everyone", 0, int(_LITTLE))
    return {
        "id": GUILD,
        "name": "Maple",
        "owner_id": ADMIN,
        "roles": [everyone],
        "emojis": [],
        "stickers": [],
        "features": [],
        "channels": [channel(number, name) for name, number in CHANNELS.items()],
        "threads": [],
        "members": [],
        "presences": [],
        "voice_states": [],
        "member_count": 3,
        "large": False,
        "preferred_locale": "en-US",
        "premium_tier": 0,
        "nsfw_level": 0,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "joined_at": _BEGAN,
    }


def message(message_id: str, channel_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A message that the bot has sent."""
    return {
        "id": message_id,
        "channel_id": channel_id,
        "author": BOT,
        "timestamp": _BEGAN,
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        "content": body.get("content") or "",
        "flags": body.get("flags") or 0,
        "components": shown(body.get("components") or []),
    }


def shown(components: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return components as Discord stores them in a message: with ids and resolved media."""
    taken = {one["id"] for one in _nested(components) if one.get("id")}
    free = (number for number in itertools.count(1) if number not in taken)
    return [_shown(one, free) for one in components]


def _shown(one: Mapping[str, Any], free: Iterator[int]) -> dict[str, Any]:
    made = {**one, "id": one.get("id") or next(free)}
    if "components" in one:
        made["components"] = [_shown(each, free) for each in one["components"]]
    if "accessory" in one:
        made["accessory"] = _shown(one["accessory"], free)
    if "file" in one:
        name = one["file"]["url"].removeprefix("attachment://")
        made |= {"file": _media(one["file"]), "name": name, "size": 1}
    if one["type"] == _GALLERY:
        made["items"] = [{**each, "media": _media(each["media"])} for each in one["items"]]
    return made


def _nested(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for one in components:
        yield one
        yield from _nested([*one.get("components", ()), *([one["accessory"]] if "accessory" in one else ())])


def _media(sent: Mapping[str, Any]) -> dict[str, Any]:
    name = sent["url"].removeprefix("attachment://")
    url = f"https://cdn.discordapp.com/ephemeral-attachments/1/2/{name}?ex=1&is=2&hm=3"
    return {
        "id": "900000000000000001",
        "url": url,
        "proxy_url": url.replace("cdn.discordapp.com", "media.discordapp.net"),
        "width": 330,
        "height": 330,
        "placeholder": "BwgGBICHiHiIeHiIeIeIiIeId4h3",
        "placeholder_version": 1,
        "content_scan_metadata": {"version": 4, "flags": 0},
        "content_type": "image/png",
        "loading_state": 2,
        "flags": 0,
        "attachment_id": "900000000000000002",
    }


def interaction(
    number: str, kind: int, who: str, data: Mapping[str, Any], on: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An interaction of a person in the channel #general, or on a message."""
    return {
        "id": number,
        "application_id": APPLICATION,
        "type": kind,
        "token": f"interaction-{number}",
        "version": 1,
        "data": data,
        "guild_id": GUILD,
        "channel_id": GENERAL,
        "channel": channel(GENERAL, "general"),
        "member": {
            **member(user(PEOPLE[who], who)),
            "permissions": _EVERYTHING if who == "admin" else _LITTLE,
        },
        "locale": "en-US",
        "guild_locale": "en-US",
        "app_permissions": _EVERYTHING,
        "entitlements": [],
        "authorizing_integration_owners": {"0": GUILD},
        "context": 0,
        "attachment_size_limit": 10485760,
        **({"message": on} if on else {}),
    }


def command(path: str, options: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The data of a slash command interaction."""
    name, _, second = path.partition(" ")
    inner = [{"type": 1, "name": second, "options": list(options)}] if second else list(options)
    return {"id": "500000000000000001", "name": name, "type": 1, "options": inner}


def _name(user_id: str) -> str:
    return next((name for name, number in PEOPLE.items() if number == user_id), "someone")

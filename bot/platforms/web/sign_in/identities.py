"""Turns what a provider says about a person into an identity.

An identity is the provider and the provider's own, permanent id of the person, never an e-mail address.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from bot.chat.text import display_name
from bot.core.email_addresses import LONGEST_EMAIL, read_email
from bot.core.errors import BadValue
from bot.core.rights.actors import AccountKey
from bot.core.values import dataclass, field

_SUBJECT = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SLACK_ID = re.compile(r"[A-Z0-9]{2,32}")
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")


class Unproven(Exception):
    """Raised if what the provider said does not prove who somebody is."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as a provider vouches for them; `verified_email` is empty unless the provider has verified it.

    `guilds_token` is Discord's token to add them to servers. For a sign-in with a password, `epoch` says
    with which password.
    """

    account: AccountKey
    name: str
    verified_email: str = ""
    guilds_token: str = field(default="", repr=False)
    epoch: str = ""


def google(claims: Mapping[str, Any]) -> Identity:
    """Return the identity in Google's ID token."""
    subject = _text(claims, "sub", _SUBJECT)
    return Identity(AccountKey("google", subject), _name(claims, "name"), _verified(claims, "email_verified"))


def microsoft(claims: Mapping[str, Any], tenants: Collection[str]) -> Identity:
    """Return the identity in Microsoft's ID token.

    Any tenant can claim any e-mail address, so it is trusted only from the given tenants.
    """
    tenant, subject = _text(claims, "tid", _GUID), _text(claims, "oid", _GUID)
    trusted = tenant in tenants and str(claims.get("xms_edov", "")).lower() not in {"false", "0"}
    email = _email(claims.get("email") or claims.get("preferred_username")) if trusted else ""
    return Identity(AccountKey("microsoft", f"{tenant}/{subject}"), _name(claims, "name"), email)


def slack(claims: Mapping[str, Any], workspaces: Collection[str]) -> Identity:
    """Return the identity in Slack's ID token; its account is the one that the Slack front knows.

    A workspace's admins can change its people's e-mail addresses, so they are trusted only from the given
    workspaces.
    """
    team = _text(claims, "https://slack.com/team_id", _SLACK_ID)
    user = _text(claims, "https://slack.com/user_id", _SLACK_ID)
    account = AccountKey("slack", f"{team}/{user}")
    email = _verified(claims, "email_verified") if team in workspaces else ""
    return Identity(account, _name(claims, "name"), email)


def discord(user: Mapping[str, Any], guilds_token: str) -> Identity:
    """Return the identity of Discord's user; its account is the one that the Discord front knows."""
    account = AccountKey("discord", _text(user, "id", _SNOWFLAKE))
    return Identity(
        account, _name(user, "global_name", "username"), _verified(user, "verified"), guilds_token
    )


def _text(said: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Unproven(name)
    return value


def _name(said: Mapping[str, Any], *names: str) -> str:
    values = (said.get(name) for name in names)
    return display_name(*(one for one in values if isinstance(one, str))) or "?"


def _verified(said: Mapping[str, Any], flag: str) -> str:
    # Only True itself: the text "false" is truthy in Python.
    return _email(said.get("email")) if said.get(flag) is True else ""


def _email(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_EMAIL:
        return ""
    try:
        return read_email(value)
    except BadValue:
        return ""

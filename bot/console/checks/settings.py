"""Checks of the values of the settings, which have been read without errors by now."""

import stat
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from bot.console.checks.findings import WHOSE, Area, Finding
from bot.settings import Settings
from bot.settings.sections import OWN_MACHINE
from bot.storage.probe import why_not_made
from bot.storage.vault import Vault

_AREA = Area("settings")
_KEY = Area("secret key")


def check(settings: Settings) -> list[Finding]:
    """Check the fronts, addresses, playground, proxies, and OneRoster's folder."""
    return [
        *_fronts(settings),
        _base_url(settings),
        *_web(settings),
        *_oneroster(settings),
    ]


def _fronts(settings: Settings) -> list[Finding]:
    tokens = (settings.discord.token, settings.slack.bot_token, settings.slack.client_secret)
    if any(one.get_secret_value() for one in tokens):
        return []
    return [
        _AREA.note(
            "Neither Discord nor Slack has a token: only the web pages are served.",
            "Set HOMEROOM_DISCORD__TOKEN, or HOMEROOM_SLACK__BOT_TOKEN with HOMEROOM_SLACK__APP_TOKEN; the "
            "README says where to get them.",
        )
    ]


def _base_url(settings: Settings) -> Finding:
    url = urlsplit(settings.base_url)
    if not settings.base_url:
        return _AREA.note(
            "base_url is empty: invitations have codes, but no links.",
            "Set HOMEROOM_BASE_URL to the address at which people reach the web pages, such as https://door.example.org.",
        )
    if url.scheme != "https" and url.hostname not in OWN_MACHINE:
        return _AREA.wrong(
            "base_url begins with http://: others on the network can read and change links and sign-ins.",
            "Put a proxy with TLS in front of Homeroom (nginx, Caddy or your host's load balancer), and let "
            "base_url begin with https://.",
        )
    return _AREA.fine(f"People reach the web pages at {settings.base_url}.")


def _web(settings: Settings) -> list[Finding]:
    found = []
    if settings.web.playground:
        found.append(
            _AREA.note(
                "The playground is on: anyone who knows its password can act as anybody in it.",
                "Where real people use this installation, set HOMEROOM_WEB__PLAYGROUND=false.",
            )
        )
    if settings.base_url.startswith("https://") and not settings.web.trusted_proxies:
        found.append(
            _AREA.note(
                "web.trusted_proxies is empty: everyone who comes through your proxy counts as one guesser.",
                "Set HOMEROOM_WEB__TRUSTED_PROXIES to your proxy's address, such as 127.0.0.1.",
            )
        )
    return found


def _oneroster(settings: Settings) -> list[Finding]:
    folder = settings.rosters.oneroster_folder
    if not folder:
        return []
    try:
        next(Path(folder).iterdir(), None)
    except OSError as refused:
        return [
            _AREA.wrong(
                f"rosters.oneroster_folder cannot be read: {folder}: {refused.strerror}.",
                "Create the folder, and let Homeroom's user read it and everything below it.",
            )
        ]
    return [_AREA.fine(f"OneRoster folders are read from {folder}.")]


def proxies() -> list[Finding]:
    """Check the proxies that the environment names; say nothing about those that can be used."""
    named = getproxies()
    return [
        _AREA.wrong(
            f"{scheme.upper()}_PROXY in the environment names no proxy that Homeroom can use.",
            f"Write it like {scheme.upper()}_PROXY=http://proxy.example.org:3128. SOCKS cannot be used.",
        )
        for scheme in ("https", "all")
        if scheme in named and not _is_proxy(named[scheme])
    ]


def _is_proxy(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def administrators(settings: Settings, *, claimed: bool) -> list[Finding]:
    """Check who is System Administrator: somebody in the settings, or whoever has `claimed` it."""
    if settings.system_administrators or claimed:
        return []
    return [
        _AREA.note(
            "system_administrators is empty: whoever enters the code printed at the start becomes one.",
            "Leave it empty, or name accounts, such as HOMEROOM_SYSTEM_ADMINISTRATORS=discord:<user id>.",
        )
    ]


def key(settings: Settings) -> tuple[Vault | None, list[Finding]]:
    """Check the secret key without making one; also return its vault, or None if there is no usable key."""
    if settings.secret_key.get_secret_value():
        return Vault(*settings.keys()), [_KEY.fine("The key is in HOMEROOM_SECRET_KEY.")]
    path = settings.secret_key_file
    try:
        if not path.exists() and (refused := why_not_made(path)):
            return None, [
                _KEY.wrong(
                    f"{path} does not exist, and cannot be created: {refused}.",
                    "Create the folder, and give it to the user that Homeroom runs as. If this is not a new "
                    "installation, restore the file from your backup.",
                )
            ]
        if not path.exists():
            return None, [
                _KEY.note(
                    f"{path} does not exist; it is created at the first start.",
                    "If this is not a new installation, restore the file from your backup before you start.",
                )
            ]
        vault = Vault(*settings.keys())
    except (OSError, ValueError) as bad:
        return None, [_unusable_key(path, bad.__cause__ if isinstance(bad.__cause__, OSError) else bad)]
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return vault, [_KEY.wrong(f"{path} can be read by other users.", f"Run: chmod 600 {path}")]
    return vault, [
        _KEY.fine(f"The key is in {path}. Keep a copy of it, apart from the backups of the database.")
    ]


def _unusable_key(path: Path, bad: OSError | ValueError) -> Finding:
    if isinstance(bad, PermissionError):
        return _KEY.wrong(f"{path} cannot be used: {bad.strerror}.", WHOSE)
    why = bad.strerror if isinstance(bad, OSError) else "it does not hold a key"
    return _KEY.wrong(f"{path} cannot be used: {why}.", "Restore the file from your backup.")

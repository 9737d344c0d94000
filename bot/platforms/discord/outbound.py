"""Finds the proxy to Discord where a school's network requires one."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_DISCORD = "https://discord.com"
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def proxy(api_base: str | None = None) -> str | None:
    """Return the proxy that the environment (HTTPS_PROXY, NO_PROXY) names for Discord, or None."""
    to = urlsplit(api_base or _DISCORD)
    host = to.hostname or ""
    if host in _THIS_MACHINE or proxy_bypass(host):
        return None
    return getproxies().get(to.scheme)

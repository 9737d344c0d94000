"""Parses network addresses from sockets and proxy headers."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def parsed(told: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address; None if the text is not one.

    Some proxies append a port, which is ignored. On a socket for both kinds, IPv4 addresses arrive mapped
    into IPv6; they are returned as IPv4.
    """
    host = told
    if told.startswith("["):
        host = told[1:].partition("]")[0]
    elif told.count(":") == 1:
        host = told.partition(":")[0]
    try:
        one = ip_address(host)
    except ValueError:
        return None
    return one.ipv4_mapped or one if isinstance(one, IPv6Address) else one

"""Addresses of the network, as sockets and proxies tell them."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def parsed(told: str) -> IPv4Address | IPv6Address | None:
    """Read an address, None where it is none.

    Some proxies tell the port too. Where both kinds are served, one of IPv4 comes as one of IPv6.
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

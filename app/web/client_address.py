"""Decides from which address a request came. Believes forwarded headers only of the proxies in TRUSTED_PROXIES."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from app.web.site import HttpRequest, Network, options_of

UNKNOWN = "unknown"
MOST_HOPS = 20
HOME_BITS = 64  # who has one address of IPv6 has all that share its first half
_WITH_PORT = re.compile(r"\[(.*)\](?::\d{1,5})?|([\d.]+):\d{1,5}")


def client_address(request: HttpRequest) -> str:
    """The nearest address that is no proxy of ours; of IPv6 the network, since its hosts cost nothing."""
    peer = request.client.host if request.client else UNKNOWN
    return farthest_believed(
        peer, request.headers.getall("x-forwarded-for", []), options_of(request).trusted_proxies
    )


def farthest_believed(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Walks from us outwards, as long as the one who names the next address is trusted and names a real one."""
    hops = ",".join(forwarded).split(",")[-MOST_HOPS:]
    here = _address(peer)
    while hops and here is not None and any(here in network for network in trusted):
        named = _address(hops.pop())
        if named is None:
            break
        here = named
    if here is None:
        return UNKNOWN
    return str(ip_network((here, HOME_BITS), strict=False)) if here.version == 6 else str(here)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    plain = text.strip()
    if found := _WITH_PORT.fullmatch(plain):
        plain = found[1] or found[2]
    try:
        address = ip_address(plain)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address

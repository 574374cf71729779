"""Which machines we may be asked to call: only those that everybody can reach.

`ipaddress.is_global` is no such check: it says yes to NAT64 of 127.0.0.1, to multicast, and to addresses at which
clouds keep credentials.
"""

import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
"""RFC 6052 and RFC 8215: the last 32 bits are an IPv4 address."""
COMPATIBLE = ipaddress.IPv6Network("::/96")
"""RFC 4291 §2.5.5.1, long retired: the last 32 bits are an IPv4 address."""
TEREDO = ipaddress.IPv6Network("2001::/32")
HOUSE = frozenset(
    map(ipaddress.ip_address, ("168.63.129.16", "192.0.0.192", "100.100.100.200", "fd00:ec2::254"))
)
"""Where clouds answer their own machines (Azure, Oracle, Alibaba, AWS)."""


def is_public(text: str) -> bool:
    """Whether an IP address, and every IPv4 address wrapped in it, is a single machine on the public internet."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(map(_is_public, _unwrapped(address)))


def _unwrapped(address: Address) -> Iterator[Address]:
    """The IPv4 address that a gateway would call, or else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and any(address in network for network in (*NAT64, COMPATIBLE)):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    yield inner or address


def _is_public(address: Address) -> bool:
    if address in HOUSE or address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not (isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or address in TEREDO))

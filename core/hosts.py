"""Which machines we may be asked to call: only those that everybody can reach.

`ipaddress.is_global` is no such check: it says yes to NAT64 of 127.0.0.1, to multicast, and to addresses at which
clouds keep credentials.
"""

import ipaddress

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address."""
GLOBAL = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is given to machines; what lies outside wraps other addresses or serves one network."""
NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # RFC 6890, and Oracle's metadata at .192
            "192.88.99.0/24",  # RFC 7526: relays of 6to4
            "168.63.129.16/32",  # Azure
            "100.100.100.200/32",  # Alibaba
            "2001::/32",  # Teredo: wraps an address of whoever asks
            "3fff::/20",  # RFC 9637: documentation
        ),
    )
)


def is_public(text: str) -> bool:
    """Whether an IP address, and an IPv4 address wrapped in it, is a single machine on the public internet."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return _is_public(address) if isinstance(address, ipaddress.IPv4Address) else _is_public6(address)


def _is_public6(address: ipaddress.IPv6Address) -> bool:
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return _is_public(inner) if inner else address in GLOBAL and _is_public(address)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address.version == network.version and address in network for network in NEVER)

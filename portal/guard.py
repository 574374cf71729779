"""Where a request comes from, and a limit on how many wrong links one place may try."""

import ipaddress

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

MISSES = 30
MINUTE = 60


def misses_too_often(request: HttpRequest) -> bool:
    """Count one wrong link; whether this place has tried more than its share within the minute."""
    minute = int(timezone.now().timestamp() // MINUTE)
    address = _place(request.META.get("REMOTE_ADDR", ""))
    place = salted_hmac("portal.guard", address, algorithm="sha256").hexdigest()[:32]
    key = f"portal:misses:{place}:{minute}"
    if cache.add(key, 1, timeout=2 * MINUTE):
        return False
    try:
        return cache.incr(key) > MISSES
    except ValueError:  # evicted between the two calls
        return False


def _place(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: a household can use any address in it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)

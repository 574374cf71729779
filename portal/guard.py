"""Where a request comes from, and a limit on how many wrong links one place may try."""

import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

MISSES = 30
MINUTE = 60


def client_address(request: HttpRequest) -> str:
    """The address of the caller, as the outermost of our own proxies saw it."""
    proxies: int = settings.AXES_IPWARE_PROXY_COUNT or 0
    hops = request.headers.get("X-Forwarded-For", "").split(",") if proxies else []
    if len(hops) >= proxies > 0:
        return hops[-proxies].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def misses_too_often(request: HttpRequest) -> bool:
    """Count one wrong link; whether this place has tried more than its share within the minute."""
    minute = int(timezone.now().timestamp() // MINUTE)
    place = salted_hmac("portal.guard", _place(client_address(request)), algorithm="sha256").hexdigest()[:32]
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

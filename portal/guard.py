"""Where a request comes from, and limits on how often one place may try, ask or order something."""

import ipaddress

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

MISSES = 30
LOOKS = 240
"""For one invoice: twelve open pages that ask every three seconds."""
ORDERS = 12
"""What costs us or a provider work: card pages, carnês."""
MINUTE = 60


def misses_too_often(request: HttpRequest) -> bool:
    """Count one wrong link; whether this place has tried more than its share within the minute."""
    return too_often(request, "misses", MISSES)


def too_often(request: HttpRequest, what: str, most: int) -> bool:
    """Count one request of a kind; whether this place has made more than `most` within the minute."""
    minute = int(timezone.now().timestamp() // MINUTE)
    address = _place(request.META.get("REMOTE_ADDR", ""))
    place = salted_hmac("portal.guard", f"{what} {address}", algorithm="sha256").hexdigest()[:32]
    key = f"portal:{place}:{minute}"
    if cache.add(key, 1, timeout=2 * MINUTE):
        return False
    try:
        return cache.incr(key) > most
    except ValueError:  # evicted between the two calls
        return False


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether another site sent this form, as far as the browser tells.

    Our pages have no cookies: what another site could make a browser do, it could do itself with the link. Browsers
    that send no Sec-Fetch-Site say Origin: null under our referrer policy, so only another origin is refused.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin", "null")
    if site:
        return site != "same-origin"
    return origin not in ("null", f"{request.scheme}://{request.get_host()}")


def _place(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: a household can use any address in it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)

"""The outbox's channel to the address that an invoice itself names: `notification_url` of document 003."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from businesses.models import Business, Event
from businesses.telling import End, Limits, Outcome, Send, Try, Wanted
from invoices.models import Invoice
from notifications import signing
from notifications.forms import FORMS
from notifications.posting import DELAYS, Post
from providers.fatoripay.codec import NAME
from providers.fatoripay.notices import CHANGES

AT_ONCE = 5
MAX_TARGET, MAX_ROUTE = 254, 120
KEPT = timedelta(days=30)


class Notices:
    name = "notice"
    delays: Sequence[float] = DELAYS

    def wanted(self, events: Sequence[Event]) -> Iterable[Wanted]:
        mine = {event: _invoice_id(event) for event in events if event.kind in CHANGES}
        urls, names = _urls(mine.values()), _names(mine)
        return [
            _wanted(event, key, urls[key], names[event.business_id])
            for event, key in mine.items()
            if key in urls
        ]

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        return {route: Limits(AT_ONCE) for route in routes}

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        now, form = timezone.now(), FORMS[NAME]
        urls = _urls(_invoice_id(one.event) for one in tries)
        bodies = form.bodies([one.event for one in tries])
        found: dict[int, Send | Outcome] = {}
        for one in tries:
            url, body = urls.get(_invoice_id(one.event)), bodies.get(one.event.pk)
            if not url or body is None:
                found[one.delivery_id] = Outcome(End.SKIPPED, "nothing_there")
            elif one.created_at and one.created_at < now - KEPT:
                found[one.delivery_id] = Outcome(End.SKIPPED, "too_old")
            else:
                headers = signing.headers((), one.key, now, body)
                found[one.delivery_id] = Post(url, form.content_type, body, headers)
        return found

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        """Nothing follows: there is no row of ours that stands for somebody else's address."""


NOTICES = Notices()


def _invoice_id(event: Event) -> int:
    return int(event.subject.partition(":")[2])


def _urls(keys: Iterable[int]) -> dict[int, str]:
    """By invoice: the address that it names now."""
    rows: Any = Invoice.objects.filter(pk__in=set(keys)).values_list("pk", "extras")
    named = {key: extras.get(NAME, {}).get("notification_url") for key, extras in rows}
    return {key: url for key, url in named.items() if url}


def _names(events: Iterable[Event]) -> dict[int | None, str]:
    """The public ids of their businesses."""
    keys = {event.business_id for event in events if event.business_id}
    return dict(Business.objects.filter(pk__in=keys).values_list("pk", "public_id"))


def _wanted(event: Event, key: int, url: str, business: str) -> Wanted:
    """A host that fails closes the route of one business, not those of others."""
    target = url if len(url) <= MAX_TARGET else hashlib.sha256(url.encode()).hexdigest()
    route = f"notice:{business}:{urlsplit(url).hostname}"[:MAX_ROUTE]
    return Wanted(event, target, route, event.subject, key)

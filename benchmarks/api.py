"""Our own API against the same two endpoints in Django REST framework (`benchmarks.api_drf`): a list of fifty invoices,
and an invoice of ten lines created. And how much a page deep in the list costs, compared with the first.

Requests go through each side's whole stack of middleware, in this process; what is compared is its processor time, so
that a database server's own work counts for neither.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.test import RequestFactory, override_settings

from api.invoices import ORDER
from api.paging import cursor
from benchmarks import api_drf
from benchmarks.timing import Act, compare, heading, row
from businesses.models import Business
from customers.models import Customer
from gateway import actions
from invoices.models import Invoice
from products.models import Product

EACH, ROUNDS, LINES = 20, 9, 10
OURS, DRF = "/api/v1/invoices", "/drf/invoices/"
Send = Callable[..., Any]


@override_settings(ROOT_URLCONF="benchmarks.api_urls")
def main(business: Business) -> None:
    send, plain = _server(settings.MIDDLEWARE, business), _server(api_drf.MIDDLEWARE, business)
    heading("our API, per second of processor time", "DRF/s")
    _measure("list of 50 invoices", lambda: plain("GET", DRF), lambda: send("GET", f"{OURS}?limit=50"))
    for name, body in _bodies(business).items():
        data = json.dumps(body).encode()
        _measure(name, lambda: plain("POST", DRF, data), lambda: send("POST", OURS, data))  # noqa: B023
    _pages(business, send)


def _server(middleware: list[str], business: Business) -> Send:
    """Requests with a key of the business, through this middleware."""
    _key, secret = actions.create_key(business, "benchmark", "faturo")
    with override_settings(MIDDLEWARE=middleware):
        handler = BaseHandler()
        handler.load_middleware()
    factory = RequestFactory(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {secret}"})

    def send(method: str, path: str, data: bytes = b"") -> Any:
        request = factory.generic(method, path, data, content_type="application/json")
        response: Any = handler.get_response(request)
        if response.status_code not in (200, 201):
            raise RuntimeError(f"{method} {path} answered {response.status_code}: {response.content[:300]!r}")
        response.close()
        return response

    return send


def _measure(name: str, naive: Act, ours: Act) -> None:
    """A new window of our rate limit before each round."""
    pair = compare(_many(naive), _many(ours), ROUNDS, before=cache.clear, clock=time.process_time)
    row(name, EACH / pair.naive, EACH / pair.ours, pair.ratio)


def _many(act: Act) -> Act:
    return lambda: [act() for _ in range(EACH)]


def _bodies(business: Business) -> dict[str, dict[str, Any]]:
    """Lines that say everything themselves, and lines that name products and taxes."""
    customer = Customer.objects.for_business(business).order_by("pk")[0]
    today = business.today().isoformat()
    head = {
        "customer": customer.public_id,
        "currency": "BRL",
        "issue_on": today,
        "due_on": today,
        "title": "Bench",
    }
    tax = {"name": "ISS", "percent": "5"}
    own = {"name": "Work", "unit_price": "100.00", "quantity": "2.5", "taxes": [tax]}
    products = list(Product.objects.for_business(business).prefetch_related("taxes"))
    named = [_named(products[i % len(products)]) for i in range(LINES)]
    return {
        f"create, {LINES} lines": {**head, "lines": [own] * LINES},
        f"create, {LINES} lines of products": {**head, "lines": named},
    }


def _named(product: Product) -> dict[str, Any]:
    taxes = [{"tax": tax.public_id} for tax in product.taxes.all()]
    price = {"unit_price": "80.00", "quantity": "1.5", "name": product.name}
    return {**price, "product": product.public_id, "taxes": taxes}


def _pages(business: Business, send: Send) -> None:
    rows = Invoice.objects.for_business(business).current().order_by("-issue_on", "-id")
    count = rows.count()
    print(
        f"{'a page of 50, wherever it lies':<48} {'page 1 ms':>12} {'this one':>12} {'of it':>8}", flush=True
    )
    first = f"{OURS}?limit=50"
    for share in (10, 50, 90, 99):
        place = rows.values_list("issue_on", "pk")[count * share // 100]
        deep = f"{first}&cursor={cursor(ORDER, place)}"
        pair = compare(
            _many(lambda: send("GET", first)),
            _many(lambda: send("GET", deep)),  # noqa: B023
            ROUNDS,
            before=cache.clear,
        )
        row(
            f"page at {share} % of {count:,}",
            pair.naive * 1000 / EACH,
            pair.ours * 1000 / EACH,
            1 / pair.ratio,
        )

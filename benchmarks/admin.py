"""The list screen of invoices through the test client, against the same columns paged and searched as Django does."""

import warnings
from collections.abc import Callable

from django.test import Client, override_settings
from django.urls import reverse
from django.utils.http import urlencode

from benchmarks.timing import compare, heading, row
from businesses.models import Business, User
from invoices.models import Invoice

ROUNDS = 7
PER_PAGE = 50
PLAIN_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@override_settings(ROOT_URLCONF="benchmarks.naive_urls", STORAGES=PLAIN_FILES)
def main(business: Business) -> None:
    warnings.filterwarnings("ignore", message="No directory at")  # the folder that collectstatic fills
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="demo"))
    heading("the list screen, whole page, median", "ms")
    for name, naive, ours in _cases(business):
        pair = compare(_get(client, "/naive/", naive), _get(client, _ours(), ours), ROUNDS)
        row(name, pair.naive * 1000, pair.ours * 1000, pair.ratio)


def _ours() -> str:
    return reverse("admin:invoices_invoice_changelist")


def _cases(business: Business) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """(name, query of the naive list, query of ours)"""
    rows = Invoice.objects.current().order_by("-issue_on", "-pk")
    page = rows.count() * 9 // 10 // PER_PAGE
    before = rows[page * PER_PAGE - 1]
    number = str(Invoice.objects.for_business(business).filter(series_place=7).order_by("-pk")[0].number)
    paid, customer = {"situation": "paid"}, {"customer__id__exact": str(before.customer_id)}
    return [
        ("page 1", {}, {}),
        ("page at 90 %", {"p": str(page + 1)}, {"after": f"{before.issue_on}.{before.pk}"}),
        ("search: a number", {"q": number}, {"q": number}),
        ("search: no such text", {"q": "zzyzx"}, {"q": "zzyzx"}),
        ("paid", paid, paid),
        ("one customer", customer, customer),
    ]


def _get(client: Client, path: str, query: dict[str, str]) -> Callable[[], object]:
    def get() -> object:
        answer = client.get(f"{path}?{urlencode(query)}")
        if answer.status_code != 200:
            raise RuntimeError(f"{path} {query} answered {answer.status_code}")
        return answer

    return get

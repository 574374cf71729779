"""The view log: people count, once in half an hour; staff and machines do not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from businesses.models import User
from invoices import actions
from invoices.models import Invoice
from portal import visits
from portal.models import InvoiceView
from tests.portal.conftest import PHONE, address

Make = Callable[..., Invoice]

MACHINES = [
    "",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0 A",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 BingPreview/1.0b",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36",
    "python-requests/2.32",
    "curl/8.5.0",
    "Go-http-client/2.0",
]
PEOPLE = [
    PHONE,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
    "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Mobile Safari",
    "Mozilla/5.0 (Linux; Android 14; SM-A155M; wv) AppleWebKit Chrome/140 Mobile [FB_IAB/FB4A;FBAV/480.0]",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
]


def test_a_reader_counts_once_with_the_time(reader: Client, issued: Make) -> None:
    invoice = issued()
    before = timezone.now()
    assert visits.of(invoice) == visits.Visits(0, None)
    reader.get(address(invoice))
    seen = visits.of(invoice)
    assert seen.count == 1
    assert seen.last_at is not None and before <= seen.last_at <= timezone.now()


def test_looking_again_within_half_an_hour_adds_nothing(reader: Client, issued: Make) -> None:
    invoice = issued()
    for _ in range(3):
        reader.get(address(invoice))
    assert visits.of(invoice).count == 1


@pytest.mark.parametrize(("minutes", "count"), [(29, 1), (31, 2)])
def test_coming_back_after_half_an_hour_is_a_new_visit(
    reader: Client, issued: Make, minutes: int, count: int
) -> None:
    invoice = issued()
    with time_machine.travel("2026-11-21T12:05:00Z", tick=False) as clock:
        reader.get(address(invoice))
        clock.shift(timedelta(minutes=minutes))
        reader.get(address(invoice))
    assert visits.of(invoice).count == count


def test_two_first_requests_at_once_make_one_row(reader: Client, issued: Make) -> None:
    invoice, now = issued(), timezone.now()
    for _ in range(2):
        visits.record(invoice, "a" * 64, now)
    assert visits.of(invoice).count == 1


def test_two_people_are_two_visits(issued: Make) -> None:
    invoice = issued()
    Client(headers={"User-Agent": PHONE}, REMOTE_ADDR="198.51.100.1").get(address(invoice))
    Client(headers={"User-Agent": PHONE}, REMOTE_ADDR="198.51.100.2").get(address(invoice))
    assert visits.of(invoice).count == 2


def test_staff_who_are_signed_in_do_not_count(
    reader: Client, issued: Make, staff: Callable[..., User]
) -> None:
    invoice = issued()
    reader.force_login(staff())
    assert reader.get(address(invoice)).status_code == 200
    assert visits.of(invoice).count == 0


def test_head_does_not_count(reader: Client, issued: Make) -> None:
    invoice = issued()
    reader.head(address(invoice))
    assert visits.of(invoice).count == 0


@pytest.mark.parametrize("agent", MACHINES)
def test_machines_do_not_count(issued: Make, agent: str) -> None:
    invoice = issued()
    assert Client(headers={"User-Agent": agent}).get(address(invoice)).status_code == 200
    assert visits.of(invoice).count == 0


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_and_apps_count(issued: Make, agent: str) -> None:
    invoice = issued()
    Client(headers={"User-Agent": agent}).get(address(invoice))
    assert visits.of(invoice).count == 1


def test_a_page_loaded_ahead_of_time_does_not_count(reader: Client, issued: Make) -> None:
    invoice = issued()
    reader.get(address(invoice), headers={"Sec-Purpose": "prefetch;prerender"})
    assert visits.of(invoice).count == 0


def test_refused_and_side_requests_do_not_count(reader: Client, issued: Make) -> None:
    invoice = issued()
    reader.get(address(invoice, "logo.png"))
    reader.post(address(invoice))
    actions.revoke_link(invoice)
    reader.get(address(invoice))
    assert visits.of(invoice).count == 0


@pytest.mark.django_db(transaction=True)
def test_the_page_is_shown_even_when_the_visit_cannot_be_written(reader: Client, issued: Make) -> None:
    invoice = issued()
    with read_only_database():
        assert reader.get(address(invoice)).status_code == 200
    assert visits.of(invoice).count == 0


@contextmanager
def read_only_database() -> Iterator[None]:
    switch = {
        "sqlite": "PRAGMA query_only = {}",
        "postgresql": "SET default_transaction_read_only = {}",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(switch.format("on"))
        try:
            yield
        finally:
            cursor.execute(switch.format("off"))


def test_neither_address_nor_browser_is_stored(issued: Make) -> None:
    invoice = issued()
    Client(headers={"User-Agent": PHONE}, REMOTE_ADDR="198.51.100.77").get(address(invoice))
    row = InvoiceView.objects.filter(invoice=invoice).values().get()
    assert set(row) == {"id", "invoice_id", "at", "visitor", "slot"}
    assert len(row["visitor"]) == 64 and "198.51.100.77" not in row["visitor"]


def test_the_same_reader_has_another_name_on_another_invoice(reader: Client, issued: Make) -> None:
    for invoice in (issued(), issued()):
        reader.get(address(invoice))
    assert len(set(InvoiceView.objects.values_list("visitor", flat=True))) == 2


def test_behind_proxies_the_reader_is_the_one_that_our_own_proxy_saw(settings: object, issued: Make) -> None:
    settings.PROXY_COUNT = 1  # type: ignore[attr-defined]
    invoice = issued()
    for spoofed in ("203.0.113.1", "203.0.113.2"):
        header = {"User-Agent": PHONE, "X-Forwarded-For": f"{spoofed}, 198.51.100.5"}
        Client(headers=header).get(address(invoice))
    assert visits.of(invoice).count == 1

"""`make pictures`: those in docs/, of the app with its demo data."""

import io
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db.models import Count, F
from django.db.models.functions import Length, Now, TruncDate
from django.test import Client
from PIL import Image
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from businesses.models import User
from invoices.models import Invoice
from payments import papers
from payments.models import Payment
from scripts import chrome

DOCS = Path(__file__).parents[2] / "docs"
DESK = (1366, 854)
TALL = (1366, 960)  # down to the totals
PHONE = (390, 844)
MOST_BYTES = 300_000
SITE = "http://billing.example"
"""What links say that are printed; the server itself is on this machine, on whatever port is free."""


@dataclass(frozen=True)
class Subjects:
    """The invoices worth a picture, in one language."""

    draft: int
    issued: int
    token: str
    late: str
    payment: int
    customer: int
    booklet: Invoice | None


@dataclass(frozen=True)
class Camera:
    browser: Chrome
    url: str
    suffix: str

    def open(self, path: str, size: tuple[int, int] = DESK, *, scale: float = 1) -> None:
        chrome.resize(self.browser, *size, scale=scale)
        self.browser.get(f"{self.url}{path}")
        WebDriverWait(self.browser, 10).until(_settled)

    def shoot(self, name: str) -> None:
        picture = Image.open(io.BytesIO(self.browser.get_screenshot_as_png()))
        save(picture, f"{name}{self.suffix}")


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_pictures(
    browsers: Callable[[str], Chrome], live_server: LiveServer, settings: Settings, language: str
) -> None:
    """Not among the tests that `make test` finds: `make pictures` names this file."""
    settings.SITE_URL = SITE
    call_command("demo", stdout=io.StringIO())
    subjects = _subjects(language)
    camera = Camera(browsers(language), live_server.url, "" if language == "pt-br" else "-en")
    sign_in(camera, language)
    _back_office(camera, subjects, everything=language == "pt-br")
    _pdf(camera, subjects)
    camera.browser.delete_all_cookies()
    _public(camera, subjects, language, everything=language == "pt-br")


def _back_office(camera: Camera, subjects: Subjects, *, everything: bool) -> None:
    camera.open("/admin/")
    camera.shoot("dashboard")
    camera.open(
        f"/admin/invoices/invoice/?after={date.today() - timedelta(days=12)}.0"
    )  # where all states meet
    camera.shoot("list")
    if everything:
        camera.open(f"/admin/invoices/invoice/{subjects.draft}/change/", TALL)
        camera.shoot("editor")
        camera.open(f"/admin/invoices/invoice/{subjects.issued}/change/")
        camera.shoot("invoice")
        camera.open("/admin/invoices/invoice/", PHONE, scale=2)
        camera.shoot("list-phone")
    camera.open(f"/admin/customers/customer/{subjects.customer}/statement/")
    camera.shoot("statement")
    camera.open("/admin/reports/aging/")
    camera.shoot("aging")


def _public(camera: Camera, subjects: Subjects, language: str, *, everything: bool) -> None:
    page = f"/i/{subjects.token}/?lang={language}"
    camera.open(page, PHONE, scale=2)
    camera.shoot("public")
    camera.open(f"/i/{subjects.late}/?lang={language}", TALL)
    camera.shoot("public-overdue")
    if everything:
        camera.open(page)
        camera.shoot("public-desktop")


def _pdf(camera: Camera, subjects: Subjects) -> None:
    """The first pages at 100 dots an inch."""
    _paper(camera, f"/admin/invoices/invoice/{subjects.issued}/pdf/", "pdf")
    _paper(camera, f"/admin/payments/payment/{subjects.payment}/receipt/", "receipt")
    if subjects.booklet is not None:
        _print(papers.carne(subjects.booklet), f"carne{camera.suffix}")


def _paper(camera: Camera, path: str, name: str) -> None:
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in camera.browser.get_cookies())
    with urlopen(Request(f"{camera.url}{path}", headers={"Cookie": cookies}), timeout=60) as answer:
        _print(answer.read(), f"{name}{camera.suffix}")


def _print(content: bytes, name: str) -> None:
    command = ["pdftoppm", "-png", "-r", "100", "-f", "1", "-l", "1", "-singlefile", "-"]
    page = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    save(Image.open(io.BytesIO(page)), name)


def _subjects(language: str) -> Subjects:
    """An open invoice and a draft: of several lines, as different as there are, for a customer with a short name; an
    overdue one, one in parts, and a payment with its payer.
    """
    slug = "estudio-verde" if language == "pt-br" else "oak-harbour"
    rows = Invoice.objects.current().filter(business__slug=slug).select_related("customer")
    rows = rows.annotate(size=Count("lines"), kinds=Count("lines__name", distinct=True))
    rows = rows.filter(size__range=(2, 4))
    rows = rows.order_by(F("size") - F("kinds"), "withheld_total", Length("customer__name"))
    today = TruncDate(Now())
    issued = rows.filter(status="open", amount_paid=0, amount_processing=0, title="")
    issued = issued.filter(issue_on__lte=today, due_on__gte=today).first()
    draft = rows.filter(status="draft").first()
    if issued is None:
        raise AssertionError("The demo has no invoice that is good for a picture.")
    mine = Invoice.objects.open().filter(business__slug=slug)
    late = mine.filter(due_on__lt=today, amount_paid=0).exclude(schedule__has_key="parts").first()
    payment = Payment.objects.filter(business__slug=slug, allocations__invoice__customer__language=language)
    payment = payment.annotate(among=Count("customer__payments")).order_by("-among", "-pk").first()
    booklet = mine.filter(schedule__has_key="parts", currency="BRL").first()
    if late is None or payment is None or payment.customer_id is None:
        raise AssertionError("The demo has no overdue invoice or no payment that is good for a picture.")
    return Subjects(
        draft.pk if draft else 0,
        issued.pk,
        issued.token,
        late.token,
        payment.pk,
        payment.customer_id,
        booklet,
    )


def sign_in(camera: Camera, language: str) -> None:
    User.objects.filter(username="demo").update(language=language)
    client = Client()
    client.force_login(User.objects.get(username="demo"), backend="django.contrib.auth.backends.ModelBackend")
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": camera.url, "httpOnly": True}
    camera.browser.execute_cdp_cmd("Network.setCookie", cookie)


def _settled(browser: Chrome) -> bool:
    """Loaded, with its fonts, and nothing still on its way in."""
    quiet: Callable[..., Any] = browser.execute_async_script
    return bool(
        quiet(
            "const done = arguments[0];"
            "document.fonts.ready.then(() => setTimeout(() => done(document.readyState === 'complete'), 600))"
        )
    )


def save(picture: Image.Image, name: str) -> None:
    """In all its colours when the file is small, else with as many as fit."""
    file = DOCS / f"{name}.png"
    picture = picture.convert("RGB")
    picture.save(file, optimize=True)
    for colours in (256, 128, 64):
        if file.stat().st_size < MOST_BYTES:
            return
        picture.quantize(colours, dither=Image.Dither.NONE).save(file, optimize=True)
    raise AssertionError(f"{name}.png is larger than {MOST_BYTES // 1000} kB.")

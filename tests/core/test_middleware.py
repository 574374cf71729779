"""Bodies, addresses and answers: bad input is the caller's fault, headers are strict, error pages are ours."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import translation

from billing.urls import urlpatterns as ours
from businesses.models import Event, User
from customers.models import Customer
from products.models import Product
from tests import factories
from tests.pages import form_at

LANGUAGES = ["pt-br", "en"]


def fails(_request: Any) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [*ours, path("fails/", fails)]


@pytest.fixture
def ana(staff: Callable[..., User], client: Client) -> User:
    user = staff("admin", username="ana", language="en")
    client.force_login(user)
    return user


@pytest.fixture
def quiet(client: Client) -> Client:
    """Answers 500 like a server, in place of raising."""
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    ("url", "form_id"),
    [
        ("/admin/customers/customer/add/", "customer_form"),
        ("/admin/products/product/add/", "product_form"),
        ("/admin/products/tax/add/", "tax_form"),
        ("/admin/businesses/business/add/", "business_form"),
        ("/admin/businesses/membership/add/", "membership_form"),
        ("/admin/invoices/invoice/add/", "editor"),
        ("/admin/password_change/", "_form"),
        ("/admin/login/", "login-form"),
    ],
)
@pytest.mark.parametrize("text", ["a\x00b", "\ufffe\U000e0001\u202e"])
def test_no_text_in_a_form_is_a_server_error(
    client: Client, ana: User, customer: Customer, product: Product, url: str, form_id: str, text: str
) -> None:
    if url.endswith("login/"):
        client.logout()
    values = form_at(client, url, form_id)
    for name in values:
        assert client.post(url, {**values, name: text}).status_code < 500, name
    assert client.post(url, dict.fromkeys(values, text)).status_code in (200, 400, 403, 422)


@pytest.mark.parametrize("key", ["\x00", "x", "9" * 40, "-1"])
def test_no_chosen_row_is_a_server_error(client: Client, ana: User, customer: Customer, key: str) -> None:
    factories.make_invoice(customer)
    for room in ("invoices/invoice", "customers/customer", "products/product", "businesses/membership"):
        body = {"action": "bulk_issue", "_selected_action": [key], "index": "0", "select_across": "0"}
        assert client.post(f"/admin/{room}/", body).status_code in (200, 302, 403)


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "unicode_escape", "latin-1", "nonsense"])
def test_a_body_is_utf_8(client: Client, charset: str, db: None) -> None:
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    body = b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\n+2AA-\r\n--b--\r\n'
    assert client.generic("POST", "/admin/login/", body, content_type=kind).status_code == 400


def test_lone_surrogates_do_not_survive_the_body(client: Client, db: None) -> None:
    body = b"username=%ED%A0%80&password=x"
    answer = client.post("/admin/login/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "2001:db8::1", "2001:db8::1"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "<script>", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_an_address_is_believed_only_from_our_own_proxies(
    client: Client, ana: User, proxies: int, header: str, address: str
) -> None:
    body = {"username": "ana", "password": "wrong"}
    with override_settings(PROXY_COUNT=proxies):
        client.post("/admin/login/", body, headers={"x-forwarded-for": header})
    assert Event.objects.about(ana).get().data["address"] == address


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_huge_body_is_a_calm_400(quiet: Client, db: None, language: str) -> None:
    answer = quiet.post("/admin/login/", {"username": "x" * 1_100_000}, headers={"accept-language": language})
    assert answer.status_code == 400
    assert_ours(answer, language)


def test_too_many_fields_are_a_calm_400(quiet: Client, ana: User) -> None:
    body = "&".join(f"a{number}=" for number in range(15_001))
    answer = quiet.post("/admin/language/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert_ours(answer, "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("url", "status"), [("/nothing", 404), ("/?q=%00", 400), ("/fails/", 500)])
@override_settings(ROOT_URLCONF="tests.core.test_middleware")
def test_error_pages_are_our_own(quiet: Client, db: None, url: str, status: int, language: str) -> None:
    answer = quiet.get(url, headers={"accept-language": language})
    assert answer.status_code == status
    assert_ours(answer, language if status != 500 else None)


def test_a_refused_page_is_our_own(quiet: Client, staff: Callable[..., User]) -> None:
    quiet.force_login(staff("viewer", language="en"))
    answer = quiet.get("/admin/businesses/membership/")
    assert answer.status_code == 403
    assert_ours(answer, "en")
    assert "Not allowed" in answer.content.decode()


def test_a_forged_form_gets_our_own_page(ana: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)
    answer = client.post("/admin/language/", {"language": "en"})
    assert answer.status_code == 403
    assert_ours(answer, None)


def assert_ours(answer: Any, language: str | None) -> None:
    """A whole page of ours that the strictest policy lets through."""
    page = answer.content.decode()
    assert "backoffice/error.css" in page
    assert not re.search(r"<style|<script|style=|\son\w+=", page)
    if language:
        assert f'<html lang="{language}">' in page


def test_pages_for_signed_in_people_are_kept_by_nobody(client: Client, ana: User, customer: Customer) -> None:
    invoice = factories.issue(factories.make_invoice(customer))
    for url in (
        "",
        "customers/customer/",
        f"invoices/invoice/{invoice.pk}/change/",
        "two-factor/",
        "search/?s=a",
    ):
        assert "no-store" in client.get(f"/admin/{url}").headers["Cache-Control"], url
    assert "no-store" in client.post("/admin/language/", {"language": "en"}).headers["Cache-Control"]


def test_what_changes_something_is_never_a_get(client: Client, ana: User, customer: Customer) -> None:
    invoice = factories.make_invoice(customer)
    client.get(f"/admin/invoices/invoice/{invoice.pk}/do/issue/")
    invoice.refresh_from_db()
    assert invoice.status == "draft"
    assert client.get("/admin/language/?language=pt-br").status_code == 405
    assert client.get("/admin/logout/").status_code == 405


def test_a_person_reads_error_pages_in_their_own_language(quiet: Client, ana: User) -> None:
    with translation.override("pt-br"):
        answer = quiet.get("/admin/nothing/", headers={"accept-language": "pt-br"})
    assert_ours(answer, "en")

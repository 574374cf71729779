"""The PDF, the logo and the uploaded files behind an invoice's link."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from PIL import Image

from businesses.logos import store_logo
from businesses.models import Business
from core import paper
from customers.models import Customer
from invoices.attachments import attach
from invoices.models import Invoice
from portal.answers import attachment
from tests import factories
from tests.portal.conftest import address, text

Make = Callable[..., Invoice]


def body(response: HttpResponseBase) -> bytes:
    content: Iterator[bytes] = iter(response)
    return b"".join(content)


def with_file(customer: Customer, name: str, data: bytes) -> tuple[Invoice, str]:
    draft = factories.make_invoice(customer)
    row = attach(draft, name, data)
    return factories.issue(draft), row.public_id


def test_the_pdf_is_downloaded_under_the_invoice_s_number(reader: Client, issued: Make, media: Path) -> None:
    invoice = issued()
    response = reader.get(address(invoice, "pdf/"))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/pdf"
    assert body(response).startswith(b"%PDF-")
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="') and str(invoice.number) in disposition
    assert response.headers["Cache-Control"].startswith("private")
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_a_pdf_that_cannot_be_made_says_when_to_try_again(
    reader: Client, issued: Make, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "MAX_BYTES", 10)
    invoice = issued(language="en")
    response = reader.get(address(invoice, "pdf/"))
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert "The PDF is not ready yet" in text(response.content)
    assert f'href="{address(invoice)}"' in response.content.decode()


def test_an_uploaded_file_is_only_ever_downloaded(reader: Client, customer: Customer, media: Path) -> None:
    invoice, key = with_file(customer, "Relatório de horas.txt", b"<script>alert(1)</script>")
    assert f"/files/{key}/" in reader.get(address(invoice)).content.decode()
    response = reader.get(address(invoice, f"files/{key}/"))
    assert body(response) == b"<script>alert(1)</script>"
    assert response.headers["Content-Disposition"] == (
        "attachment; filename=\"Relatorio de horas.txt\"; filename*=UTF-8''Relat%C3%B3rio%20de%20horas.txt"
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].endswith("sandbox")


def test_a_file_of_another_invoice_is_not_there(
    reader: Client, customer: Customer, issued: Make, media: Path
) -> None:
    _invoice, key = with_file(customer, "a.txt", b"a")
    assert reader.get(address(issued(), f"files/{key}/")).status_code == 404


def test_a_file_that_is_lost_is_not_a_server_error(reader: Client, customer: Customer, media: Path) -> None:
    invoice, key = with_file(customer, "a.txt", b"a")
    for stored in media.rglob("*.bin"):
        stored.unlink()
    assert reader.get(address(invoice, f"files/{key}/")).status_code == 404


def test_the_logo_is_served_small_and_kept_by_the_browser(
    reader: Client, business: Business, issued: Make, media: Path
) -> None:
    out = io.BytesIO()
    Image.effect_noise((1200, 480), 90).save(out, "PNG")
    Business.objects.filter(pk=business.pk).update(logo=store_logo(out.getvalue()))
    invoice = issued()
    assert f'src="{address(invoice, "logo.png")}"' in reader.get(address(invoice)).content.decode()
    response = reader.get(address(invoice, "logo.png"))
    assert response.headers["Content-Type"] == "image/png"
    assert (
        "private" in response.headers["Cache-Control"]
        and "max-age=31536000" in response.headers["Cache-Control"]
    )
    picture = Image.open(io.BytesIO(body(response)))
    assert picture.height <= 88 and picture.width <= 448


def test_without_a_logo_the_initial_stands_in(reader: Client, issued: Make) -> None:
    invoice = issued()
    assert reader.get(address(invoice, "logo.png")).status_code == 404
    assert 'class="tile"' in reader.get(address(invoice)).content.decode()


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        (
            'a"b\r\nX: y.pdf',
            "attachment; filename=\"a_b__X_ y.pdf\"; filename*=UTF-8''a%22b%0D%0AX%3A%20y.pdf",
        ),
        ("../../x", "attachment; filename=\"_.._x\"; filename*=UTF-8''..%2F..%2Fx"),
        ("請求書", "attachment; filename=\"file\"; filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8"),
    ],
)
def test_a_file_name_cannot_break_out_of_its_header(name: str, header: str) -> None:
    assert attachment(name) == header

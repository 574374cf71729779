"""Files on an invoice: a short list of types, a size, a clean name, and nothing a browser would run."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from businesses.models import Business, Event
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices import attachments
from invoices.attachments import MAX_ATTACHMENTS, attach, detach
from invoices.models import Attachment, Invoice
from tests import factories
from tests.factories import issue, make_invoice
from tests.pages import form_at, messages_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "biller", language="en"))
    return client


@pytest.fixture
def invoice(customer: Customer) -> Invoice:
    return make_invoice(customer)


def screen(invoice: Invoice, rest: str = "change/") -> str:
    return f"/admin/invoices/invoice/{invoice.pk}/{rest}"


def upload(browser: Client, invoice: Invoice, name: str, data: bytes) -> Any:
    form = form_at(browser, screen(invoice))
    return browser.post(screen(invoice), {**form, "files": SimpleUploadedFile(name, data, "text/html")})


def test_an_uploaded_file_comes_back_as_a_download_byte_for_byte(browser: Client, invoice: Invoice) -> None:
    upload(browser, invoice, "contract.pdf", b"%PDF-1.7 text")
    row = Attachment.objects.get()
    answer = browser.get(screen(invoice, f"files/{row.public_id}/"))
    assert answer.content == b"%PDF-1.7 text"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="contract.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("virus.exe", b"MZ"), ("page.html", b"<html>"), ("logo.svg", b"<svg/>"), ("noending", b"x"),
        ("liar.pdf", b"<html><script>"), ("liar.png", b"%PDF-"), ("liar.zip", b"MZ"), ("a.pdf.exe", b"%PDF-"),
        ("script.js", b"x"), ("a.PhP", b"<?php"), ("x.htaccess", b""),
    ],
)  # fmt: skip
def test_types_that_are_not_on_the_list_are_refused_with_a_message(
    browser: Client, invoice: Invoice, name: str, data: bytes
) -> None:
    answer = upload(browser, invoice, name, data)
    assert Attachment.objects.count() == 0
    assert any("cannot be attached" in message for message in messages_of(answer))


def test_more_than_ten_megabytes_are_refused(browser: Client, invoice: Invoice) -> None:
    answer = upload(browser, invoice, "big.txt", b"x" * 10_000_001)
    assert "At most 10 MB." in messages_of(answer)[0]
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"), ("C:\\Users\\x\\a.txt", "a.txt"), ("/abs/a.txt", "a.txt"),
        ("ação.txt", "ação.txt"), ('q"uote;x=.txt', 'q"uote;x=.txt'),
    ],
)  # fmt: skip
def test_a_name_is_a_label_and_never_a_path(media: Path, invoice: Invoice, given: str, kept: str) -> None:
    row = attach(invoice, given, b"hello")
    assert row.name == kept
    assert [path.parent.name for path in media.rglob("*") if path.is_file()] == ["attachments"]
    assert kept not in row.key and ".." not in row.key


@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: x=1.txt", "a\x00.txt", "fdp\u202etxt.txt", "x" * 151 + ".txt", "a\n.txt"]
)
def test_names_that_would_deceive_or_split_a_header_are_refused(invoice: Invoice, name: str) -> None:
    with pytest.raises(Problem):
        attach(invoice, name, b"hello")
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize("name", ["ação.txt", 'q"uote;x=y.txt', "日本.txt", "a%0d%0ab.txt"])
def test_any_kept_name_makes_one_safe_header(browser: Client, invoice: Invoice, name: str) -> None:
    row = attach(invoice, name, b"hello")
    header = browser.get(screen(invoice, f"files/{row.public_id}/")).headers["Content-Disposition"]
    assert header.isascii() and "\r" not in header and "\n" not in header
    assert header.startswith("attachment; filename")


def test_twenty_files_are_the_most(invoice: Invoice) -> None:
    for number in range(MAX_ATTACHMENTS):
        attach(invoice, f"{number}.txt", b"x")
    with pytest.raises(Problem):
        attach(invoice, "one more.txt", b"x")


def test_links_count_among_the_twenty(invoice: Invoice) -> None:
    address = "https://files.example/a.pdf"
    for number in range(MAX_ATTACHMENTS):
        Attachment.objects.create(invoice=invoice, name=f"Link {number}", url=address)
    with pytest.raises(Problem):
        attach(invoice, "one more.txt", b"x")


def test_an_issued_invoice_takes_and_gives_up_no_file(invoice: Invoice) -> None:
    row = attach(invoice, "a.txt", b"x")
    issued = issue(invoice)
    row.refresh_from_db()
    with pytest.raises(Conflict):
        attach(issued, "b.txt", b"x")
    with pytest.raises(Conflict):
        detach(Attachment.objects.get())
    assert issued.attachments.count() == 1


def test_a_file_is_removed_by_its_box_and_both_are_in_the_history(browser: Client, invoice: Invoice) -> None:
    upload(browser, invoice, "a.txt", b"x")
    row = Attachment.objects.get()
    form = form_at(browser, screen(invoice))
    browser.post(screen(invoice), {**form, "remove_file": [str(row.pk), "²", "9" * 30, "abc"]})
    assert Attachment.objects.count() == 0
    kinds = Event.objects.about(invoice).values_list("kind", flat=True)
    assert {"invoice.file_attached", "invoice.file_removed"} <= set(kinds)


def test_another_invoice_s_file_is_not_removed(browser: Client, invoice: Invoice, customer: Customer) -> None:
    row = attachments.attach(make_invoice(customer), "a.txt", b"x")
    browser.post(screen(invoice), {**form_at(browser, screen(invoice)), "remove_file": [str(row.pk)]})
    assert Attachment.objects.count() == 1


def test_a_refused_file_does_not_lose_the_draft(browser: Client, invoice: Invoice) -> None:
    form = {**form_at(browser, screen(invoice)), "title": "Kept"}
    good, bad = SimpleUploadedFile("a.txt", b"x"), SimpleUploadedFile("b.exe", b"MZ")
    answer = browser.post(screen(invoice), {**form, "files": [bad, good]})
    assert messages_of(answer)[0].startswith("b.exe: ")
    assert Invoice.objects.get().title == "Kept"
    assert Attachment.objects.get().name == "a.txt"


def test_an_edit_keeps_the_files(browser: Client, invoice: Invoice) -> None:
    attach(invoice, "a.txt", b"x")
    browser.post(screen(invoice), form_at(browser, screen(invoice)))
    assert Attachment.objects.get().name == "a.txt"


def test_a_file_is_replaced_by_another_in_one_save(browser: Client, invoice: Invoice) -> None:
    upload(browser, invoice, "old.pdf", b"%PDF-1.7 old")
    old = Attachment.objects.get()
    form = form_at(browser, screen(invoice))
    new = SimpleUploadedFile("new.pdf", b"%PDF-1.7 new")
    answer = browser.post(screen(invoice), {**form, "remove_file": str(old.pk), "files": new})
    assert (answer.status_code, Attachment.objects.get().name) == (302, "new.pdf")


def test_a_file_that_the_storage_lost_is_not_found(browser: Client, invoice: Invoice, media: Path) -> None:
    upload(browser, invoice, "gone.pdf", b"%PDF-1.7 gone")
    row = Attachment.objects.get()
    (media / row.key).unlink()
    assert browser.get(screen(invoice, f"files/{row.public_id}/")).status_code == 404


def test_a_file_for_a_draft_issued_meanwhile_leaves_nothing_behind(invoice: Invoice, media: Path) -> None:
    seen = Invoice.objects.get(pk=invoice.pk)
    issue(invoice)
    with pytest.raises(Conflict):
        attach(seen, "late.pdf", b"%PDF-1.7 late")
    assert [*(media / "attachments").glob("*")] == []

"""Frozen PDFs: made once, the same for ever, and made later when they cannot be made now."""

import hashlib
import io
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from pypdf import PdfReader

from businesses.models import Account, Business
from core.frozen_paper import MAX_ATTEMPTS
from core.paper import PaperError
from customers.models import Customer
from invoices import actions, documents, pdf, schedule
from invoices.models import Document, Invoice, Line, Mark
from invoices.paper import html
from tests import factories
from tests.factories import issue, line, make_customer, make_invoice
from tests.pages import messages_of
from tests.races import race

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def words(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def stored(media: Path) -> list[Path]:
    return [path for path in (media / "documents").rglob("*") if path.is_file()]


def test_a_pdf_is_frozen_once_and_its_hash_is_kept(customer: Customer, media: Path) -> None:
    """A new logo, a new name: what was issued stays as it was, byte for byte."""
    invoice = issue(make_invoice(customer))
    first = documents.download(invoice).content
    Business.objects.update(legal_name="Renamed Ltda", logo="gone.png")
    Customer.objects.update(name="Somebody else")
    later = documents.download(Invoice.objects.get()).content
    row = Document.objects.get()
    assert later == first
    assert (row.sha256, row.size) == (hashlib.sha256(first).hexdigest(), len(first))
    assert len(stored(media)) == 1


def test_a_copy_stamped_later_shows_the_parties_as_they_were(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    Business.objects.update(legal_name="Renamed Ltda")
    Customer.objects.update(name="Somebody else")
    voided = words(documents.download(actions.void(Invoice.objects.get(pk=invoice.pk))).content)
    assert "Maria Souza" in voided and "Padaria" in voided
    assert "Somebody" not in voided and "Renamed" not in voided


def test_paid_and_void_copies_stand_beside_the_one_as_issued(customer: Customer) -> None:
    paid, voided = issue(make_invoice(customer)), issue(make_invoice(customer))
    actions.apply_payment(paid, paid.amount_due)
    actions.void(voided)
    assert documents.freeze_pending() == 4
    marks = {(row.invoice_id, row.mark) for row in Document.objects.exclude(key="")}
    assert marks == {(paid.pk, "issued"), (paid.pk, "paid"), (voided.pk, "issued"), (voided.pk, "void")}
    assert len(set(Document.objects.values_list("sha256", flat=True))) == 4
    assert documents.freeze_pending() == 0


def test_an_invoice_of_zero_has_one_pdf_marked_paid(customer: Customer) -> None:
    invoice = issue(make_invoice(customer, [line("0")]))
    text = words(documents.download(invoice).content).casefold()
    assert Document.objects.get().mark == "paid"
    assert "pago" in text or "paga" in text


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_pdf_and_leave_one_file(media: Path) -> None:
    issue(make_invoice(make_customer(factories.make_business())))
    row = Document.objects.get()
    answers = race(2, lambda _thread: documents.freeze(Document.objects.get(pk=row.pk)).sha256)
    row.refresh_from_db()
    assert answers == [row.sha256, row.sha256]
    assert [path.name for path in stored(media)] == [Path(row.key).name]


def test_a_full_disk_leaves_it_pending_and_the_next_run_heals_it(customer: Customer, media: Path) -> None:
    """Where the folder should be stands a file, so nothing can be written."""
    (media / "documents").write_text("in the way")
    invoice = issue(make_invoice(customer))
    with translation.override("en"):
        assert documents.freeze_pending() == 0
    row = Document.objects.get()
    assert (row.key, row.attempts) == ("", 1)
    assert "cannot be stored" in row.error and str(media) not in row.error
    (media / "documents").unlink()
    assert documents.freeze_pending() == 1
    row.refresh_from_db()
    assert (bool(row.key), row.error) == (True, "")
    assert documents.download(invoice).content.startswith(b"%PDF-")


def test_issuing_succeeds_when_its_pdf_cannot_be_stored(customer: Customer, media: Path) -> None:
    (media / "documents").write_text("in the way")
    browser = Client()
    browser.force_login(factories.make_staff(customer.business, "biller", language="en"))
    invoice = make_invoice(customer)
    screen = f"/admin/invoices/invoice/{invoice.pk}/"
    assert browser.post(f"{screen}do/issue/").status_code == 302
    answer = browser.get(f"{screen}pdf/")
    assert answer.status_code == 302
    assert "The PDF cannot be made right now" in messages_of(answer)[-1]
    assert Invoice.objects.get().status == "open"


def test_one_that_cannot_be_rendered_does_not_hold_up_the_others(customer: Customer) -> None:
    """More lines than paper takes: written around the actions, which refuse it."""
    bad = make_invoice(customer)
    row = bad.lines.get()
    Line.objects.bulk_create(
        Line(invoice=bad, position=i, name="x", unit_price=row.unit_price) for i in range(1, 502)
    )
    issue(bad)
    issue(make_invoice(customer))
    assert documents.freeze_pending() == 1
    failed = Document.objects.get(invoice=bad)
    assert (failed.key, failed.attempts) == ("", 1)
    assert failed.error


def test_after_twenty_attempts_a_document_waits_for_a_person(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    Document.objects.update(attempts=MAX_ATTEMPTS)
    assert documents.freeze_pending() == 0
    with pytest.raises(PaperError):
        documents.download(invoice)
    assert documents.download(invoice, retry=True).content.startswith(b"%PDF-")


def test_a_file_that_is_lost_is_said_and_is_not_an_error_of_ours(customer: Customer, media: Path) -> None:
    invoice = issue(make_invoice(customer))
    documents.freeze_pending()
    stored(media)[0].unlink()
    browser = Client()
    browser.force_login(factories.make_staff(customer.business, "viewer", language="en"))
    answer = browser.get(f"/admin/invoices/invoice/{invoice.pk}/pdf/")
    assert (answer.status_code, str(media) in str(messages_of(answer))) == (302, False)


def test_a_preview_is_marked_as_a_draft_and_stores_nothing(customer: Customer, media: Path) -> None:
    preview = documents.download(make_invoice(customer))
    assert "rascunho" in words(preview.content).casefold()
    assert preview.filename.startswith("draft-")
    assert (Document.objects.count(), (media / "documents").exists()) == (0, False)


@pytest.mark.parametrize("number", ["../../x", 'a"b', "a\tb;c", "número 1", "/etc/passwd"])
def test_a_file_name_is_plain_letters_whatever_the_number(number: str) -> None:
    name = documents.filename(Invoice(number=number))
    assert name.isascii() and not set(name) & set('/\\";\r\n\t ') and not name.startswith(".")


def test_a_void_invoice_s_pdf_is_the_void_copy(customer: Customer) -> None:
    invoice = actions.void(issue(make_invoice(customer)))
    content = documents.download(invoice).content
    assert Document.objects.get(mark="void").sha256 == hashlib.sha256(content).hexdigest()


def test_too_much_to_render_raises_what_callers_know(customer: Customer) -> None:
    invoice = make_invoice(customer)
    invoice.description = "x" * 7_000_000
    with pytest.raises(PaperError):
        documents.download(invoice)


@pytest.mark.parametrize("live_mode", [True, False])
def test_only_a_real_invoice_says_where_to_pay(customer: Customer, live_mode: bool) -> None:
    account = Account.objects.create(business=customer.business, name="Main", number="67890-1")
    invoice = issue(make_invoice(customer, account_id=account.pk, live_mode=live_mode))
    shown = pdf.paper(invoice)
    assert (bool(shown.account), bool(shown.link), shown.is_test) == (live_mode, live_mode, not live_mode)


@pytest.mark.parametrize("live_mode", [True, False])
def test_the_staff_see_that_an_invoice_is_a_test(customer: Customer, live_mode: bool) -> None:
    invoice = issue(make_invoice(customer, live_mode=live_mode))
    browser = Client()
    browser.force_login(factories.make_staff(customer.business, "biller", language="en"))
    page = browser.get(f"/admin/invoices/invoice/{invoice.pk}/change/").content.decode()
    assert ('<span class="fa-pill fa-warn">Test</span>' in page) is not live_mode


def test_a_copy_as_issued_asks_for_what_was_asked_then(customer: Customer) -> None:
    """Made late, after payments and credits: what is owed since stands on the page, not on this paper."""
    account = Account.objects.create(
        business=customer.business, name="Main", pix_key="contas@padaria.example"
    )
    invoice = issue(make_invoice(customer, account_id=account.pk))
    actions.apply_payment(invoice, 4000, surcharge=100, allowance=500)
    paper = pdf.paper(Invoice.objects.get())
    assert paper.amount == paper.totals[-1].amount == "R$\u00a0100,00"
    assert paper.pix and paper.pix.amount == paper.amount


def test_a_paid_copy_says_what_was_paid_and_offers_no_way_to_pay(customer: Customer) -> None:
    account = Account.objects.create(
        business=customer.business, name="Main", pix_key="contas@padaria.example"
    )
    terms = {"fine_percent": "2"}
    invoice = issue(make_invoice(customer, account_id=account.pk, payment_terms=terms))
    actions.apply_payment(invoice, 10200, surcharge=200)
    paper = pdf.paper(Invoice.objects.get(), Mark.PAID)
    assert paper.amount == "R$\u00a0102,00"
    assert ("Multa e juros", "R$\u00a02,00") in [(row.label, row.amount) for row in paper.totals]
    assert (paper.pix, paper.slip, paper.rules, paper.account, paper.link) == (None, None, (), (), "")


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_the_rules_stand_near_the_amount_in_the_payers_language(customer: Customer, language: str) -> None:
    terms = {"tiers": [{"days": 5, "percent": "5"}], "fine_percent": "2"}
    invoice = issue(make_invoice(customer, language=language, payment_terms=terms))
    early, late = pdf.paper(invoice).rules
    wanted = {"pt-br": ("11/03/2026", "multa de 2\u00a0%"), "en": ("11 Mar 2026", "fine of 2\u00a0%")}[
        language
    ]
    assert wanted[0] in early and wanted[1] in late


def test_a_schedule_points_to_the_booklet_and_prints_no_code_for_all_of_it(customer: Customer) -> None:
    account = Account.objects.create(
        business=customer.business, name="Main", pix_key="contas@padaria.example"
    )
    parts = schedule.monthly(10000, factories.DUE, 3)
    paper = pdf.paper(issue(make_invoice(customer, account_id=account.pk, schedule=parts)))
    assert (paper.pix, paper.slip, paper.has_booklet, len(paper.schedule)) == (None, None, True, 3)
    assert "carnê" in html(paper)


def test_a_revoked_link_leaves_nothing_to_pay_on_a_paper_made_later(customer: Customer) -> None:
    account = Account.objects.create(
        business=customer.business, name="Main", pix_key="contas@padaria.example"
    )
    invoice = issue(make_invoice(customer, account_id=account.pk))
    Invoice.objects.update(token_revoked_at=invoice.finalized_at)
    paper = pdf.paper(Invoice.objects.get())
    assert (paper.pix, paper.link) == (None, "")

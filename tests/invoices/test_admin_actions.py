"""Verbs: a GET asks, a POST does; what is not legal is said; many at once report each refusal."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from businesses.models import Business, Event, User
from customers.models import Customer
from invoices import actions, documents
from invoices.admin.verbs import VERBS
from invoices.models import Document, Invoice
from tests import factories
from tests.factories import issue, line, make_customer, make_invoice
from tests.pages import form_at, messages_of

pytestmark = pytest.mark.django_db

LIST = "/admin/invoices/invoice/"


@pytest.fixture
def ana(business: Business) -> User:
    return factories.make_staff(business, "finance", username="ana", language="en")


@pytest.fixture
def browser(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def verb(invoice: Invoice, name: str) -> str:
    return f"{LIST}{invoice.pk}/do/{name}/"


def bulk(browser: Client, action: str, *invoices: Invoice) -> Any:
    keys = [str(invoice.pk) for invoice in invoices]
    return browser.post(LIST, {"action": action, "_selected_action": keys})


STATES: dict[str, Callable[[Customer], Invoice]] = {
    "draft": make_invoice,
    "open": lambda customer: issue(make_invoice(customer)),
    "paid": lambda customer: issue(make_invoice(customer, [line("0")])),
    "void": lambda customer: actions.void(issue(make_invoice(customer))),
    "uncollectible": lambda customer: actions.mark_uncollectible(issue(make_invoice(customer))),
}


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("state", STATES)
def test_a_verb_outside_its_states_changes_nothing_and_says_why(
    browser: Client, customer: Customer, state: str, name: str
) -> None:
    """The legal ones ask first: a GET changes nothing either."""
    invoice = STATES[state](customer)
    before = Invoice.objects.values().get(pk=invoice.pk)
    url = verb(invoice, name)
    answer = browser.get(url)
    if state in VERBS[name].states:
        assert answer.status_code == 200
        assert 'method="post"' in answer.content.decode()
    else:
        assert answer.status_code == 302
        assert messages_of(browser.post(url)) != []
    assert Invoice.objects.values().get(pk=invoice.pk) == before
    assert Invoice.objects.count() == 1


def test_issuing_gives_number_pdf_and_a_page_without_inputs(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer)
    answer = browser.post(verb(invoice, "issue"), follow=True)
    invoice.refresh_from_db()
    page = answer.content.decode().partition('id="main"')[2] or answer.content.decode()
    assert (invoice.status, invoice.number) == ("open", "2026-00001")
    assert Document.objects.get().key
    assert "lines-0" not in page and "<textarea" not in page and 'id="editor"' not in page
    assert f"{verb(invoice, 'void')}" in page
    assert verb(invoice, "issue") not in page


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("open", {"duplicate", "uncollectible", "renew-link", "revoke-link", "send", "void"}),
        ("void", {"duplicate", "renew-link", "revoke-link"}),
        ("paid", {"duplicate", "renew-link", "revoke-link", "send"}),
    ],
)
def test_an_issued_invoice_offers_the_next_actions(
    browser: Client, customer: Customer, state: str, shown: set[str]
) -> None:
    invoice = STATES[state](customer)
    page = browser.get(f"{LIST}{invoice.pk}/change/").content.decode()
    assert {name for name in VERBS if verb(invoice, name) in page} == shown


def test_a_post_without_the_csrf_token_is_refused(ana: User, customer: Customer) -> None:
    invoice = make_invoice(customer)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ana)
    for url in (verb(invoice, "issue"), verb(invoice, "delete"), LIST, f"{LIST}add/", f"{LIST}totals/"):
        assert (
            strict.post(url, {"action": "bulk_issue", "_selected_action": [str(invoice.pk)]}).status_code
            == 403
        )
    assert Invoice.objects.get().status == "draft"


def test_an_unknown_verb_does_not_exist(browser: Client, customer: Customer) -> None:
    assert browser.post(verb(make_invoice(customer), "pay")).status_code == 404


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_verb_takes_nothing_but_get_and_post(browser: Client, customer: Customer, method: str) -> None:
    assert getattr(browser, method)(verb(make_invoice(customer), "issue")).status_code == 405


def test_deleting_a_draft_leads_to_the_list_and_keeps_the_row(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer)
    assert browser.post(verb(invoice, "delete")).headers["Location"] == LIST
    assert Invoice.objects.get().deleted_at
    assert browser.get(f"{LIST}{invoice.pk}/change/").status_code == 404


def test_a_duplicate_opens_in_the_editor(browser: Client, customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    answer = browser.post(verb(invoice, "duplicate"))
    copy = Invoice.objects.latest("pk")
    assert answer.headers["Location"] == f"{LIST}{copy.pk}/change/"
    assert (copy.status, copy.cloned_from_id) == ("draft", invoice.pk)
    assert form_at(browser, answer.headers["Location"])["lines-0-name"] == "Work"


def test_a_partly_paid_invoice_is_not_voided(browser: Client, customer: Customer) -> None:
    invoice = actions.apply_payment(issue(make_invoice(customer)), 1)
    answer = browser.post(verb(invoice, "void"))
    assert messages_of(answer) == ["It has been paid in part; give the money back first."]
    assert Invoice.objects.get().status == "open"


def test_bulk_issue_reports_three_done_and_why_two_were_not(browser: Client, customer: Customer) -> None:
    good = [make_invoice(customer) for _draft in range(3)]
    empty, issued = make_invoice(customer, []), issue(make_invoice(customer))
    said = messages_of(bulk(browser, "bulk_issue", *good, empty, issued))
    assert said[0] == "3 invoices issued."
    assert said[1:] == ["Draft: An invoice needs at least one line.", "2026-00001: This invoice is Open now."]
    assert Invoice.objects.filter(status="open").count() == 4


def test_bulk_issue_numbers_by_date(browser: Client, customer: Customer) -> None:
    day = factories.ISSUED
    late, early = make_invoice(customer, issue_on=day.replace(day=9)), make_invoice(customer, issue_on=day)
    bulk(browser, "bulk_issue", late, early)
    assert list(Invoice.objects.order_by("issue_on").values_list("number", flat=True)) == [
        "2026-00001",
        "2026-00002",
    ]


def test_bulk_void_reports_both_kinds(browser: Client, customer: Customer) -> None:
    opened, draft = issue(make_invoice(customer)), make_invoice(customer)
    said = messages_of(bulk(browser, "bulk_void", opened, draft))
    assert said == ["1 invoice voided.", "Draft: This invoice is Draft now."]
    assert set(Invoice.objects.values_list("status", flat=True)) == {"void", "draft"}


def test_bulk_issue_passes_over_rows_of_businesses_where_one_may_only_look(
    browser: Client, ana: User, customer: Customer, other_business: Business
) -> None:
    ana.memberships.create(business=other_business, role="viewer")
    foreign = make_invoice(make_customer(other_business))
    said = messages_of(bulk(browser, "bulk_issue", make_invoice(customer), foreign))
    assert said == ["1 invoice issued.", "Draft: your role does not allow this"]
    assert Invoice.objects.get(pk=foreign.pk).status == "draft"


@pytest.mark.parametrize("action", ["bulk_issue", "bulk_void", "bulk_zip"])
def test_a_bulk_action_is_not_done_by_a_get(browser: Client, customer: Customer, action: str) -> None:
    invoice = make_invoice(customer)
    browser.get(LIST, {"action": action, "_selected_action": str(invoice.pk)})
    assert Invoice.objects.get().status == "draft"


def unpacked(answer: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_zip_has_the_frozen_pdf_of_each_issued_invoice(
    browser: Client, customer: Customer, media: Path
) -> None:
    issued = [issue(make_invoice(customer)) for _number in range(2)]
    documents.freeze_pending()
    answer = bulk(browser, "bulk_zip", *issued, make_invoice(customer))
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invoices.zip"'
    assert messages_of(answer) == ["1 draft was left out."]
    packed = unpacked(answer)
    stored = {row.invoice.number: (media / row.key).read_bytes() for row in Document.objects.all()}
    assert packed == {f"{number}.pdf": content for number, content in stored.items()}


def test_the_zip_keeps_both_of_two_businesses_same_number(
    browser: Client, ana: User, customer: Customer, other_business: Business, media: Path
) -> None:
    ana.memberships.create(business=other_business, role="viewer")
    pair = [issue(make_invoice(customer)), issue(make_invoice(make_customer(other_business)))]
    documents.freeze_pending()
    assert len(unpacked(bulk(browser, "bulk_zip", *pair))) == 2


def test_a_zip_waits_for_no_pdf_that_is_still_to_be_made(browser: Client, customer: Customer) -> None:
    issue(make_invoice(customer))
    documents.freeze_pending()
    issue(make_invoice(customer))
    answer = bulk(browser, "bulk_zip", *Invoice.objects.all())
    assert [*unpacked(answer)] == ["2026-00001.pdf"]
    assert messages_of(answer) == ["2026-00002: It is being made; try again in a minute."]


def test_a_zip_of_drafts_is_a_message(browser: Client, customer: Customer) -> None:
    answer = bulk(browser, "bulk_zip", make_invoice(customer))
    assert messages_of(answer) == ["None of these has a PDF yet."]


def test_downloads_say_what_they_are_and_are_kept_in_the_history(browser: Client, customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    answer = browser.get(f"{LIST}{invoice.pk}/pdf/")
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="2026-00001.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Event.objects.about(invoice).filter(kind="invoice.downloaded", actor="user:ana").count() == 1


def test_five_previews_use_no_number_and_store_nothing(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer)
    for _time in range(5):
        assert browser.get(f"{LIST}{invoice.pk}/pdf/").content.startswith(b"%PDF-")
    assert (Document.objects.count(), Invoice.objects.get().number) == (0, None)
    browser.post(verb(invoice, "issue"))
    assert Invoice.objects.get().number == "2026-00001"


def test_the_timeline_says_who_did_what(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, by=factories.make_staff(customer.business, username="bruno"))
    browser.post(verb(invoice, "issue"))
    browser.post(verb(invoice, "void"))
    entries = browser.get(f"{LIST}{invoice.pk}/change/").context["timeline"]
    assert [(entry.text, entry.who) for entry in entries] == [
        ("Invoice voided", "ana"), ("Invoice issued", "ana"), ("Draft written", "bruno"),
    ]  # fmt: skip

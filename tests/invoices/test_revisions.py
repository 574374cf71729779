"""A new version of an issued invoice: same number, new content, the old paper kept."""

from datetime import timedelta

import pytest

from businesses.models import Event
from core import frozen_paper
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices import audit, documents, revisions
from invoices.models import Document
from tests.factories import DUE, issue, line, make_draft, make_invoice
from tests.payments.money import issued, pay

pytestmark = pytest.mark.django_db


def test_a_revision_keeps_the_number_and_the_old_paper(customer: Customer, media: object) -> None:
    invoice = issue(make_invoice(customer))
    first = documents.download(invoice).content
    later = make_draft(customer, [line("150.00")], due_on=DUE + timedelta(days=5), title="Second thoughts")
    revised = revisions.revise(invoice, later, version=invoice.version)
    assert (revised.number, revised.revision, revised.total) == ("2026-00001", 2, 15000)
    assert documents.download(revised).content != first
    kept = Document.objects.get(invoice=invoice, revision=1)
    assert frozen_paper.content_of(kept) == first
    assert list(audit.breaches()) == []


def test_the_history_says_what_changed(customer: Customer, media: object) -> None:
    invoice = issue(make_invoice(customer))
    revisions.revise(invoice, make_draft(customer, [line("150.00")]), version=invoice.version, by="key:abc")
    event = Event.objects.get(kind="invoice.revised")
    assert (event.actor, event.data["revision"], event.data["total_before"]) == ("key:abc", 2, 10000)
    before, after = event.data["changes"]["lines"]
    assert "100.00" in before and "150.00" in after


def test_a_revised_invoice_is_paid_like_any_other(customer: Customer, media: object) -> None:
    invoice = issue(make_invoice(customer))
    revisions.revise(invoice, make_draft(customer, [line("150.00")]), version=invoice.version)
    pay(invoice, 15000)
    assert invoice.status == "paid"
    assert b"%PDF" in documents.download(invoice).content


def test_what_was_paid_in_part_is_credited_not_revised(customer: Customer) -> None:
    invoice = issued(customer)
    pay(invoice, 100)
    with pytest.raises(Conflict):
        revisions.revise(invoice, make_draft(customer), version=invoice.version)


def test_whoever_comes_second_changes_nothing(customer: Customer, media: object) -> None:
    invoice = issue(make_invoice(customer))
    seen = invoice.version
    revisions.revise(invoice, make_draft(customer, [line("150.00")]), version=seen)
    invoice.refresh_from_db()
    with pytest.raises(Conflict):
        revisions.revise(invoice, make_draft(customer, [line("170.00")]), version=seen)
    invoice.refresh_from_db()
    assert (invoice.total, invoice.revision) == (15000, 2)


def test_nothing_left_to_pay_is_refused(customer: Customer, media: object) -> None:
    invoice = issue(make_invoice(customer))
    with pytest.raises(Problem) as refused:
        revisions.revise(invoice, make_draft(customer, [line("0")]), version=invoice.version)
    assert refused.value.field == "lines"

"""From draft to paid: the moves that are legal, the ones that are not, and what each leaves behind."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction

from businesses.events import broken_links
from businesses.models import Business, Event, User
from core.problems import Conflict, Problem
from customers import actions as customers
from customers.models import Customer
from invoices import actions, rows
from invoices.audit import breaches
from invoices.balance import Movement
from invoices.models import Invoice, Mark, Sequence
from invoices.status import MOVES, TONES, Situation, Status
from tests.factories import DUE, ISSUED, issue, line, make_business, make_customer, make_invoice, tax

pytestmark = pytest.mark.django_db


def pay(invoice: Invoice) -> Invoice:
    return actions.apply_payment(invoice, invoice.amount_remaining)


def issue_or_reopen(invoice: Invoice) -> Invoice:
    """Open again when a payment is taken back."""
    if invoice.status != Status.PAID:
        return issue(invoice)
    return actions.move(invoice, Movement(amount=-invoice.amount_paid), "invoice.payment_reversed")


REACH: dict[str, Callable[[Invoice], Any]] = {
    Status.DRAFT: lambda invoice: invoice,
    Status.OPEN: issue,
    Status.PAID: lambda invoice: pay(issue(invoice)),
    Status.VOID: lambda invoice: actions.void(issue(invoice)),
    Status.UNCOLLECTIBLE: lambda invoice: actions.mark_uncollectible(issue(invoice)),
}
MOVE: dict[str, Callable[[Invoice], Any]] = {
    Status.DRAFT: lambda invoice: actions.revise(invoice, rows.read(invoice), version=invoice.version),
    Status.OPEN: issue_or_reopen,
    Status.PAID: pay,
    Status.VOID: actions.void,
    Status.UNCOLLECTIBLE: actions.mark_uncollectible,
}
LEGAL = {
    (Status.DRAFT, Status.DRAFT),
    (Status.DRAFT, Status.OPEN),
    (Status.OPEN, Status.PAID),
    (Status.OPEN, Status.VOID),
    (Status.OPEN, Status.UNCOLLECTIBLE),
    (Status.PAID, Status.OPEN),
    (Status.UNCOLLECTIBLE, Status.PAID),
    (Status.UNCOLLECTIBLE, Status.VOID),
}


@pytest.mark.parametrize("after", Status.values)
@pytest.mark.parametrize("before", Status.values)
def test_each_of_25_moves_is_legal_or_refused(customer: Customer, before: Status, after: Status) -> None:
    invoice = REACH[before](make_invoice(customer))
    if (before, after) in LEGAL:
        MOVE[after](invoice)
        invoice.refresh_from_db()
        assert invoice.status == after
    else:
        with pytest.raises((Conflict, Problem)) as refusal:
            MOVE[after](invoice)
        invoice.refresh_from_db()
        assert invoice.status == before
        if isinstance(refusal.value, Conflict):
            assert refusal.value.legal == tuple(sorted(MOVES[before]))
    assert list(breaches()) == []


def test_every_situation_has_a_tone() -> None:
    assert set(TONES) == set(Situation)


def test_an_invoice_of_zero_is_paid_when_it_is_issued(customer: Customer) -> None:
    invoice = issue(make_invoice(customer, [line("0")]))
    assert (invoice.status, invoice.number, invoice.documents.get().mark) == ("paid", "2026-00001", Mark.PAID)
    assert invoice.paid_at == invoice.finalized_at


def test_an_invoice_withheld_entirely_is_paid_when_it_is_issued(customer: Customer) -> None:
    assert issue(make_invoice(customer, [line("10", "1", tax("100", withheld=True))])).status == "paid"


def test_a_negative_total_is_refused(customer: Customer) -> None:
    with pytest.raises(Problem):
        make_invoice(customer, [line("-1")])


def test_an_invoice_without_lines_cannot_be_issued(customer: Customer) -> None:
    with pytest.raises(Problem):
        issue(make_invoice(customer, []))


def test_an_uncollectible_invoice_still_takes_a_late_payment(customer: Customer) -> None:
    invoice = actions.mark_uncollectible(issue(make_invoice(customer)))
    actions.apply_payment(invoice, 4000)
    pay(invoice)
    kinds = Event.objects.about(invoice).order_by("id").values_list("kind", flat=True)
    assert [kind.partition(".")[2] for kind in kinds] == [
        "created", "finalized", "marked_uncollectible", "partially_paid", "paid",
    ]  # fmt: skip
    assert list(breaches()) == []


def test_due_is_always_paid_plus_remaining(customer: Customer) -> None:
    invoice = issue(make_invoice(customer, [line("1000", "1", tax("1.5", withheld=True))]))
    assert (invoice.total, invoice.amount_due, invoice.amount_remaining) == (100000, 98500, 98500)
    for amount in (1, 98498, 1):
        actions.apply_payment(invoice, amount)
        assert invoice.amount_due == invoice.amount_paid + invoice.amount_remaining
    assert invoice.status == "paid"


@pytest.mark.parametrize("amount", [0, -1, 10001])
def test_more_than_what_remains_cannot_be_paid(customer: Customer, amount: int) -> None:
    invoice = issue(make_invoice(customer))
    for act in (actions.apply_payment, actions.set_processing):
        if amount or act is actions.apply_payment:
            with pytest.raises(Problem):
                act(invoice, amount)


def test_a_partly_paid_invoice_cannot_be_voided(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    actions.apply_payment(invoice, 1)
    with pytest.raises(Conflict) as refusal:
        actions.void(invoice)
    assert refusal.value.legal == (Status.PAID, Status.UNCOLLECTIBLE)


def test_an_invoice_whose_payment_is_taken_back_is_open_and_was_paid_on_no_day(customer: Customer) -> None:
    invoice = pay(issue(make_invoice(customer)))
    actions.move(invoice, Movement(amount=-4000), "invoice.payment_reversed")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_remaining, invoice.paid_at) == ("open", 4000, None)
    pay(invoice)
    assert (invoice.status, invoice.documents.filter(mark=Mark.PAID).count()) == ("paid", 1)
    assert list(breaches()) == []


def test_credit_and_what_was_let_go_lower_what_is_due(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    actions.move(invoice, Movement(credited=3000), "invoice.credited")
    actions.apply_payment(invoice, 6500, surcharge=500, allowance=1000)
    assert (invoice.status, invoice.amount_due, invoice.amount_paid) == ("paid", 6500, 6500)
    assert list(breaches()) == []


def test_a_void_invoice_keeps_its_number_and_nobody_else_gets_it(customer: Customer) -> None:
    voided = actions.void(issue(make_invoice(customer)))
    again = issue(make_invoice(customer))
    assert (voided.number, again.number) == ("2026-00001", "2026-00002")
    assert set(voided.documents.values_list("mark", flat=True)) == {Mark.ISSUED, Mark.VOID}


def test_only_drafts_are_deleted_and_softly(customer: Customer) -> None:
    draft, opened = make_invoice(customer), issue(make_invoice(customer))
    actions.delete(draft)
    assert Invoice.objects.get(pk=draft.pk).deleted_at
    assert draft not in Invoice.objects.for_business(customer.business).current()
    for invoice in (opened, draft):
        with pytest.raises(Conflict):
            actions.delete(invoice)
    with pytest.raises(Conflict):
        issue(draft)


def test_a_clone_has_the_content_and_nothing_else(customer: Customer) -> None:
    lines = [line("100", "2", tax("10")), line("5", is_setup_fee=True)]
    fields = {"wanted_number": "A7", "external_id": "theirs", "recipients": ("a@example.com",)}
    source = pay(issue(make_invoice(customer, lines, **fields)))
    clone = actions.duplicate(source)
    before, after = rows.read(source), rows.read(clone)
    assert (clone.status, clone.number, clone.amount_paid, clone.total) == ("draft", None, 0, source.total)
    assert (after.lines, after.recipients) == (before.lines, before.recipients)
    assert (clone.wanted_number, clone.external_id, clone.cloned_from) == ("", "", source)
    assert clone.due_on - clone.issue_on == source.due_on - source.issue_on
    assert Event.objects.about(clone).count() == 1
    assert clone.token != source.token


def test_an_issued_invoice_keeps_both_parties_as_they_were(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    customer.name = "Someone Else"
    customers.save(customer)
    Business.objects.filter(pk=customer.business_id).update(legal_name="Other Ltda", trade_name="Other")
    invoice.refresh_from_db()
    assert invoice.payer["name"] == "Maria Souza"
    assert invoice.issuer["legal_name"] == "Padaria São João Ltda"
    assert list(breaches()) == []


def test_finalising_is_all_or_nothing(customer: Customer) -> None:
    invoice = make_invoice(customer)
    with pytest.raises(RuntimeError), transaction.atomic():
        issue(invoice)
        raise RuntimeError
    invoice.refresh_from_db()
    assert (invoice.status, invoice.number, invoice.documents.count()) == ("draft", None, 0)
    assert Event.objects.about(invoice).count() == 1
    assert not Sequence.objects.exists()


def test_a_preview_uses_no_number(customer: Customer) -> None:
    preview = make_invoice(customer)
    for _time in range(50):
        with transaction.atomic():
            issue(preview)
            transaction.set_rollback(True)
    assert issue(preview).number == "2026-00001"


def test_the_second_of_two_editors_gets_a_conflict(customer: Customer) -> None:
    invoice = make_invoice(customer)
    first, second = Invoice.objects.get(pk=invoice.pk), Invoice.objects.get(pk=invoice.pk)
    actions.revise(first, rows.read(first), version=1)
    with pytest.raises(Conflict) as conflict:
        actions.revise(second, rows.read(second), version=1)
    assert conflict.value.legal == ("open", "paid")
    assert Invoice.objects.get(pk=invoice.pk).version == 2


def test_each_action_adds_one_event_that_names_who(customer: Customer, staff: Callable[..., User]) -> None:
    ana = staff("finance", username="ana")
    invoice = make_invoice(customer, by=ana)
    actions.revise(invoice, rows.read(invoice), version=1, by=ana)
    invoice = issue(invoice, by=ana)
    actions.renew_link(invoice, by=ana)
    actions.revoke_link(invoice, by=ana)
    actions.set_processing(invoice, 100, by=ana)
    actions.apply_payment(invoice, 4000, by="command:demo")
    actions.mark_uncollectible(invoice, by=ana)
    events = list(Event.objects.about(invoice).order_by("id"))
    assert [event.actor for event in events] == ["user:ana"] * 6 + ["command:demo", "user:ana"]
    assert invoice.version == len(events)
    assert list(broken_links(events)) == []
    assert list(breaches()) == []


def test_a_renewed_link_replaces_the_old_one(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    old = invoice.token
    actions.revoke_link(invoice)
    assert Invoice.objects.get(pk=invoice.pk).token_revoked_at
    actions.renew_link(invoice)
    assert Invoice.objects.get(pk=invoice.pk).token_revoked_at is None
    assert invoice.token != old


def test_overdue_needs_no_job_to_have_run(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    mine = Invoice.objects.for_business(customer.business)
    after = date(DUE.year, DUE.month, DUE.day + 1)
    assert (list(mine.overdue(DUE)), list(mine.overdue(after))) == ([], [invoice])
    assert (invoice.situation(DUE), invoice.situation(after)) == (Situation.OPEN, Situation.OVERDUE)


def test_situations_follow_from_the_facts(customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    before = date(ISSUED.year, ISSUED.month, ISSUED.day - 1)
    assert invoice.situation(before) == Situation.SCHEDULED
    actions.apply_payment(invoice, 1000)
    assert invoice.situation(ISSUED) == Situation.PARTIALLY_PAID
    actions.set_processing(invoice, 9000)
    assert invoice.situation(date(2030, 1, 1)) == Situation.PROCESSING
    actions.set_processing(invoice, 0)
    assert invoice.situation(date(2030, 1, 1)) == Situation.OVERDUE


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("America/Sao_Paulo", datetime(2026, 3, 17, 3, tzinfo=UTC)),
        ("America/Noronha", datetime(2026, 3, 17, 2, tzinfo=UTC)),
        ("America/Rio_Branco", datetime(2026, 3, 17, 5, tzinfo=UTC)),
        ("Europe/Lisbon", datetime(2026, 3, 17, 0, tzinfo=UTC)),
    ],
)
def test_overdue_flips_at_the_businesss_own_midnight(zone: str, midnight: datetime) -> None:
    business = make_business(time_zone=zone)
    invoice = issue(make_invoice(make_customer(business)))
    for second, overdue in ((-1, []), (0, [invoice])):
        with time_machine.travel(midnight.timestamp() + second, tick=False):
            assert list(Invoice.objects.for_business(business).overdue_now([business])) == overdue


def test_29_february_is_a_day_like_any_other(customer: Customer) -> None:
    leap = date(2028, 2, 29)
    with time_machine.travel(datetime(2028, 2, 29, 12, tzinfo=UTC), tick=False):
        clone = actions.duplicate(make_invoice(customer, issue_on=leap, due_on=leap))
    assert (clone.issue_on, clone.due_on) == (leap, leap)

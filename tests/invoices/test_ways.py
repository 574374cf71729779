"""The ways to pay an issued invoice: what it offers, the Pix code, the boletos of its parts."""

from itertools import product
from typing import Any

import pytest

from businesses.models import Account, Business
from core import boleto, pix
from customers.models import Customer
from invoices import pdf, schedule, ways
from invoices.models import Invoice
from tests import factories
from tests.factories import DUE, issue, line, make_customer, make_invoice

pytestmark = pytest.mark.django_db

KEY = "contas@padaria.example"
BRADESCO = {"bank_code": "237", "branch": "1234", "number": "67890", "wallet": "09"}


def account(business: Business, **fields: Any) -> Account:
    values = {"name": "Main", "bank": "Bank", "branch": "1234", "number": "67890", "pix_key": KEY}
    return Account.objects.create(business=business, **{**values, **fields})


def issued(customer: Customer, fields: dict[str, Any] | None = None, **invoice: Any) -> Invoice:
    """An invoice of 100.00 paid to an account with these fields."""
    row = account(customer.business, **(fields or {}))
    return issue(make_invoice(customer, account_id=row.pk, **invoice))


def in_parts(customer: Customer, count: int, **fields: Any) -> Invoice:
    parts = schedule.monthly(count * 1000, DUE, count)
    lines = [line("10", str(count))]
    return issue(make_invoice(customer, lines, schedule=parts, **fields))


@pytest.mark.parametrize("flags", list(product((True, False), repeat=3)), ids=str)
def test_paper_offers_exactly_what_the_invoice_may_be_paid_by(
    customer: Customer, flags: tuple[bool, ...]
) -> None:
    """Document 003's flags; none of them leaves the choice to the payer, which is everything."""
    named = [name for name, on in zip(("pix", "boleto", "credit_card"), flags, strict=True) if on]
    invoice = issued(customer, BRADESCO, payable_with=tuple(named))
    wants = set(named) or {"pix", "boleto", "credit_card", "bank_transfer"}
    paper = pdf.paper(invoice)
    labels = {label for label, _value in paper.account}
    assert bool(paper.pix) == ("pix" in wants) == ("Chave Pix" in labels)
    assert bool(paper.slip) == ("boleto" in wants)
    assert ways.offers(invoice, ways.CARD) == ("credit_card" in wants)
    assert ("Conta" in labels) == ("bank_transfer" in wants)


def test_bolepix_is_both(customer: Customer) -> None:
    invoice = issued(customer, BRADESCO, payable_with=("bolepix",))
    assert ways.pix_code(invoice, 100)
    assert len(ways.slips(invoice)) == 1


def test_the_pix_code_names_the_invoice_the_payee_and_the_amount(customer: Customer) -> None:
    invoice = issued(customer)
    code = pix.read(ways.pix_code(invoice, 12345))
    assert (code.key, code.amount, code.txid) == (KEY, 12345, invoice.public_id)
    assert (code.name, code.city) == ("Padaria Sao Joao Ltda", "Sao Paulo")


def test_each_part_has_a_reference_of_its_own_that_leads_back(customer: Customer) -> None:
    invoice = in_parts(customer, 60, account_id=account(customer.business).pk)
    codes = [pix.read(ways.pix_code(invoice, 1000, part)) for part in range(60)]
    assert len({code.txid for code in codes}) == 60
    assert [ways.part_of_txid(code.txid) for code in codes] == [(invoice.public_id, n) for n in range(60)]
    assert ways.part_of_txid(invoice.public_id.upper()) == (invoice.public_id, None)


def test_an_invoice_without_parts_has_one_reference(customer: Customer) -> None:
    invoice = issued(customer)
    assert ways.txid(invoice, 0) == ways.txid(invoice) == invoice.public_id


@pytest.mark.parametrize("text", ["", "x", "É" * 30, "0" * 24 + "!", "0" * 26])
def test_a_strange_reference_names_no_part(text: str) -> None:
    assert ways.part_of_txid(text)[1] is None


def test_a_boleto_says_what_its_bank_needs(customer: Customer) -> None:
    invoice = issued(customer, BRADESCO)
    [slip] = ways.slips(invoice)
    told = boleto.read(slip.barcode, near=DUE)
    assert (told.bank, told.due_on, told.amount) == ("237", DUE, 10000)
    assert boleto.barcode_of(slip.line) == slip.barcode
    assert (slip.bank_name, slip.bank_code, slip.is_sample) == ("Bradesco", "237-2", False)
    assert slip.our_number.startswith(f"09/{invoice.our_number:011d}-")


@pytest.mark.parametrize(
    ("branch", "number"), [("1234-5", "67890-1"), ("1234", "67890"), ("1.234-X", "67.890-P")]
)
def test_check_digits_of_the_account_stay_out_of_the_bar_code(branch: str, number: str) -> None:
    found = ways.bank_account({**BRADESCO, "branch": branch, "number": number})
    assert (found.branch, found.account) == ("1234", "67890")


def test_parts_have_boletos_with_numbers_in_a_row(customer: Customer) -> None:
    row = account(customer.business, **BRADESCO)
    first, second = (in_parts(customer, 3, account_id=row.pk) for _ in range(2))
    slips = [*ways.slips(first), *ways.slips(second)]
    assert [slip.our_number[3:14] for slip in slips] == [f"{n:011d}" for n in range(1, 7)]
    assert len({slip.barcode for slip in slips}) == 6
    assert [slip.due_on for slip in slips[:3]] == [part.due_on for part in schedule.parts_of(first.schedule)]


def test_without_a_bank_only_who_asks_for_boletos_gets_a_sample(customer: Customer) -> None:
    row = account(customer.business)
    plain, asked = (
        issue(make_invoice(customer, account_id=row.pk, payable_with=methods))
        for methods in ((), ("boleto",))
    )
    assert ways.slips(plain) == []
    [slip] = ways.slips(asked)
    assert (slip.is_sample, slip.bank_code, slip.barcode[:3]) == (True, "000-0", "000")


@pytest.mark.parametrize("wrong", [{"wallet": "99"}, {"bank_code": "999"}, {"number": "not digits"}])
def test_an_account_that_its_bank_would_refuse_prints_no_real_boleto(
    customer: Customer, wrong: dict[str, str]
) -> None:
    row = account(customer.business, **{**BRADESCO, **wrong})
    plain, asked = (
        issue(make_invoice(customer, account_id=row.pk, payable_with=methods))
        for methods in ((), ("boleto",))
    )
    assert ways.slips(plain) == []
    assert [slip.is_sample for slip in ways.slips(asked)] == [True]


def test_an_amount_beyond_ten_digits_has_no_boleto(customer: Customer) -> None:
    row = account(customer.business, **BRADESCO)
    invoice = issue(
        make_invoice(customer, [line("100000000.00")], account_id=row.pk, payable_with=("boleto",))
    )
    assert ways.slips(invoice) == []


@pytest.mark.parametrize("amount", [0, -1, 10**13])
def test_no_pix_code_leaves_the_amount_to_the_payer_or_lies_about_it(customer: Customer, amount: int) -> None:
    assert ways.pix_code(issued(customer), amount) == ""


def test_a_payee_whom_pix_cannot_write_has_no_code() -> None:
    business = factories.make_business(legal_name="株式会社サンプル")
    assert ways.pix_code(issued(make_customer(business)), 100) == ""


def test_a_key_that_is_none_any_more_makes_no_code(customer: Customer) -> None:
    assert ways.pix_code(issued(customer, {"pix_key": "nonsense"}), 100) == ""


@pytest.mark.parametrize("change", [{"live_mode": False}, {"currency": "EUR"}, {"account_id": None}], ids=str)
def test_tests_and_other_currencies_are_never_payable(customer: Customer, change: dict[str, Any]) -> None:
    row = account(customer.business, **BRADESCO)
    methods = ("pix", "boleto") if "account_id" not in change else ()
    invoice = issue(make_invoice(customer, **{"account_id": row.pk, "payable_with": methods, **change}))
    assert (ways.pix_code(invoice, 100), ways.slips(invoice)) == ("", [])


def test_a_draft_is_not_payable(customer: Customer) -> None:
    row = account(customer.business, **BRADESCO)
    draft = make_invoice(customer, account_id=row.pk, payable_with=("pix", "boleto"))
    assert (ways.pix_code(draft, 100), ways.slips(draft)) == ("", [])

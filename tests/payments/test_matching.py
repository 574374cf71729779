"""Which invoice a movement is taken for, how sure that is and why."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from businesses.models import Account, Business
from customers.models import Customer
from invoices.schedule import monthly
from invoices.ways import txid
from payments.bank_words import sentence
from payments.bankfiles.movement import Movement
from payments.matching import SURE, Match, match_all, name_words, words_of
from payments.owing import Book, serial_of
from tests.factories import CPF, DUE, ISSUED, make_customer
from tests.payments.bank_bytes import itau
from tests.payments.money import LATE, issued, pay

pytestmark = pytest.mark.django_db
FIELDS = dict.fromkeys("payer_name payer_tax_id txid our_number document memo account".split(), "")


def movement(amount: int = 10000, on: date = DUE, **fields: Any) -> Movement:
    facts = {"external_id": f"ofx-{amount}-1", "fee": 0, "currency": "BRL", "line": 1}
    return Movement(on=on, amount=amount, **{**facts, **FIELDS, **fields})


def matched(business: Business, *movements: Movement, account: Account | None = None) -> list[Match]:
    return match_all(Book(business, account, movements, words_of, is_account_certain=True), movements)


def one(business: Business, account: Account | None = None, **fields: Any) -> Match:
    return matched(business, movement(**fields), account=account)[0]


def codes(match: Match) -> list[str]:
    return [reason["code"] for reason in match.reasons]


def test_the_txid_names_the_invoice_and_its_part(business: Business, customer: Customer) -> None:
    invoice = issued(customer, "90.00", schedule=monthly(9000, DUE, 3))
    match = one(business, amount=3000, txid=txid(invoice, 1))
    assert (match.invoice_id, match.part, match.confidence) == (invoice.pk, 1, 100)
    assert codes(match) == ["txid", "amount_equal"]


@pytest.mark.parametrize("wrong", ["", "0" * 24, "²" * 24, "a" * 35, "x" * 25])
def test_a_txid_of_somebody_else_names_nothing(business: Business, customer: Customer, wrong: str) -> None:
    issued(customer)
    assert one(business, amount=1, txid=wrong) == Match()


@pytest.mark.parametrize(("amount", "code"), [(10000, "equal"), (10001, "more"), (9999, "less")])
def test_the_boleto_number_is_sure_and_says_how_the_amount_compares(
    business: Business, customer: Customer, amount: int, code: str
) -> None:
    account = itau(business)
    invoice = issued(customer, account_id=account.pk)
    match = one(business, account, amount=amount, our_number=f"{invoice.our_number:08}")
    assert (match.invoice_id, match.confidence) == (invoice.pk, 98)
    assert codes(match) == ["our_number", f"amount_{code}"]


def test_a_boleto_number_counts_in_its_own_account_only(business: Business, customer: Customer) -> None:
    account = itau(business)
    invoice = issued(customer, account_id=account.pk)
    number = f"{invoice.our_number:08}"
    assert one(business, itau(business, name="Other"), amount=1, our_number=number) == Match()
    assert one(business, None, amount=1, our_number=number) == Match()


BB = {"bank_code": "001", "agreement": "1234567", "wallet": "17", "branch": "1234"}
BRADESCO = {"bank_code": "237", "wallet": "09"}


@pytest.mark.parametrize(
    ("fields", "digits", "serial"),
    [
        ({}, "00000018", 18),
        ({}, "18", 18),
        ({}, "10900000018", 18),
        ({}, "10900000018x", None),
        (BB, "12345670000000041", 41),
        (BB, "99999990000000041", None),
        (BRADESCO, "00000000031", 31),
        (BRADESCO, "0900000000031", 31),
        ({"bank_code": ""}, "00000018", None),
        ({}, "", None),
    ],
)
def test_our_number_is_found_in_what_the_bank_writes(
    business: Business, fields: dict[str, str], digits: str, serial: int | None
) -> None:
    account = itau(business, **fields)
    assert serial_of(digits.rstrip("x") + ("999" if "x" in digits else ""), account) == serial


@given(number=st.integers(0, 99_999_999))
def test_itaus_printed_label_gives_the_number_back(number: int) -> None:
    account = Account(bank_code="341", branch="0123", number="45678", wallet="109")
    digits = f"109{number:08}"
    assert serial_of(digits, account) == number


def test_an_instalment_has_a_number_of_its_own(business: Business, customer: Customer) -> None:
    account = itau(business)
    invoice = issued(customer, "90.00", account_id=account.pk, schedule=monthly(9000, DUE, 3))
    number = (invoice.our_number or 0) + 2
    match = one(business, account, amount=3000, our_number=f"{number:08}")
    assert (match.invoice_id, match.part, match.confidence) == (invoice.pk, 2, 98)
    assert one(business, account, amount=3000, our_number=f"{number + 1:08}", on=ISSUED).confidence < SURE


def test_a_closed_invoice_is_found_by_its_number(business: Business, customer: Customer) -> None:
    account = itau(business)
    invoice = issued(customer, account_id=account.pk)
    pay(invoice, 10000, DUE - timedelta(days=20), source="asaas")
    match = one(business, account, our_number=f"{invoice.our_number:08}")
    assert (match.invoice_id, "closed" in codes(match)) == (invoice.pk, True)


@pytest.mark.parametrize("text", ["Fatura {}", "ref:{},", "({})", "NF #{}."])
def test_the_number_in_the_text_is_sure_with_the_exact_amount(
    business: Business, customer: Customer, text: str
) -> None:
    invoice = issued(customer)
    memo = text.format(invoice.number)
    assert one(business, memo=memo).confidence == 95
    other = one(business, amount=9000, memo=memo)
    assert (other.invoice_id, other.confidence, codes(other)) == (invoice.pk, 70, ["number", "amount_less"])


def test_payer_and_exact_amount_are_sure(business: Business, customer: Customer) -> None:
    invoice = issued(customer)
    match = one(business, payer_tax_id=CPF)
    assert (match.invoice_id, match.confidence, codes(match)) == (invoice.pk, 92, ["amount_equal", "tax_id"])


def test_a_similar_name_and_the_exact_amount_are_a_suggestion(business: Business, customer: Customer) -> None:
    invoice = issued(customer)
    match = one(business, payer_name="MARIA A. SOUZÁ")
    assert (match.invoice_id, match.confidence) == (invoice.pk, 75)
    assert one(business, payer_name="MARIA SILVA").confidence == 50


def test_the_amount_alone_is_weak_and_several_are_listed(business: Business, customer: Customer) -> None:
    first = issued(customer, due_on=DUE - timedelta(days=1))
    assert (one(business).invoice_id, one(business).confidence) == (first.pk, 50)
    second = issued(customer)
    match = one(business)
    assert (match.invoice_id, match.confidence) == (first.pk, 40)
    assert [row["id"] for row in match.reasons[-1]["invoices"]] == [first.pk, second.pk]


def test_two_invoices_of_the_payer_with_one_amount_are_never_sure(
    business: Business, customer: Customer
) -> None:
    for _twice in range(2):
        issued(customer)
    match = one(business, payer_tax_id=CPF)
    assert (match.confidence, codes(match)) == (40, ["amount_equal", "tax_id", "several"])


def test_the_amount_is_that_of_the_day(business: Business, customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    late = DUE + timedelta(days=15)
    wrong, right = matched(
        business,
        movement(100000, late, payer_tax_id=CPF),
        movement(102500, late, payer_tax_id=CPF),
    )
    assert (right.invoice_id, right.confidence) == (invoice.pk, 92)
    assert wrong.confidence < SURE
    assert one(business, amount=100000, payer_tax_id=CPF).confidence == 92


def test_an_old_statement_pays_no_invoice_of_later(business: Business, customer: Customer) -> None:
    issued(customer)
    assert one(business, on=ISSUED - timedelta(days=1), payer_tax_id=CPF) == Match()


def test_equal_instalments_are_taken_one_after_the_other(business: Business, customer: Customer) -> None:
    issued(customer, "90.00", schedule=monthly(9000, DUE, 3))
    rows = [movement(3000, payer_tax_id=CPF) for _part in range(4)]
    assert [(match.part, match.confidence >= SURE) for match in matched(business, *rows)] == [
        (0, True),
        (1, True),
        (2, True),
        (None, False),
    ]


def test_who_names_the_invoice_chooses_before_who_only_has_its_amount(
    business: Business, customer: Customer
) -> None:
    invoice = issued(customer)
    vague, named = matched(business, movement(), movement(txid=txid(invoice)))
    assert (named.confidence, vague) == (100, Match())


def test_the_payer_with_another_amount_is_a_weak_suggestion(business: Business, customer: Customer) -> None:
    invoice = issued(customer)
    match = one(business, amount=5000, payer_tax_id=CPF)
    assert (match.invoice_id, match.confidence, codes(match)) == (invoice.pk, 45, ["tax_id", "amount_less"])


def test_invoices_of_another_business_or_currency_are_not_looked_at(
    business: Business, other_business: Business, customer: Customer
) -> None:
    foreign = issued(make_customer(other_business))
    issued(customer, currency="USD")
    assert one(business, txid=txid(foreign)) == Match()


@pytest.mark.parametrize(
    ("days", "fields", "is_here"),
    [
        (3, {"payer_tax_id": CPF}, True),
        (4, {"payer_tax_id": CPF}, False),
        (0, {"memo": "PIX E2E123"}, True),
        (0, {}, False),
        (0, {"method": "cash", "payer_tax_id": CPF}, False),
    ],
)
def test_what_is_here_already_is_recognised(
    business: Business, customer: Customer, days: int, fields: dict[str, Any], is_here: bool
) -> None:
    method = fields.get("method", "pix")
    asked = {name: value for name, value in fields.items() if name != "method"}
    paid = pay(issued(customer), 10000, source="asaas", external_id="E2E123", method=method)
    match = one(business, on=DUE + timedelta(days=days), **asked)
    assert match.payment_id == (paid.pk if is_here else None)
    assert not match.is_sure


def test_one_payment_is_recognised_once(business: Business, customer: Customer) -> None:
    paid = pay(issued(customer), 10000, source="asaas")
    rows = [movement(payer_tax_id=CPF), movement(payer_tax_id=CPF)]
    assert [match.payment_id for match in matched(business, *rows)] == [paid.pk, None]


def test_a_file_needs_few_queries(
    business: Business, customer: Customer, django_assert_max_num_queries: Any
) -> None:
    rows = [movement(10000 + i, txid=txid(issued(customer))) for i in range(12)]
    with django_assert_max_num_queries(10):
        matched(business, *rows)


@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_every_reason_reads_as_a_sentence(business: Business, customer: Customer, language: str) -> None:
    account = itau(business)
    invoice = issued(customer, account_id=account.pk)
    found = [
        one(business, txid=txid(invoice)),
        one(business, account, our_number=f"{invoice.our_number:08}"),
        one(business, memo=invoice.number, amount=1),
        one(business, payer_tax_id=CPF),
        one(business, payer_name="Maria Souza"),
        one(business),
    ]
    reasons = [reason for match in found for reason in match.reasons]
    with translation.override(language):
        said = [sentence(reason, "BRL") for reason in reasons]
    assert all(text and "%" not in text for text in said)


def test_small_words_and_accents_do_not_count_in_names() -> None:
    assert name_words("José da Silva & Cia Ltda") == {"jose", "silva", "cia"}


def test_words_that_could_be_a_number() -> None:
    found = words_of(replace(movement(), memo="PIX 12/11 #2026-00001, nota 1234", document="ABC-9"))
    assert list(found) == ["12/11", "2026-00001", "abc-9"]

"""The search box: number, names, accents, tax ids, any character, and never a row behind."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from businesses.models import Business
from core.problems import Problem
from core.text import ascii_fold
from customers.models import Customer
from invoices import actions
from invoices.models import Invoice
from tests.factories import CNPJ, issue, make_customer, make_draft, make_invoice

pytestmark = pytest.mark.django_db


def found(text: str) -> set[str | None]:
    return set(Invoice.objects.search(text).values_list("title", flat=True))


@pytest.fixture
def three(business: Business) -> list[Invoice]:
    people = [
        make_customer(business, "Conceição Araújo", tax_id="07120188917", tax_id_kind="cpf"),
        make_customer(business, "Müller & Söhne", legal_name="Müller GmbH", tax_id=CNPJ),
        make_customer(business, '100% "Puro" A_B C\\D'),
    ]
    titles = ["first", "second", "third"]
    return [issue(make_invoice(who, title=title)) for who, title in zip(people, titles, strict=True)]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("conceicao", {"first"}),
        ("ARAÚJO", {"first"}),
        ("araujo conce", {"first"}),
        ("araujo muller", set()),
        ("müller", {"second"}),
        ("gmbh", {"second"}),
        ("07120188917", {"first"}),
        ("12abc34501", {"second"}),
        ("2026-00003", {"third"}),
        ("00002", {"second"}),
        ("ond", {"second"}),
        ("ÇÃ", {"first"}),
        ("mu", {"second"}),
        ("&", {"second"}),
        ("", {"first", "second", "third"}),
        ("   ", {"first", "second", "third"}),
        ("100%", {"third"}),
        ("%", {"third"}),
        ("%%%", set()),
        ('"puro"', {"third"}),
        ('"', {"third"}),
        ('"""', set()),
        ("a_b", {"third"}),
        ("_", {"third"}),
        ("___", set()),
        ("c\\d", {"third"}),
        ("\\", {"third"}),
        ("'; DROP TABLE invoices_invoice; --", set()),
        ("first OR second", set()),
        ("fir*", set()),
        ("title:first", set()),
        ("\x00", {"first", "second", "third"}),
        ("\ud800", {"first", "second", "third"}),
        ("x" * 100_000, set()),
    ],
    ids=lambda value: ascii(sorted(value) if isinstance(value, set) else value)[:30],
)
def test_the_box_finds(three: list[Invoice], text: str, titles: set[str]) -> None:
    assert found(text) == titles


def test_it_stays_in_step_with_changes(customer: Customer) -> None:
    invoice = make_invoice(customer, title="alpha")
    actions.revise(invoice, make_draft(customer, title="beta"), version=1)
    assert (found("alpha"), found("beta")) == (set(), {"beta"})
    issue(invoice)
    assert found("2026-00001 beta") == {"beta"}


@given(st.text(st.characters(codec=None), min_size=1, max_size=12))
@settings(max_examples=60)
@example('"')
@example("a\x00b")
@example("\U0001f600\U0001f600\U0001f600")
@example("İstanbul ℌ")
def test_any_text_finds_what_contains_it_and_breaks_nothing(text: str) -> None:
    rows = Invoice.objects.search(text)
    assert [
        row.title for row in rows if any(word not in row.search_text for word in ascii_fold(text).split())
    ] == []


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
@settings(max_examples=40)
@example("a%b_c\\d'e\"f")
def test_a_title_finds_its_own_invoice(customer: Customer, title: str) -> None:
    draft = make_draft(customer, title=f"x{title}")
    try:
        invoice = actions.create(customer.business, draft)
    except Problem:
        return
    assert invoice in Invoice.objects.search(invoice.title)


def test_customers_are_searched_alike(business: Business) -> None:
    who = make_customer(business, "Conceição 100% A_B", email="c@example.com")
    make_customer(business, "Other")
    mine = Customer.objects.for_business(business)
    for text in ("conceicao", "100%", "a_b", "c@example", "co"):
        assert list(mine.search(text)) == [who]
    assert list(mine.search("\x00\ud800")) == list(mine)


def test_metadata_is_found_by_its_values(customer: Customer) -> None:
    wanted = make_invoice(customer, metadata={"x": 1, "y": "a"})
    make_invoice(customer, metadata={"x": 2})
    mine = Invoice.objects.for_business(customer.business)
    assert list(mine.filter(metadata__x=1)) == list(mine.filter(metadata__y="a")) == [wanted]

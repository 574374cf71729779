"""Customers: found again by their ids, kept clean, each change told once."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from businesses.events import broken_links
from businesses.models import Business, Event
from core.addresses import Address
from customers import actions
from customers.models import Customer
from tests.factories import CNPJ, CPF, make_customer

pytestmark = pytest.mark.django_db


def kinds(customer: Customer) -> list[str]:
    return list(Event.objects.about(customer).order_by("id").values_list("kind", flat=True))


def test_the_same_tax_id_twice_is_one_customer(business: Business) -> None:
    first = actions.upsert(business, name="Ana", tax_id="071.201.889-17", tax_id_kind="cpf")
    second = actions.upsert(business, name="Ana Lima", tax_id=CPF, tax_id_kind="cpf")
    assert (first.pk, second.name) == (second.pk, "Ana Lima")
    assert kinds(first) == ["customer.created", "customer.updated"]
    assert Event.objects.about(first).last().data == {"changes": {"name": ["Ana", "Ana Lima"]}}  # type: ignore[union-attr]


def test_nothing_new_writes_nothing(business: Business) -> None:
    for _time in range(2):
        who = actions.upsert(
            business, name="Ana", tax_id="071.201.889-17", tax_id_kind="cpf", phone="11 99999-9999"
        )
    assert kinds(who) == ["customer.created"]


def test_an_external_id_goes_before_a_tax_id(business: Business) -> None:
    first = make_customer(business, external_id="x1")
    make_customer(business, tax_id=CPF, tax_id_kind="cpf")
    found = actions.match(business, tax_id=CPF, external_id="x1")
    assert found == first
    assert actions.match(business) is None


def test_the_same_tax_id_in_another_business_is_someone_else(
    business: Business, other_business: Business
) -> None:
    mine, theirs = make_customer(business, tax_id=CNPJ), make_customer(other_business, tax_id=CNPJ)
    assert mine != theirs
    assert actions.match(other_business, tax_id=CNPJ) == theirs


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tax_id", "12ABC34501DE36"),
        ("tax_id", "\ud800"),
        ("tax_id_kind", "other"),
        ("name", ""),
        ("name", "a\x00"),
        ("phone", "12"),
        ("email", "nobody"),
        ("more_emails", ["nobody"]),
        ("more_emails", "a@example.com"),
        ("more_emails", [f"a{i}@example.com" for i in range(21)]),
        ("metadata", {"a": "\x00"}),
        ("notes", "x" * 2001),
        ("language", "tlh"),
    ],
)
def test_a_customer_with_a_wrong_field_is_refused(business: Business, field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        make_customer(business, **{field: value})
    assert not Customer.objects.for_business(business).exists()


@pytest.mark.parametrize("fields", [{"tax_id": CNPJ}, {"external_id": "x"}])
def test_ids_are_unique_within_a_business(business: Business, fields: dict[str, str]) -> None:
    make_customer(business, **fields)
    with pytest.raises(ValidationError):
        make_customer(business, **fields)


def test_every_address_gets_mail_once(business: Business) -> None:
    who = make_customer(business, email="a@example.com", more_emails=["b@example.com", "a@example.com"])
    assert who.emails == ["a@example.com", "b@example.com"]


def test_an_address_comes_with_its_customer(business: Business) -> None:
    who = make_customer(
        business, address=Address(street="Rua A", number="1", city="Rio", region="RJ", country="BR")
    )
    assert who.address().lines(home="BR", language="en") == ["Rua A, 1", "Rio/RJ"]
    assert make_customer(business, "Other").address() == Address()
    assert list(broken_links(Event.objects.about(who))) == []


@pytest.mark.parametrize("blank", [" ", "\u00a0", "  "])
def test_a_blank_id_is_nobody_s(business: Business, blank: str) -> None:
    make_customer(business)
    assert actions.match(business, external_id=blank) is None
    mine = Customer.objects.for_business(business)
    assert not mine.filter(external_id=blank).exists()
    assert not mine.filter(external_id__in=[blank]).exists()
    assert mine.filter(external_id="").count() == mine.filter(external_id__in=["", blank]).count() == 1
    assert mine.exclude(external_id=blank).count() == 1

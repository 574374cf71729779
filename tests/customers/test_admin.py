"""The customers' screens: tax ids are checked on their field, nobody is kept twice."""

import pytest
from django.test import Client

from businesses.models import Business, Event
from customers.models import Customer, CustomerAddress
from tests import factories
from tests.factories import CNPJ, CPF, make_customer
from tests.pages import Values, form_at

pytestmark = pytest.mark.django_db

ADD = "/admin/customers/customer/add/"


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "biller", username="ana", language="en"))
    return client


@pytest.fixture
def blank(browser: Client) -> Values:
    return {**form_at(browser, ADD, "customer_form"), "name": "Firma Ltda", "tax_id": "12.abc.345/01de-35"}


def change(browser: Client, customer: Customer, **values: str) -> int:
    url = f"/admin/customers/customer/{customer.pk}/change/"
    answer = browser.post(url, {**form_at(browser, url, "customer_form"), **values})
    return answer.status_code


def test_a_customer_is_created_normalised_with_address_and_event(browser: Client, blank: Values) -> None:
    address = {"addresses-0-street": "Rua A", "addresses-0-city": "Recife", "addresses-0-country": "BR"}
    more = {"phone": "(11) 99999-9999", "more_emails": "a@b.example\na@b.example, c@d.example"}
    assert browser.post(ADD, {**blank, **address, **more}).status_code == 302
    customer = Customer.objects.get()
    assert (customer.tax_id, customer.phone) == (CNPJ, "+5511999999999")
    assert customer.more_emails == ["a@b.example", "c@d.example"]
    assert CustomerAddress.objects.get().city == "Recife"
    events = Event.objects.about(customer).order_by("pk").values_list("kind", "actor")
    assert events[0] == ("customer.created", "user:ana")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tax_id", "12.ABC.345/01DE-36"), ("tax_id", "11.111.111/1111-11"), ("tax_id", "123"), ("name", ""),
        ("tax_id", "x" * 41), ("email", "nobody"), ("more_emails", "nobody"), ("phone", "call me"),
        ("name", "a\u202eb"), ("name", "a\x00b"), ("name", "x" * 201), ("language", "fr"),
        ("metadata", "[[[[[[[[[[[[1]]]]]]]]]]]]"), ("notes", "x" * 2001), ("code", "x" * 21),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_on_its_field(browser: Client, blank: Values, field: str, value: str) -> None:
    answer = browser.post(ADD, {**blank, field: value})
    assert (answer.status_code, Customer.objects.count()) == (200, 0)
    assert field in answer.context["adminform"].form.errors


def test_a_cpf_with_wrong_digits_is_refused_and_a_right_one_is_stored_bare(
    browser: Client, blank: Values
) -> None:
    form = {**blank, "kind": "person", "tax_id_kind": "cpf"}
    assert browser.post(ADD, {**form, "tax_id": "071.201.889-18"}).status_code == 200
    assert browser.post(ADD, {**form, "tax_id": "071.201.889-17"}).status_code == 302
    assert Customer.objects.get().tax_id == CPF


@pytest.mark.parametrize("written", [CNPJ, "12.ABC.345/01DE-35", " 12abc34501de35 "])
def test_the_same_tax_id_twice_is_refused_in_words(
    browser: Client, blank: Values, business: Business, written: str
) -> None:
    make_customer(business, "First", tax_id=CNPJ)
    answer = browser.post(ADD, {**blank, "tax_id": written})
    assert (answer.status_code, Customer.objects.count()) == (200, 1)
    assert "Another customer has this tax id." in answer.content.decode()


def test_changing_into_another_s_tax_id_is_refused_too(browser: Client, business: Business) -> None:
    make_customer(business, "First", tax_id=CNPJ)
    second = make_customer(business, "Second")
    assert change(browser, second, tax_id=CNPJ) == 200
    second.refresh_from_db()
    assert second.tax_id == ""


def test_the_same_tax_id_in_another_business_is_fine(
    browser: Client, blank: Values, other_business: Business
) -> None:
    make_customer(other_business, "Theirs", tax_id=CNPJ)
    assert browser.post(ADD, blank).status_code == 302


def test_a_change_names_its_fields_and_can_be_found_by_the_new_name(
    browser: Client, business: Business
) -> None:
    customer = make_customer(business)
    assert change(browser, customer, name="Ação Nova") == 302
    assert Event.objects.about(customer).latest("pk").data == {
        "changes": {"name": ["Maria Souza", "Ação Nova"]}
    }
    answer = browser.get("/admin/customers/customer/", {"q": "acao"})
    assert [row.pk for row in answer.context["cl"].result_list] == [customer.pk]


@pytest.mark.parametrize("business_id", ["", "999999", "abc", "9" * 30])
def test_a_customer_of_no_business_of_one_s_own_is_refused(
    browser: Client, blank: Values, business_id: str
) -> None:
    assert browser.post(ADD, {**blank, "business": business_id}).status_code == 200
    assert Customer.objects.count() == 0


def test_a_foreign_business_is_refused_like_a_missing_one(
    browser: Client, blank: Values, other_business: Business
) -> None:
    answer = browser.post(ADD, {**blank, "business": str(other_business.pk)})
    assert (answer.status_code, Customer.objects.count()) == (200, 0)
    assert other_business.legal_name not in answer.content.decode()


def test_customers_cannot_be_deleted_in_the_back_office(browser: Client, business: Business) -> None:
    customer = make_customer(business)
    assert (
        browser.post(f"/admin/customers/customer/{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    body = {"action": "delete_selected", "_selected_action": [str(customer.pk)], "post": "yes"}
    browser.post("/admin/customers/customer/", body)
    assert Customer.objects.count() == 1


def test_two_billing_addresses_are_refused_in_words(browser: Client, blank: Values) -> None:
    form = {**blank, "addresses-TOTAL_FORMS": "2"}
    for place in (0, 1):
        form |= {f"addresses-{place}-kind": "billing", f"addresses-{place}-city": "Recife",
                 f"addresses-{place}-country": "BR"}  # fmt: skip
    assert browser.post(ADD, form).status_code == 200
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("maria souza", 1), ("SOUZA Mária", 1), ("mar sou", 1), ("12.abc.345/01de-35", 1), ("maria lima", 0),
        ("  ", 1), (" ".join("abcdefghijkl"), 0),
    ],
)  # fmt: skip
def test_customers_are_found_word_by_word(
    browser: Client, business: Business, words: str, count: int
) -> None:
    make_customer(business, "Maria de Souza", tax_id=CNPJ)
    answer = browser.get("/admin/customers/customer/", {"q": words})
    assert answer.context["cl"].result_count == count


def test_a_new_invoice_begins_at_the_customer(browser: Client, business: Business) -> None:
    customer = make_customer(business)
    url = f"/admin/customers/customer/{customer.pk}/new-invoice/"
    assert url in browser.get(f"/admin/customers/customer/{customer.pk}/change/").content.decode()
    answer = browser.get(url)
    assert answer.headers["Location"] == (
        f"/admin/invoices/invoice/add/?business={business.pk}&customer={customer.pk}"
    )
    editor = browser.get(answer.headers["Location"]).context["editor"]
    assert editor.head["customer"].value() == customer.pk


def test_who_only_looks_is_not_offered_a_new_invoice(business: Business) -> None:
    client, customer = Client(), make_customer(business)
    client.force_login(factories.make_staff(business, "viewer", username="vera"))
    page = client.get(f"/admin/customers/customer/{customer.pk}/change/").content.decode()
    assert "new-invoice" not in page

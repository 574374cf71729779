"""The screens of bank files: look first, import, confirm, choose, set aside; who may and who may not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from businesses.models import Account, Business, User
from customers.models import Customer
from invoices.ways import txid
from payments import bank
from payments.models import BankEntry, BankFile, Payment
from tests.factories import CPF, DUE, make_customer, make_staff
from tests.pages import messages_of
from tests.payments.bank_bytes import csv, itau, ofx
from tests.payments.money import issued
from tests.races import race

pytestmark = pytest.mark.django_db
LIST = "/admin/payments/bankfile/"
ADD = f"{LIST}add/"


@pytest.fixture
def account(business: Business) -> Account:
    return itau(business)


@pytest.fixture
def browser(business: Business, staff: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(staff("biller", language="en"))
    return client


def send(browser: Client, account: Account, data: bytes, step: str = "preview", **more: Any) -> Any:
    sent = SimpleUploadedFile("extrato.ofx", data)
    return browser.post(ADD, {"place": f"a{account.pk}", "file": sent, "step": step, **more})


def entry_of(account: Account, data: bytes) -> BankEntry:
    return bank.import_file(account.business, "x", data, account=account).entries.get()


def do(browser: Client, entry: BankEntry, verb: str, **data: Any) -> Any:
    return browser.post(f"{LIST}bankentry/{entry.pk}/{verb}/", data)


def test_looking_changes_nothing_and_importing_applies(
    browser: Client, account: Account, customer: Customer
) -> None:
    invoice = issued(customer)
    data = ofx((10000, f"PIX {txid(invoice)}"), (777, "TED X"), (-5, "TARIFA"))
    page = send(browser, account, data).content.decode()
    for said in ("2 new payments", "1 will be applied", "1 not recognised", "1 line ignored"):
        assert said in page
    assert not BankFile.objects.exists()
    answer = send(browser, account, data, "import")
    file = BankFile.objects.get()
    assert answer.headers["Location"] == f"{LIST}{file.pk}/change/"
    assert Payment.objects.get().allocations.get().invoice == invoice
    again = send(browser, account, data, "import")
    assert (again.status_code, BankFile.objects.count()) == (302, 1)
    assert "imported before" in messages_of(again)[-1]


def test_a_script_gets_the_preview_alone(browser: Client, account: Account) -> None:
    sent = SimpleUploadedFile("x.ofx", ofx((1, "a")))
    body = {"place": f"a{account.pk}", "file": sent, "step": "preview"}
    page = browser.post(ADD, body, headers={"X-Requested-With": "fetch"}).content.decode()
    assert "1 new payment" in page and "<html" not in page


def test_a_csv_shows_its_columns_and_is_read_as_they_are_chosen(
    browser: Client, account: Account, customer: Customer
) -> None:
    issued(customer)
    usual = csv((f"{DUE:%d/%m/%Y}", "PIX", "100,00", CPF, ""))
    page = send(browser, account, usual).content.decode()
    assert "Columns of the CSV" in page and "1 will be applied" in page
    odd = f"when;worth;who\n{DUE:%d/%m/%Y};100,00;{CPF}\n".encode()
    refused = send(browser, account, odd)
    assert refused.status_code == 422 and "worth" in refused.content.decode()
    chosen = {"delimiter": ";", "skip_rows": "0", "date_format": "dd/mm/yyyy", "decimal": ","}
    chosen |= {"col_date": "when", "col_amount": "worth", "col_tax_id": "who"}
    assert "1 will be applied" in send(browser, account, odd, **chosen).content.decode()
    send(browser, account, odd, "import", **chosen)
    assert BankEntry.objects.get().state == "applied"


@pytest.mark.parametrize(
    "wrong",
    [
        {"delimiter": "x"},
        {"skip_rows": "9" * 40},
        {"skip_rows": "-1"},
        {"date_format": "a{9999}"},
        {"decimal": ""},
        {"col_date": "x" * 9000},
        {"col_amount": "\x00"},
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(
    browser: Client, account: Account, wrong: dict[str, str]
) -> None:
    chosen = {"delimiter": ";", "skip_rows": "0", "date_format": "dd/mm/yyyy", "decimal": ","}
    chosen |= {"col_date": "Data", "col_amount": "Valor"}
    answer = send(browser, account, csv(("16/03/2026", "x", "1,00", "", "")), "import", **{**chosen, **wrong})
    assert answer.status_code in (302, 422)


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff\xd8\xff\x00", b"<html></html>", b"x" * 5_300_000])
def test_what_is_no_bank_file_is_one_clear_sentence(browser: Client, account: Account, data: bytes) -> None:
    answer = send(browser, account, data, "import")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not BankFile.objects.exists()


def test_a_file_goes_only_to_an_account_of_ones_own(browser: Client, other_business: Business) -> None:
    foreign = itau(other_business)
    assert send(browser, foreign, ofx((1, "x")), "import").status_code == 422
    assert not BankFile.objects.exists()


def test_the_page_of_a_file_says_why(browser: Client, account: Account, customer: Customer) -> None:
    invoice = issued(customer)
    entry = entry_of(account, ofx((10000, "PIX RECEBIDO MARIA SOUZA")))
    page = browser.get(f"{LIST}{entry.file_id}/change/").content.decode()
    assert str(invoice.number) in page and "75" in page
    assert escape("The payer's name is like Maria Souza.") in page
    assert str(invoice.number) in browser.get(f"{LIST}to-confirm/").content.decode()


def test_hostile_texts_are_shown_as_text(browser: Client, account: Account) -> None:
    entry = entry_of(account, csv((f"{DUE:%d/%m/%Y}", "<script>alert(1)</script>", "1,00", "", "")))
    page = browser.get(f"{LIST}{entry.file_id}/change/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_apply_choose_keep_set_aside_and_take_up(
    browser: Client, account: Account, customer: Customer
) -> None:
    invoice = issued(customer)
    entry = entry_of(account, ofx((10000, "PIX RECEBIDO MARIA SOUZA")))
    assert browser.get(f"{LIST}bankentry/{entry.pk}/choose/?q={invoice.number}").status_code == 200
    assert do(browser, entry, "dismiss").status_code == 422
    assert do(browser, entry, "dismiss", reason="mine").status_code == 302
    assert do(browser, entry, "reopen").status_code == 302
    answer = do(browser, entry, "apply", back="list")
    assert answer.headers["Location"] == f"{LIST}to-confirm/"
    invoice.refresh_from_db()
    assert invoice.status == "paid"
    assert messages_of(do(browser, entry, "apply"))[-1] == "This is not possible any more."
    other = entry_of(account, ofx((500, "TED"), serial="b"))
    assert do(browser, other, "choose", invoice="²").status_code == 422
    assert do(browser, other, "credit", customer=customer.pk).status_code == 302
    assert Payment.objects.filter(customer=customer, amount=500).exists()


def test_rows_of_others_are_not_offered_and_not_taken(
    browser: Client, account: Account, customer: Customer, other_business: Business
) -> None:
    foreign = make_customer(other_business, "Hidden Person")
    invoice = issued(foreign)
    entry = entry_of(account, ofx((10000, "TED")))
    assert "Hidden" not in browser.get(f"{LIST}bankentry/{entry.pk}/credit/?q=hidden").content.decode()
    assert do(browser, entry, "credit", customer=foreign.pk).status_code == 422
    assert do(browser, entry, "choose", invoice=invoice.pk).status_code == 422
    assert not Payment.objects.exists()


def test_a_viewer_sees_but_cannot_act(business: Business, account: Account) -> None:
    client = Client()
    client.force_login(make_staff(business, "viewer", language="en"))
    entry = entry_of(account, ofx((10000, "TED")))
    page = client.get(f"{LIST}{entry.file_id}/change/").content.decode()
    assert "TED" in page and "bankentry" not in page
    assert client.get(ADD).status_code == 403
    assert do(client, entry, "dismiss", reason="x").status_code == 403


@pytest.mark.parametrize("page", ["abc", "-1", "9" * 50, "²"])
def test_odd_page_numbers_are_no_error(browser: Client, account: Account, page: str) -> None:
    entry = entry_of(account, ofx((10000, "TED")))
    url = f"{LIST}{entry.file_id}/change/"
    assert browser.get(url, {"page": page, "state": page}).status_code == 200
    assert browser.get(LIST, {"q": page}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_people_who_confirm_at_once_make_one_payment(business: Business, customer: Customer) -> None:
    issued(customer)
    entry = entry_of(itau(business), ofx((10000, "PIX RECEBIDO MARIA SOUZA")))
    clients = []
    for _person in range(4):
        client = Client()
        client.force_login(make_staff(business, "biller"))
        clients.append(client)
    answers = race(4, lambda number: do(clients[number], entry, "apply").status_code)
    assert answers == [302] * 4
    assert Payment.objects.count() == 1


def test_headings_below_other_lines_are_proposed_when_nothing_is_recognised(
    browser: Client, account: Account
) -> None:
    data = b"Extrato;;;\nquando;o que;quanto;quem\n16/03/2026;x;1,00;y\n"
    page = send(browser, account, data).content.decode()
    assert '<option value="quanto">' in page and 'name="skip_rows" value="1"' in page

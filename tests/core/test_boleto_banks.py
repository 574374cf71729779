"""Free fields of five banks against published slips; what a bank needs is asked for by name."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import boleto_banks
from core.boleto import barcode, mod11
from core.boleto_banks import BANKS, BankAccount, check, free_field, label, max_number, sample_free_field
from core.problems import Problem

BRASIL_6 = BankAccount("001", "1606", "06809350", "31", "050094")
BRASIL_7 = BankAccount("001", "4042", "61900", "18", "1238798")
SANTANDER = BankAccount("033", "0001", "", "102", "0282033")
CAIXA = BankAccount("104", "0001", "", "14", "005507")
BRADESCO = BankAccount("237", "3381", "633", "26")
ITAU = BankAccount("341", "57", "12345", "110")
ACCOUNTS = [BRASIL_6, BRASIL_7, SANTANDER, CAIXA, BRADESCO, ITAU]


@pytest.mark.parametrize(
    ("account", "our_number", "digits"),
    [
        (BRASIL_6, 1448, "0500940144816060680935031"),
        (BRASIL_7, 7777700168, "0000001238798777770016818"),
        (SANTANDER, 566612457800, "9028203356661245780020102"),
        (CAIXA, 222333777777777, "0055077222133347777777771"),
        (BRADESCO, 78271395, "3381260007827139500006330"),
        (ITAU, 12345678, "1101234567880057123457000"),
        (BankAccount("341", "0810", "53678", "175"), 258281, "1750025828170810536789000"),
    ],
)
def test_published_slips_come_out_byte_for_byte(account: BankAccount, our_number: int, digits: str) -> None:
    assert free_field(account, our_number) == digits


@pytest.mark.parametrize(
    ("account", "our_number", "printed"),
    [
        (BRASIL_6, 1448, "05009401448-1"),
        (BRASIL_7, 4042, "12387980000004042"),
        (SANTANDER, 566612457800, "566612457800-2"),
        (SANTANDER, 566612457801, "566612457801-0"),
        (SANTANDER, 566612457810, "566612457810-0"),
        (CAIXA, 19, "14/000000000000019-7"),
        (replace(BRADESCO, wallet="19"), 1, "19/00000000001-P"),
        (replace(BRADESCO, wallet="19"), 2, "19/00000000002-8"),
        (replace(BRADESCO, wallet="19"), 6, "19/00000000006-0"),
        (replace(BRADESCO, wallet="06"), 525, "06/00000000525-P"),
        (replace(BRADESCO, wallet="09"), 1, "09/00000000001-1"),
        (ITAU, 12345678, "110/12345678-8"),
        (BankAccount("341", "0810", "53678", "175"), 12345678, "175/12345678-4"),
    ],
)
def test_published_numbers_get_their_check_digit(account: BankAccount, our_number: int, printed: str) -> None:
    assert label(account, our_number) == printed


def test_a_beneficiary_of_seven_digits_leaves_no_room_for_a_check_digit() -> None:
    digits = free_field(replace(CAIXA, agreement="1100005"), 1)
    assert digits.startswith("1100005" + "000" + "1")
    assert len(digits) == 25


def test_brasil_writes_ten_as_x() -> None:
    printed = {label(BRASIL_6, number)[-1] for number in range(1, 100)}
    assert printed == set("0123456789X")


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: f"{account.bank}-{account.agreement}")
def test_a_bank_runs_out_of_numbers(account: BankAccount) -> None:
    last = max_number(account)
    assert len(free_field(account, last)) == len(free_field(account, 0)) == 25
    for wrong in (last + 1, -1, 10**30):
        with pytest.raises(Problem) as refusal:
            label(account, wrong)
        assert refusal.value.code == "our_number"


@given(st.sampled_from(ACCOUNTS), st.integers(0, 10**15 - 1))
def test_each_number_has_a_free_field_of_its_own(account: BankAccount, number: int) -> None:
    number %= max_number(account)
    assert free_field(account, number) != free_field(account, number + 1)
    assert len(barcode(account.bank, free_field(account, number), due_on=None, amount=1)) == 44


@pytest.mark.parametrize(
    ("account", "field"),
    [
        (replace(BRASIL_6, branch=""), "branch"),
        (replace(BRASIL_6, account="12345-6"), "account"),
        (replace(BRASIL_6, agreement="12345"), "agreement"),
        (replace(BRASIL_6, agreement="12345678"), "agreement"),
        (replace(BRASIL_6, wallet="99"), "wallet"),
        (replace(SANTANDER, agreement=""), "agreement"),
        (replace(CAIXA, agreement="x" * 6), "agreement"),
        (replace(BRADESCO, account="٣" * 5), "account"),
        (replace(BRADESCO, account="12345678"), "account"),
        (replace(ITAU, account="123456"), "account"),
        (replace(ITAU, wallet="198"), "wallet"),
        (replace(ITAU, wallet="168"), "wallet"),
        (replace(ITAU, bank="999"), "bank"),
        (replace(ITAU, bank=""), "bank"),
    ],
)
def test_what_a_bank_needs_is_asked_for_by_name(account: BankAccount, field: str) -> None:
    for refused in (lambda: check(account), lambda: free_field(account, 1), lambda: label(account, 1)):
        with pytest.raises(Problem) as refusal:
            refused()
        assert refusal.value.field == field


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: f"{account.bank}-{account.agreement}")
def test_a_good_account_is_accepted(account: BankAccount) -> None:
    check(account)


@pytest.mark.parametrize("code", BANKS)
def test_a_printed_code_ends_with_its_check_digit(code: str) -> None:
    digit = mod11(code)
    assert BANKS[code].printed == f"{code}-{digit if digit < 10 else 0}"


def test_a_sample_names_no_bank() -> None:
    assert boleto_banks.SAMPLE_BANK not in BANKS
    assert sample_free_field(7) == "0" * 24 + "7"
    for wrong in (-1, 10**25):
        with pytest.raises(Problem):
            sample_free_field(wrong)

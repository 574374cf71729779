"""Boletos: published lines there and back, due dates beyond the restart of their factor, every digit checked."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import boleto
from core.boleto import Boleto, barcode, barcode_of, day_of, factor, formatted, line, mod10, mod11, read
from core.problems import Problem

BRASIL = "00190.50095 40144.816069 06809.350314 3 37370000000100"
ITAU = "34191.10121 34567.880058 71234.570001 6 16670000012345"
BRADESCO = "23793.38128 60007.827136 95000.063305 9 75520000370000"
CAIXA = "10490.05505 77222.133348 77777.777713 4 32420000032112"
PUBLISHED = {
    BRASIL: Boleto("001", date(2007, 12, 31), 100, "0500940144816060680935031"),
    ITAU: Boleto("341", date(2002, 5, 1), 12345, "1101234567880057123457000"),
    BRADESCO: Boleto("237", date(2018, 6, 11), 370000, "3381260007827139500006330"),
    CAIXA: Boleto("104", date(2006, 8, 23), 32112, "0055077222133347777777771"),
}
FREE = "1" * 25


@pytest.mark.parametrize("typed", PUBLISHED)
def test_published_lines_go_there_and_back(typed: str) -> None:
    code = barcode_of(typed)
    assert formatted(line(code)) == typed
    assert read(code, near=date(2007, 1, 1)) == PUBLISHED[typed]


@pytest.mark.parametrize("typed", PUBLISHED)
def test_published_facts_make_the_published_digits(typed: str) -> None:
    facts = PUBLISHED[typed]
    code = barcode(facts.bank, facts.free_field, due_on=facts.due_on, amount=facts.amount)
    assert formatted(line(code)) == typed


def test_the_manual_of_santander_has_this_bar_code() -> None:
    code = barcode("033", "9028203356661245780020102", due_on=date(2003, 5, 15), amount=27371)
    assert code == "03396204600000273719028203356661245780020102"


@pytest.mark.parametrize(
    ("digits", "check"), [("001905009", 5), ("4014481606", 9), ("0680935031", 4), ("0", 0)]
)
def test_modulo_10_of_published_lines(digits: str, check: int) -> None:
    assert mod10(digits) == check


def test_modulo_11_of_published_numbers() -> None:
    assert mod11("566612457800") == 2
    assert mod11("0055077222133347777777 77".replace(" ", "")) == 1
    assert mod11("1900000000001", top=7) == 10
    assert mod11("0") == 11


@pytest.mark.parametrize(
    ("day", "digits"),
    [
        (date(2000, 7, 3), 1000),
        (date(2025, 2, 21), 9999),
        (date(2025, 2, 22), 1000),
        (date(2025, 2, 23), 1001),
        (date(2026, 11, 21), 1637),
        (date(2049, 10, 13), 9999),
        (date(2049, 10, 14), 1000),
    ],
)
def test_g8_the_factor_starts_again_after_9999(day: date, digits: int) -> None:
    assert factor(day) == digits
    assert day_of(digits, near=day) == day


def test_no_factor_exists_before_july_2000() -> None:
    with pytest.raises(Problem):
        factor(date(2000, 7, 2))


def test_a_factor_means_the_day_nearest_to_the_issue() -> None:
    assert day_of(1000, near=date(2001, 1, 1)) == date(2000, 7, 3)
    assert day_of(1000, near=date(2024, 12, 1)) == date(2025, 2, 22)
    assert day_of(9999, near=date(2001, 1, 1)) == date(2025, 2, 21)
    assert day_of(0, near=date(2024, 12, 1)) is None


@pytest.mark.parametrize("digits", [1, 999, 10000, -1])
def test_a_factor_outside_the_cycle_is_refused(digits: int) -> None:
    with pytest.raises(Problem):
        day_of(digits, near=date(2026, 1, 1))


@given(
    st.integers(0, 999).map("{:03d}".format),
    st.integers(0, 10**25 - 1).map("{:025d}".format),
    st.dates(date(2000, 7, 3), date(2200, 12, 31)),
    st.integers(-4499, 4500),
    st.integers(0, boleto.MAX_AMOUNT),
)
def test_what_was_written_can_be_read(bank: str, free: str, due: date, days: int, amount: int) -> None:
    code = barcode(bank, free, due_on=due, amount=amount)
    assert len(code) == 44
    assert len(line(code)) == 47
    assert barcode_of(formatted(line(code))) == barcode_of(line(code)) == code
    assert read(code, near=due - timedelta(days=days)) == Boleto(bank, due, amount, free)


def test_a_slip_without_a_date_falls_due_on_sight() -> None:
    code = barcode("001", FREE, due_on=None, amount=1)
    assert code[5:9] == "0000"
    assert read(code, near=date(2026, 1, 1)).due_on is None


def test_every_changed_digit_is_noticed() -> None:
    code, typed = barcode_of(ITAU), ITAU.replace(".", "").replace(" ", "")
    for place in range(47):
        with pytest.raises(Problem):
            barcode_of(_changed(typed, place))
    noticed = 0
    for place in range(44):
        try:
            read(_changed(code, place), near=date(2002, 1, 1))
        except Problem:
            noticed += 1
    assert noticed == 44


def _changed(digits: str, place: int) -> str:
    return digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("amount", {"amount": 10**10}),
        ("amount", {"amount": -1}),
        ("bank", {"bank": "01"}),
        ("bank", {"bank": "０01"}),
        ("free_field", {"free_field": "1" * 24}),
        ("free_field", {"free_field": "x" * 25}),
    ],
)
def test_facts_that_do_not_fit_are_refused(field: str, facts: dict[str, str | int]) -> None:
    given_facts = {"bank": "001", "free_field": FREE, "due_on": date(2026, 1, 1), "amount": 1} | facts
    with pytest.raises(Problem) as refusal:
        barcode(**given_facts)  # type: ignore[arg-type]
    assert refusal.value.field == field


@given(st.text(max_size=120) | st.text("0123456789 .", min_size=44, max_size=60))
@example("8" * 48)
@example("٣" * 47)
@example("9" * 10**6)
def test_any_text_is_a_boleto_or_a_problem(text: str) -> None:
    for attempt in (lambda: barcode_of(text), lambda: line(text), lambda: read(text, near=date(2026, 1, 1))):
        try:
            attempt()
        except Problem as problem:
            assert problem.text

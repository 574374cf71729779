"""Tax ids: check digits of people and companies, letters included, and no input that crashes."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.br import cnpj

from core import taxids
from core.problems import Problem
from core.taxids import TaxIdKind


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("12ABC34501DE35", "12ABC34501DE35"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("03560714000142", "03560714000142"),
        ("03.560.714/0001-42", "03560714000142"),
    ],
)
def test_g9_a_cnpj_is_stored_without_punctuation_in_upper_case(text: str, stored: str) -> None:
    assert taxids.parse(text, TaxIdKind.CNPJ) == stored


@pytest.mark.parametrize(("base", "digits"), [("12ABC34501DE", "35"), ("035607140001", "42")])
def test_g9_check_digits_of_letters_and_numbers(base: str, digits: str) -> None:
    assert cnpj.calc_check_digits(base) == digits


def test_g11_the_cpf_of_document_003_is_valid() -> None:
    assert taxids.parse("071.201.889-17", TaxIdKind.CPF) == "07120188917"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("12ABC34501DE36", "cnpj"),
        ("03560714000143", "cnpj"),
        ("00000000000000", "cnpj"),
        ("07120188918", "cpf"),
        ("11111111111", "cpf"),
        ("０７１２０１８８９１７", "cpf"),
        ("071201889", "cpf"),
        ("x", "foreign"),
        ("A" * 21, "foreign"),
        ("07120188917", "passport"),
    ],
)
def test_wrong_tax_ids_are_refused(text: str, kind: str) -> None:
    with pytest.raises(Problem):
        taxids.parse(text, kind)


def test_an_empty_tax_id_stays_empty() -> None:
    assert taxids.parse("", "cnpj") == taxids.parse(" . ", "cpf") == ""


@given(st.text(st.characters(codec=None), max_size=60), st.sampled_from([*TaxIdKind.values, "", "other"]))
@example("\x00", "cpf")
@example("\ud800" * 14, "cnpj")
@example("ß" * 10, "foreign")
@example("１２ABC34501DE35", "cnpj")
def test_any_text_is_a_tax_id_or_a_problem(text: str, kind: str) -> None:
    try:
        number = taxids.parse(text, kind)
    except Problem:
        return
    assert number.isascii()
    assert len(number) <= 20
    assert number == "" or taxids.parse(taxids.format_tax_id(number, kind), kind) == number


def test_a_megabyte_is_refused_at_once() -> None:
    start = time.perf_counter()
    with pytest.raises(Problem):
        taxids.parse("." * 1_000_000, "cnpj")
    assert time.perf_counter() - start < 0.05


def test_length_tells_the_kind_when_the_caller_does_not() -> None:
    kinds = [taxids.guess_kind(text) for text in ("071.201.889-17", "12ABC34501DE35", "PT501442600")]
    assert kinds == [TaxIdKind.CPF, TaxIdKind.CNPJ, TaxIdKind.FOREIGN]


def test_tax_ids_are_shown_formatted_and_a_cpf_masked() -> None:
    assert taxids.label_tax_id("12ABC34501DE35", "cnpj") == "CNPJ 12.ABC.345/01DE-35"
    assert taxids.mask_cpf("07120188917", "cpf") == "CPF ***.201.889-**"
    assert taxids.label_tax_id("", "cpf") == ""

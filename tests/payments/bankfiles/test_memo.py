"""What free text tells about a payer, and what it must not be taken for."""

import pytest

from payments.bankfiles.memo import name_in, tax_id_in, txid_in

OURS = "0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("memo", "name"),
    [
        ("PIX RECEBIDO - 12/11 MARIA SOUZA 071.201.889-17", "MARIA SOUZA"),
        ("PIX RECEBIDO MARIA DE SOUZA", "MARIA DE SOUZA"),
        ("TED RECEBIDA 12.ABC.345/01DE-35 ACME LTDA.", "ACME LTDA"),
        ("Transferência Recebida - João D'Ávila - 071.201.889-17 - BANCO X", "João D'Ávila"),
        ("PIX QRS 12:30", ""),
        ("MARIA SOUZA", ""),
        ("COBRANCA 123", ""),
    ],
)
def test_a_name_is_only_read_from_what_opens_like_a_transfer(memo: str, name: str) -> None:
    assert name_in(memo) == name


@pytest.mark.parametrize(
    ("memo", "number"),
    [
        ("x 071.201.889-17 y", "07120188917"),
        ("x 07120188917", "07120188917"),
        ("cnpj 12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("03560714000142 e 07120188917", "03560714000142"),
        ("071.201.889-18", ""),
        ("111.111.111-11", ""),
        ("99907120188917000", ""),
        ("***.201.889-**", ""),
    ],
)
def test_only_right_check_digits_make_a_tax_id(memo: str, number: str) -> None:
    assert tax_id_in(memo) == number


@pytest.mark.parametrize(
    ("memo", "txid"),
    [
        (f"PIX {OURS}", OURS),
        (f"PIX {OURS}A.", f"{OURS}A"),
        (f"{OURS.upper()}", ""),
        ("cob 7978c0c97ea847e78e8849634473c1f1", "7978c0c97ea847e78e8849634473c1f1"),
        ("E6070119020261121123012345678901", ""),
        (f"E6070119020261121123012345678901 {OURS}", OURS),
        ("1" * 30, ""),
        ("a" * 30, ""),
    ],
)
def test_a_txid_is_told_from_an_end_to_end_id(memo: str, txid: str) -> None:
    assert txid_in(memo) == txid

"""OFX as banks write it: open tags, commas, missing and repeated ids, balances among the movements."""

from datetime import date

import pytest

from core.problems import Problem
from tests.payments.bankfiles.samples import MARIA, amounts, data, read_bytes, sample


def test_a_sloppy_sgml_statement_is_read() -> None:
    found = sample("sloppy.ofx")
    assert (found.kind, found.bank, found.account) == ("ofx", "341", "0123456789")
    assert amounts(found) == [(123456, 0), (15000, 0), (15000, 0), (500, 0)]
    assert [movement.on.day for movement in found.movements] == [12, 13, 13, 14]


def test_an_xml_statement_is_read_and_the_other_account_is_not_taken_for_ours() -> None:
    (movement,) = sample("modern.ofx").movements
    assert (movement.on, movement.amount, movement.account) == (date(2026, 11, 21), 7990, "98765-4")
    assert (movement.payer_name, movement.payer_tax_id) == ("ANA LÚCIA D'ÁVILA", MARIA)
    assert movement.memo.startswith("Padaria & Cia ")


def test_the_memo_gives_payer_tax_id_and_txid() -> None:
    maria, pix, _again, ted = sample("sloppy.ofx").movements
    assert (maria.payer_name, maria.payer_tax_id, maria.document) == ("MARIA SOUZA", MARIA, "000451")
    assert pix.txid == "0123456789abcdef01234567A"
    assert (ted.payer_name, ted.payer_tax_id) == ("JOSÉ & FILHOS LTDA", "12ABC34501DE35")


def test_balances_and_debits_are_left_aside_with_their_reason() -> None:
    ignored = sample("sloppy.ofx").ignored
    assert [(entry.line, entry.reason) for entry in ignored] == [
        (18, "A balance, not a movement."),
        (33, "Money out."),
    ]
    assert [entry.line for entry in sample("modern.ofx").ignored] == [17], "a DEBIT without its minus"


def test_one_fitid_for_several_movements_keeps_them_apart() -> None:
    ids = [movement.external_id for movement in sample("sloppy.ofx").movements]
    assert len(set(ids)) == 4
    alone = data("sloppy.ofx").replace(b"1.234,56", b"-1.234,56")
    assert [movement.external_id for movement in read_bytes(alone).movements] == ids[1:]


@pytest.mark.parametrize(
    ("before", "after", "code", "line"),
    [
        (b"<TRNAMT>150.00", b"<TRNAMT>NaN", "amount", 40),
        (b"<TRNAMT>150.00", b"<TRNAMT>1E+999999", "amount", 40),
        (b"<TRNAMT>150.00", b"<TRNAMT>1.500", "amount", 40),
        (b"<TRNAMT>150.00", b"<TRNAMT 150.00", "missing", 40),
        (b"<DTPOSTED>20261113\r", b"<DTPOSTED>00001113\r", "date", 40),
        (b"<DTPOSTED>20261113\r", b"<DTPOSTED>20261332\r", "date", 40),
        (b"<CURDEF>BRL", b"<CURDEF>USD", "currency", 18),
        (b"</STMTTRN>", b"", "markup", 25),
        (b"</OFX>", b"", "truncated", 62),
        (b"<STMTRS>", b"<CCSTMTRS>", "card", 9),
        (b"SALDO", b"\0", "nul", 23),
    ],
)
def test_what_cannot_be_read_in_full_names_its_line(
    before: bytes, after: bytes, code: str, line: int
) -> None:
    with pytest.raises(Problem) as refused:
        read_bytes(data("sloppy.ofx").replace(before, after))
    assert (refused.value.field, refused.value.code) == ("file", code)
    assert refused.value.text.startswith(f"Line {line}: ")


def test_a_billion_laughs_are_refused() -> None:
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE OFX [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n<OFX>&b;</OFX>'
    with pytest.raises(Problem) as refused:
        read_bytes(bomb.encode())
    assert refused.value.code == "markup"

"""Collection returns: which occurrences are payments, gross and fee per bank, and files that are not whole."""

from datetime import date

import pytest

from core.problems import Problem
from tests.payments.bankfiles.samples import MARIA, amounts, data, read_bytes, sample

CNAB = ["itau.ret", "bradesco.ret", "brasil.ret", "febraban.ret", "santander.ret"]


def lines(name: str) -> list[bytes]:
    return data(name).splitlines()


def joined(records: list[bytes]) -> bytes:
    return b"\r\n".join(records)


def with_line(name: str, number: int, start: int, text: bytes) -> bytes:
    """The file with some text of one line replaced; both count from 1."""
    records = lines(name)
    old = records[number - 1]
    records[number - 1] = old[: start - 1] + text + old[start - 1 + len(text) :]
    return joined(records)


def test_itau_states_what_reaches_the_account_and_the_fee_is_added_back() -> None:
    found = sample("itau.ret")
    assert (found.kind, found.bank, found.account) == ("cnab400", "341", "0123/456789")
    assert amounts(found) == [(102500, 140), (5000, 140)]
    paid = found.movements[0]
    assert (paid.our_number, paid.document, paid.memo) == ("00000018", "2026-0018", "F2026-0018")
    assert (paid.on, paid.payer_name, paid.line) == (date(2026, 11, 21), "JOÃO D AVILA", 3)


def test_bradesco_states_what_the_payer_paid() -> None:
    found = sample("bradesco.ret")
    assert amounts(found) == [(25525, 190), (9900, 0), (9900, 0)]
    assert found.movements[0].our_number == "00000000031", "without its check digit, which may be a letter"


def test_banco_do_brasil_keeps_the_fee_in_seven_positions() -> None:
    found = sample("brasil.ret")
    assert amounts(found) == [(2500, 900), (3000, 250)]
    assert found.movements[0].our_number == "12345670000000290"


def test_febraban_240_reads_payer_and_pix_charge() -> None:
    found = sample("febraban.ret")
    assert (found.kind, found.bank) == ("cnab240", "001")
    maria, bakery = found.movements
    assert (maria.amount, maria.fee, maria.txid) == (102500, 350, "0123456789abcdef01234567A")
    assert (maria.payer_name, maria.payer_tax_id) == ("MARIA SOUZA", MARIA)
    assert (bakery.amount, bakery.fee, bakery.payer_tax_id) == (50000, 300, "12ABC34501DE35")
    assert (bakery.our_number, bakery.document) == ("12345670000000042", "2026-0042")


def test_santander_has_its_own_positions_in_segment_t() -> None:
    (paid,) = sample("santander.ret").movements
    assert (paid.our_number, paid.document, paid.memo) == ("000000001040", "2026-0051", "F-51")
    assert (paid.amount, paid.fee, paid.payer_tax_id) == (80000, 210, MARIA)


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("itau.ret", {2: "registered", 4: "written off without payment", 6: "without an amount"}),
        ("bradesco.ret", {5: "03: registration rejected", 6: "Occurrence 99, which is no payment"}),
        ("brasil.ret", {4: "cheque, not yet cleared", 5: "type 5"}),
        ("febraban.ret", {8: "02: boleto registered", 10: "09: written off without payment"}),
    ],
)
def test_other_occurrences_are_left_aside_by_name(name: str, reasons: dict[int, str]) -> None:
    ignored = {entry.line: entry.reason for entry in sample(name).ignored}
    assert ignored.keys() == reasons.keys()
    assert all(reasons[line] in ignored[line] for line in reasons)


@pytest.mark.parametrize("name", CNAB)
def test_a_lost_last_or_middle_line_is_noticed(name: str) -> None:
    records = lines(name)
    for cut in (records[:-1], records[:2] + records[3:]):
        with pytest.raises(Problem):
            read_bytes(joined(cut))


@pytest.mark.parametrize("name", CNAB)
def test_a_line_of_another_width_is_named(name: str) -> None:
    records = lines(name)
    records[2] = records[2][:-1]
    with pytest.raises(Problem, match="Line 3: ") as refused:
        read_bytes(joined(records))
    assert refused.value.code == "width"


@pytest.mark.parametrize(
    ("name", "start", "text", "code"),
    [
        ("itau.ret", 254, b"00000000NaN00", "amount"),
        ("itau.ret", 111, b"310226", "date"),
        ("itau.ret", 111, b"000000", "date"),
        ("itau.ret", 1, b"8", "record"),
        ("itau.ret", 395, b"000009", "sequence"),
        ("brasil.ret", 1, b"1", "record"),
        ("febraban.ret", 14, b"A", "segment"),
        ("febraban.ret", 14, b"U", "segment"),
    ],
)
def test_a_broken_third_line_refuses_the_whole_file(name: str, start: int, text: bytes, code: str) -> None:
    with pytest.raises(Problem, match="Line [34]: ") as refused:
        read_bytes(with_line(name, 3, start, text))
    assert (refused.value.field, refused.value.code) == ("file", code)


def test_year_zero_in_a_paid_boleto_is_refused() -> None:
    with pytest.raises(Problem, match="Line 4: ") as refused:
        read_bytes(with_line("febraban.ret", 4, 138, b"21110000"))
    assert refused.value.code == "date"


def test_a_bank_of_unknown_layout_is_refused_by_its_code() -> None:
    with pytest.raises(Problem, match="748") as refused:
        read_bytes(with_line("itau.ret", 1, 77, b"748"))
    assert refused.value.code == "bank"


@pytest.mark.parametrize(
    ("name", "start", "text"), [("itau.ret", 2, b"1REMESSA"), ("febraban.ret", 143, b"1")]
)
def test_a_file_for_the_bank_is_not_a_return(name: str, start: int, text: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read_bytes(with_line(name, 1, start, text))
    assert refused.value.code == "direction"

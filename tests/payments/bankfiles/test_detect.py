"""Any bytes give a whole file or a Problem, and the same file twice gives the same ids."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.problems import Problem
from payments.bankfiles.detect import read
from payments.bankfiles.movement import MAX_RECORDS
from payments.bankfiles.reading import MAX_BYTES
from tests.payments.bankfiles.samples import NAMES, data, read_bytes, sample

HEADS = [b"", b"OFXHEADER:100\n<OFX>", b"02RETORNO01", b"00100000         " + b"9" * 120, b"Data;Valor\n"]


def ids(content: bytes) -> list[str]:
    return [movement.external_id for movement in read_bytes(content).movements]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_file_twice_gives_the_same_ids_and_no_id_twice(name: str) -> None:
    found = ids(data(name))
    assert found and found == ids(data(name))
    assert len(set(found)) == len(found)
    assert all(len(known) <= 60 for known in found)


@pytest.mark.parametrize("name", NAMES)
def test_line_ends_encoding_and_name_change_nothing(name: str) -> None:
    text = data(name).decode("utf-8" if name in ("modern.ofx", "statement.csv") else "cp1252")
    copies = [text.replace("\r\n", "\n").encode("utf-8-sig"), (text + "\x1a").encode()]
    assert all(read("a.csv", copy, currency="BRL") == sample(name) for copy in copies)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"hello", "columns"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "nul"),
        ("Data;Valor".encode("utf-16"), "nul"),
        (b"Data;Valor\n21/11/2026;\x81\xff", "encoding"),
        (b"x" * (MAX_BYTES + 1), "too_large"),
        (b"<OFX>" + b"\n" * 9 + b"</OFX>\0", "nul"),
    ],
    ids=lambda value: value if isinstance(value, str) else ascii(value[:12]),
)
def test_what_is_no_bank_file_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        read_bytes(content)
    assert (refused.value.field, refused.value.code) == ("file", code)


def test_too_many_movements_are_refused() -> None:
    text = b"Data;Valor\n" + b"21/11/2026;1,00\n" * (MAX_RECORDS + 1)
    with pytest.raises(Problem) as refused:
        read_bytes(text)
    assert refused.value.code == "too_many"


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        b"x" * MAX_BYTES,
        b";" * MAX_BYTES,
        b"Data;Valor" + b";x" * (MAX_BYTES // 2 - 10),
        b'Data;Valor\n"' + b"x" * (MAX_BYTES - 20),
        b"<OFX>" + b"<A " * (MAX_BYTES // 3 - 10) + b"</OFX>",
        b"<OFX>" + b"<A1>" * (MAX_BYTES // 4 - 10) + b"</OFX>",
        b"<OFX><STMTTRN><MEMO>" + b"a" * (MAX_BYTES - 50) + b"</STMTTRN></OFX>",
        b"02RETORNO" + b"\n" * (MAX_BYTES - 9),
        b"02RETORNO" + b"\nx" * (MAX_BYTES // 2 - 9),
    ],
    ids=lambda content: ascii(content[:16]),
)
def test_a_large_hostile_file_is_answered_in_seconds(content: bytes) -> None:
    start = time.perf_counter()
    try_to_read(content)
    assert time.perf_counter() - start < 20


@given(st.binary(max_size=600), st.sampled_from(HEADS))
@example(b'Data;Valor\r"', b"")
@settings(max_examples=300)
def test_arbitrary_bytes_raise_nothing_but_a_problem(content: bytes, head: bytes) -> None:
    try_to_read(head + content)


@given(st.sampled_from(NAMES), st.floats(0, 1), st.integers(0, 30), st.binary(max_size=30))
@settings(max_examples=300)
def test_damaged_files_raise_nothing_but_a_problem(name: str, place: float, gone: int, added: bytes) -> None:
    whole = data(name)
    at = int(place * len(whole))
    try_to_read(whole[:at] + added + whole[at + gone :])


def try_to_read(content: bytes) -> None:
    try:
        found = read_bytes(content)
    except Problem as refused:
        assert refused.text
    else:
        assert all(movement.amount > 0 and movement.fee >= 0 for movement in found.movements)

"""Pix: the central bank's own samples byte for byte, keys as the DICT stores them, and no input that crashes."""

import time
from typing import TypedDict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import pix
from core.pix import BRCode, brcode, crc16, dynamic, parse_key, read
from core.problems import Problem

RANDOM_KEY = "123e4567-e12b-12d1-a456-426655440000"


class Payee(TypedDict):
    name: str
    city: str


FULANO: Payee = {"name": "Fulano de Tal", "city": "BRASILIA"}
STATIC = (
    "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000"
    "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D"
)
DYNAMIC = (
    "00020101021226700014br.gov.bcb.pix2548pix.example.com/8b3da2f39a4140d1a91abd93113bd441"
    "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***630464E4"
)
KEYS = [RANDOM_KEY, "07120188917", "12ABC34501DE35", "caixa@exemplo.com.br", "+5511987654321"]
PLAIN = "ABCdef 0123$%*+-./:"


def signed(text: str) -> str:
    """The text up to its checksum, with the right one."""
    return text[:-4] + crc16(text[:-4])


def test_g10_the_checksum_is_ccitt() -> None:
    assert crc16("123456789") == "29B1"


def test_g10_the_manuals_static_code_comes_out_byte_for_byte() -> None:
    assert brcode(RANDOM_KEY, **FULANO) == STATIC


def test_the_manuals_dynamic_code_comes_out_byte_for_byte() -> None:
    url = "pix.example.com/8b3da2f39a4140d1a91abd93113bd441"
    assert dynamic(url, **FULANO) == dynamic(f"https://{url}", **FULANO) == DYNAMIC


def test_a_dynamic_code_tells_its_address() -> None:
    assert read(DYNAMIC) == BRCode(key="", url="pix.example.com/8b3da2f39a4140d1a91abd93113bd441", **FULANO)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("071.201.889-17", "07120188917"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        (" Caixa@Exemplo.com.BR ", "caixa@exemplo.com.br"),
        ("123E4567-E12B-12D1-A456-426655440000", RANDOM_KEY),
        ("+55 (11) 98765-4321", "+5511987654321"),
        ("5511987654321", "+5511987654321"),
        ("11 98765-4321", "+5511987654321"),
        ("(11) 3456-7890", "+551134567890"),
        ("+351 912 345 678", "+351912345678"),
        ("  ", ""),
    ],
)
def test_a_key_is_stored_as_the_dict_does(text: str, stored: str) -> None:
    assert parse_key(text) == stored


def test_eleven_bare_digits_are_a_cpf_when_they_can_be_one() -> None:
    assert parse_key("11987654374") == "11987654374"
    assert parse_key("11987654321") == "+5511987654321"


@pytest.mark.parametrize(
    "text",
    [
        "071.201.889-18", "119.876.543-21", "12ABC34501DE36", "a@b", "a b@c.de", "x" * 70 + "@exemplo.com",
        "+5501987654321", "+55119", "(11) 18765-4321", "123e4567e12b12d1a456426655440000", "０７１２０１８８９１７",
        "\x00", "\ud800", "x" * 10**6,
    ],
    ids=lambda text: ascii(text[:20]),
)  # fmt: skip
def test_anything_else_is_not_a_key(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(Problem) as refusal:
        parse_key(text, field="account.pix_key")
    assert (refusal.value.field, refusal.value.code) == ("account.pix_key", "pix_key")
    assert time.perf_counter() - start < 0.1


@given(st.text(st.characters(codec=None), max_size=90))
@example("@" * 77)
@example("a" * 60 + "@" + "a." * 8)
def test_any_text_is_a_key_or_a_problem(text: str) -> None:
    try:
        key = parse_key(text)
    except Problem:
        return
    assert parse_key(key) == key
    assert key.isascii() and len(key) <= 77


@st.composite
def codes(draw: st.DrawFn) -> BRCode:
    def plain(limit: int, least: int = 1) -> str:
        text = draw(st.text(PLAIN, min_size=least, max_size=limit))
        return " ".join(text.split()) or "X" * least

    key = draw(st.sampled_from(KEYS))
    return BRCode(
        key=key,
        url="",
        name=plain(25),
        city=plain(15),
        amount=draw(st.none() | st.integers(1, pix.MAX_AMOUNT)),
        txid=draw(st.just("***") | st.from_regex(r"[A-Za-z0-9]{1,25}", fullmatch=True)),
        description=plain(99 - 18 - 8 - len(key), least=0),
    )


@given(codes())
def test_what_was_written_can_be_read(code: BRCode) -> None:
    text = brcode(
        code.key,
        name=code.name,
        city=code.city,
        amount=code.amount,
        txid=code.txid,
        description=code.description,
    )
    assert read(text) == code


def test_an_amount_is_written_in_reais() -> None:
    assert "5404" + "0.01" in brcode(RANDOM_KEY, **FULANO, amount=1)
    assert "5413" + "9999999999.99" in brcode(RANDOM_KEY, **FULANO, amount=999_999_999_999)
    assert brcode(RANDOM_KEY, **FULANO, amount=0) == STATIC


@pytest.mark.parametrize("amount", [-1, 10**12, 10**30])
def test_an_amount_that_does_not_fit_is_refused(amount: int) -> None:
    with pytest.raises(Problem) as refusal:
        brcode(RANDOM_KEY, **FULANO, amount=amount)
    assert refusal.value.field == "amount"


def test_names_lose_accents_and_length() -> None:
    text = brcode(RANDOM_KEY, name="  João & Irmãos “Construções” Ltda.", city="São José do Rio Preto")
    assert "5925Joao Irmaos Construcoes L60" in text
    assert "6015Sao Jose do Rio62" in text


@pytest.mark.parametrize(("field", "text"), [("name", "山田"), ("city", " "), ("city", "ß\u202e")])
def test_a_name_without_a_letter_that_can_be_printed_is_refused(field: str, text: str) -> None:
    with pytest.raises(Problem) as refusal:
        brcode(
            RANDOM_KEY, name=text if field == "name" else "Fulano", city=text if field == "city" else "Rio"
        )
    assert refusal.value.field == field


@pytest.mark.parametrize("txid", ["", "A" * 26, "INV-1", "Ã", "**", "a\n"])
def test_a_txid_is_letters_and_digits(txid: str) -> None:
    with pytest.raises(Problem) as refusal:
        brcode(RANDOM_KEY, **FULANO, txid=txid)
    assert refusal.value.code == "txid"


@pytest.mark.parametrize("key", ["", "nobody"])
def test_a_code_needs_a_key(key: str) -> None:
    with pytest.raises(Problem) as refusal:
        brcode(key, **FULANO)
    assert refusal.value.field == "key"


@pytest.mark.parametrize("url", ["", "https://", "a b", "pix.example.com/ã", "x" * 78])
def test_an_address_that_does_not_fit_is_refused(url: str) -> None:
    with pytest.raises(Problem):
        dynamic(url, **FULANO)


def test_a_description_takes_what_the_account_leaves() -> None:
    assert (
        read(brcode(RANDOM_KEY, **FULANO, description="Ação " * 40)).description
        == "Acao Acao Acao Acao Acao Acao Acao Ac"
    )
    long_key = "a" * 65 + "@exemplo.com"
    assert read(brcode(long_key, **FULANO, description="Fatura 7")).description == ""


def test_any_changed_character_is_noticed() -> None:
    for place, char in enumerate(STATIC):
        other = "x" if char != "x" else "y"
        with pytest.raises(Problem):
            read(STATIC[:place] + other + STATIC[place + 1 :])


def test_a_checksum_in_lower_case_is_read() -> None:
    assert read(STATIC[:-4] + STATIC[-4:].lower()) == read(STATIC)


@pytest.mark.parametrize(
    "text",
    [
        STATIC.replace("5303986", "5303840"),
        STATIC.replace("br.gov.bcb.pix", "br.gov.bcb.xxx"),
        STATIC.replace("5802BR", "54031,25802BR"),
        STATIC.replace("5802BR", "54141000000000.005802BR"),
        STATIC.replace("5802BR", "5802BR5802BR"),
        STATIC.replace("000201", "000202"),
        STATIC.replace("6008BRASILIA", "6099BRASILIA"),
        STATIC.replace("62070503***", "62070509***"),
        STATIC.replace("0136" + RANDOM_KEY, "0336" + RANDOM_KEY),
    ],
)
def test_a_code_with_wrong_contents_is_refused_though_its_checksum_fits(text: str) -> None:
    with pytest.raises(Problem) as refusal:
        read(signed(text))
    assert refusal.value.code == "pix_code"


@pytest.mark.parametrize(
    ("amount", "centavos"), [("5406350.00", 35000), ("54041.50", 150), ("540210", 1000), ("54040.00", None)]
)
def test_amounts_of_other_writers_are_read(amount: str, centavos: int | None) -> None:
    assert read(signed(STATIC.replace("5802BR", amount + "5802BR"))).amount == centavos


def test_another_payment_system_may_stand_beside_pix() -> None:
    text = STATIC.replace("52040000", "27170013com.other.pay52040000").replace("br.gov", "BR.GOV")
    assert read(signed(text)) == read(STATIC)


@given(st.text(max_size=600) | st.text("0123456789ABC", max_size=200))
@example("6304" + crc16("6304"))
@example("6304FFFF")
@example("\ud800")
@example("0" * 10**6)
def test_any_text_is_a_code_or_a_problem(text: str) -> None:
    storable = text[:400].encode(errors="replace").decode()
    for attempt in (text, signed(f"{storable}63040000")):
        try:
            read(attempt)
        except Problem as problem:
            assert problem.text

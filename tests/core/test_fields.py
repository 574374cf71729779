"""Columns keep their own rules: exact numbers, clean text, small JSON."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from hypothesis import given
from hypothesis import strategies as st

from core.fields import BlockField, LineField, ScaledField, SmallJSONField, validate_small_json
from core.validators import e164, validate_country, validate_currency, validate_time_zone


def rate(**options: Any) -> ScaledField:
    return ScaledField(places=4, digits=8, **options)


@given(st.integers(-(10**14), 10**14))
def test_a_scaled_number_comes_back_exactly(stored: int) -> None:
    field = ScaledField(places=6, digits=18)
    number = field.from_db_value(stored)
    assert number == Decimal(stored) / 10**6
    assert field.get_prep_value(number) == stored


@pytest.mark.parametrize("number", ["1E+999999", "1E+30", "NaN", "Infinity", "0.00001", "1E-999999"])
def test_numbers_that_a_column_cannot_hold_are_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        rate().get_prep_value(Decimal(number))


def test_a_scaled_field_keeps_the_validators_it_is_given() -> None:
    field = rate(validators=[MinValueValidator(Decimal(0))])
    field.run_validators(Decimal("5.0000"))
    with pytest.raises(ValidationError):
        field.run_validators(Decimal(-1))
    with pytest.raises(ValidationError):
        field.run_validators(Decimal("10000.0"))


def test_text_columns_clean_what_they_are_given() -> None:
    assert LineField(max_length=5).to_python(" e\u0301 ") == "é"
    assert BlockField().to_python("a\r\nb") == "a\nb"
    for dirty in ("a\nb", "x\x00", "toolong"):
        with pytest.raises(ValidationError):
            LineField(max_length=5).to_python(dirty)


@pytest.mark.parametrize("value", [{}, [], {"a": [1, "b", None, True]}, {"k": {"k": {"k": "v"}}}])
def test_small_json_is_kept(value: object) -> None:
    SmallJSONField().run_validators(value)
    validate_small_json(value)


@pytest.mark.parametrize(
    "value",
    [
        {"a": "x" * 17_000},
        {"\x00": 1},
        {"a": "\ud800"},
        {"a": float("nan")},
        {"a": object()},
        {"a": 10**5000},
    ],
    ids=["long", "nul", "surrogate", "nan", "object", "huge"],
)
def test_other_json_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        validate_small_json(value)


def test_deep_json_is_refused() -> None:
    deep: list[Any] = []
    for _level in range(100_000):
        deep = [deep]
    with pytest.raises(ValidationError):
        validate_small_json(deep)


def test_codes_of_this_world_only() -> None:
    validate_country("BR")
    validate_currency("BRL")
    validate_time_zone("America/Sao_Paulo")
    for check, wrong in (
        (validate_country, "ZZ"),
        (validate_currency, "ABC"),
        (validate_time_zone, "Mars/Base"),
    ):
        with pytest.raises(ValidationError):
            check(wrong)


def test_phones_become_international() -> None:
    assert e164("(11) 99999-9999", "BR") == "+5511999999999"
    assert e164("+351 912 345 678", "BR") == "+351912345678"
    assert e164("", "BR") == ""
    for wrong in ("12", "abc", "1" * 300, "\x00"):
        with pytest.raises(ValidationError):
            e164(wrong, "BR")

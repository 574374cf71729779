"""JSON from outside: what is read exactly, and what goes back as it came."""

from decimal import Decimal

import orjson
import pytest

from core.inbound_json import InboundError, plain, read, read_lines


@pytest.mark.parametrize("text", ["-9223372036854775808", "9999999999999999999", "0", "-1"])
def test_whole_numbers_of_64_bits_are_read_and_written(text: str) -> None:
    assert orjson.dumps(read(text.encode())) == text.encode()


@pytest.mark.parametrize("text", ["-9223372036854775809", "18446744073709551616", "-9999999999999999999"])
def test_larger_ones_are_refused(text: str) -> None:
    with pytest.raises(InboundError):
        read(text.encode())


@pytest.mark.parametrize("text", ["1e20", "-1e20", "1e30", "1.5e25", "0.5", "2.0"])
def test_what_is_only_kept_can_be_written_again(text: str) -> None:
    kept = plain(read(b'{"a": [' + text.encode() + b"]}"))
    assert Decimal(str(orjson.loads(orjson.dumps(kept))["a"][0])) == Decimal(text)


def test_lines_are_read_one_by_one() -> None:
    assert read_lines(b'{"a": 1}\n\n[2]\r\n') == [{"a": 1}, [2]]
    with pytest.raises(InboundError, match="2"):
        read_lines(b"1\n{")

"""Whatever colour a brand has, its page can be read."""

from hypothesis import given
from hypothesis import strategies as st

from core.colours import DEFAULT, contrast, palette

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_text_reaches_wcag_aa_on_every_accent(accent: str) -> None:
    colours = palette(accent)
    assert contrast(colours.ink, colours.accent) >= 4.5
    assert contrast(colours.strong, "#ffffff") >= 4.5
    assert contrast(colours.strong, colours.tint) >= 4.5
    assert contrast("#565e6c", colours.tint) >= 4.5


def test_black_on_white_is_21() -> None:
    assert round(contrast("#000000", "#ffffff"), 3) == 21


def test_a_dark_brand_keeps_its_own_colour_for_text() -> None:
    assert palette("#15803d").strong == "#15803d"
    assert palette("#15803d").ink == "#ffffff"


def test_what_is_no_colour_becomes_the_default() -> None:
    assert palette("red;}body{display:none").accent == DEFAULT

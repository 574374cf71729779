"""Text from outside: any of it is either clean or a Problem; HTML keeps ten tags and nothing else."""

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.problems import Problem
from core.text import BIDI_CONTROLS, ascii_fold, clean_html, clean_text

ANY = st.text(st.characters(codec=None), max_size=60)


@given(ANY, st.booleans())
@example("a\x00b", False)
@example("\ud800", True)
@example("admin\u202egpj.exe", False)
@example("e\u0301" * 50, False)
@example("\ufb2c" * 60, False)
def test_any_text_is_clean_or_a_problem(text: str, lines: bool) -> None:
    try:
        clean = clean_text(text, limit=50, lines=lines)
    except Problem:
        return
    assert clean == clean_text(clean, limit=50, lines=lines)
    assert len(clean) <= 50
    assert unicodedata.is_normalized("NFC", clean)
    assert lines or len(clean.splitlines()) <= 1
    clean.encode()


@pytest.mark.parametrize(
    "char", ["\x00", "\x1b", "\x7f", "\ud800", "\u2028", *sorted(BIDI_CONTROLS)], ids=ascii
)
def test_hidden_characters_are_refused(char: str) -> None:
    with pytest.raises(Problem) as refused:
        clean_text(f"ab{char}c", limit=10, field="name")
    assert (refused.value.field, refused.value.code) == ("name", "character")


def test_other_line_ends_become_newlines() -> None:
    assert clean_text("a\r\nb\rc\u2028d", limit=20, lines=True) == "a\nb\nc\nd"


def test_length_counts_characters_after_normal_form() -> None:
    assert clean_text("e\u0301" * 10, limit=10) == "é" * 10
    with pytest.raises(Problem):
        clean_text("é" * 11, limit=10)


def test_huge_text_is_refused_at_once() -> None:
    huge = "\u0301" * 5_000_000
    start = time.perf_counter()
    with pytest.raises(Problem):
        clean_text(huge, limit=100)
    assert time.perf_counter() - start < 0.05


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=http://internal/x onerror=alert(1)>",
        "<p style='position:fixed'>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<svg><use href='#x'/></svg>",
        "<table><td colspan=1000000>",
        "<p onclick=alert(1)>x</p>",
        "<iframe src=//evil></iframe>",
    ],
)
def test_html_keeps_no_attribute_and_no_other_tag(html: str) -> None:
    clean = clean_html(html)
    assert "=" not in clean
    assert not any(word in clean for word in ("<script", "<img", "<a", "<svg", "<table", "<td", "<iframe"))


@given(ANY)
def test_cleaning_html_twice_changes_nothing(text: str) -> None:
    try:
        clean = clean_html(text)
    except Problem:
        return
    assert clean_html(clean) == clean


def test_ten_tags_survive() -> None:
    html = "<p><b>a</b><br><strong>b</strong> <i>c</i> <em>d</em> <u>e</u></p><ul><li>f</li></ul><ol><li>g</li></ol>"
    assert clean_html(html) == html


@given(ANY)
@example("ß ℌ İ ﬁ")
def test_folded_text_can_be_stored_and_stays_folded(text: str) -> None:
    folded = ascii_fold(text)
    assert ascii_fold(folded) == folded
    assert "\x00" not in folded
    folded.encode()


def test_accents_and_case_fold_away() -> None:
    assert ascii_fold("AÇÃO São João") == "acao sao joao"

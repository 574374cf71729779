"""The invoice on paper: what stands on it, in which language, on how many pages."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.utils import translation
from django.utils.translation import gettext, pgettext
from pypdf import PdfReader

from core.paper import PaperError, render
from invoices.paper import Paper, PaperLine, PaperParty, html
from tests import paper_samples as samples
from tests.pictures import decoded


def read(paper: Paper) -> PdfReader:
    return PdfReader(io.BytesIO(render(html(paper))))


def texts(paper: Paper) -> list[str]:
    return [page.extract_text() for page in read(paper).pages]


def said(paper: Paper, text: str, context: str = "") -> str:
    """A word of the template, as the paper's language says it."""
    with translation.override(paper.language):
        return pgettext(context, text) if context else gettext(text)


@pytest.mark.parametrize("sample", samples.SAMPLES.values(), ids=samples.SAMPLES)
def test_every_sample_is_well_formed_and_prints(sample: Callable[[], Paper]) -> None:
    ElementTree.fromstring(html(sample()))
    assert read(sample()).pages


@pytest.mark.parametrize("name", ["common", "single", "english", "draft", "void", "paid"])
def test_the_common_case_is_one_page(name: str) -> None:
    assert len(texts(samples.SAMPLES[name]())) == 1


def test_three_lines_leave_room_for_pix_and_boleto() -> None:
    paper = replace(samples.payable(), lines=samples.lines(2) + samples.single().lines, terms_html="")
    assert len(texts(replace(paper, totals=paper.totals[-1:]))) == 1


def test_ten_lines_still_fit_on_one_page() -> None:
    assert len(texts(samples.many(10))) == 1


def test_the_heading_of_the_table_is_repeated_on_each_page() -> None:
    paper = samples.many(100)
    heading = said(paper, "Description").upper()
    with_lines = [text for text in texts(paper) if "Atendimento" in text]
    assert len(with_lines) >= 4
    assert all(heading in text for text in with_lines)


def test_no_line_is_lost_or_printed_twice() -> None:
    everything = "\n".join(texts(samples.many(100)))
    assert [everything.count(f"nº {n:03d} ") for n in range(1, 101)] == [1] * 100


@pytest.mark.parametrize("count", range(10, 25))
def test_totals_stay_together_and_never_without_a_line(count: int) -> None:
    paper = samples.many(count)
    [together] = [text for text in texts(paper) if "Subtotal" in text]
    assert all(row.amount.replace("\u00a0", " ") in together.replace("\u00a0", " ") for row in paper.totals)
    assert f"nº {count:03d}" in together


def test_each_page_says_which_it_is_of_how_many() -> None:
    paper = samples.many(100)
    pages = texts(paper)
    page, of = said(paper, "Page", "page x of y"), said(paper, "of", "page x of y")
    assert all(f"{page} {n} {of} {len(pages)}" in text for n, text in enumerate(pages, start=1))


def test_english_papers_count_pages_in_english() -> None:
    with translation.override("pt-br"):
        [text] = texts(samples.english())
    assert "Page 1 of 1" in text
    assert "BILL TO" in text


@pytest.mark.parametrize(
    ("name", "context", "word"),
    [("draft", "watermark", "DRAFT"), ("void", "watermark", "VOID"), ("paid", "stamp", "PAID")],
)
def test_the_mark_of_the_state_stands_on_the_page(name: str, context: str, word: str) -> None:
    paper = samples.SAMPLES[name]()
    marked = said(paper, word, context)
    assert marked in texts(paper)[0]
    assert marked not in texts(replace(paper, mark="", status="", amount_label=""))[0]


@pytest.mark.parametrize("name", ["common", "draft", "void"])
def test_a_test_invoice_says_so_across_the_page(name: str) -> None:
    paper = replace(samples.SAMPLES[name](), status="", is_test=True)
    text = texts(paper)[0]
    assert said(paper, "TEST", "watermark") in text
    assert not any(said(paper, word, "watermark") in text for word in ("DRAFT", "VOID"))


def test_a_watermark_is_on_every_page() -> None:
    paper = replace(samples.many(60), mark="void")
    assert all(said(paper, "VOID", "watermark") in text for text in texts(paper))


def test_accents_can_be_searched_and_copied() -> None:
    [text] = texts(samples.single())
    assert "Ação" in text
    assert "Padaria Pão Quente" in text


def test_the_file_is_tagged_and_says_what_it_is() -> None:
    reader = read(samples.common())
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"] == {"/Marked": True}
    assert root["/StructTreeRoot"]
    assert root["/Lang"] == "pt-BR"
    assert reader.metadata is not None
    assert reader.metadata.title == "Fatura F-2026-0061 · Studio Verde"
    assert reader.metadata.author == "Studio Verde"
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_data()


def test_fonts_are_ours_and_inside_the_file() -> None:
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[1]
        for font in read(samples.full()).pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert fonts == {"Inter", "Inter-Bold", "Inter-Semi-Bold"}


def test_equal_papers_give_equal_bytes() -> None:
    assert render(html(samples.full())) == render(html(samples.full()))


def test_columns_that_are_empty_on_every_line_are_not_shown() -> None:
    common, full = html(samples.common()), html(samples.full())
    assert all(f'class="{key}"' not in common for key in ("discount", "taxes", "unit"))
    assert all(f'class="{key}"' in full for key in ("discount", "taxes", "unit"))


def test_one_line_too_many_is_refused() -> None:
    with pytest.raises(PaperError) as refused:
        html(samples.many(501))
    assert refused.value.reason == "too_large"


def test_the_most_lines_allowed_are_printed_within_the_limit() -> None:
    pages = PdfReader(io.BytesIO(render(html(samples.many(500)), timeout=10))).pages
    assert any("nº 500" in page.extract_text() for page in pages[-2:])


HOSTILE = '<img src="x"/> & "quotes" \x00\x0b\ufffe\ud800 \u202eabc ]]> <!-- {{ x }} {% now %}'


def test_hostile_text_is_printed_as_text() -> None:
    party = PaperParty(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,))
    paper = replace(
        samples.common(),
        issuer=party,
        payer=party,
        description=HOSTILE,
        footer=HOSTILE,
        title=HOSTILE,
        link=HOSTILE,
    )
    source = html(
        replace(
            paper, lines=(PaperLine(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),)
        )
    )
    root = ElementTree.fromstring(source)
    assert not list(root.iter("img"))
    assert "\u202e" not in source
    assert '<img src="x"/> & "quotes"' in root.findtext(".//p[@class='description']", "")


def test_terms_keep_ten_tags_and_nothing_else() -> None:
    terms = '<p onclick="x">Um<br>dois &amp; <b>três</p><ul><li>a<li>b</ul><script>alert(1)</script><img src="http://a"></i>'
    root = ElementTree.fromstring(html(replace(samples.common(), terms_html=terms)))
    block = root.find(".//div[@class='block terms']")
    assert block is not None
    assert {element.tag for element in block.iter()} == {"div", "h2", "p", "br", "b", "ul", "li"}
    assert all(not element.attrib for element in list(block.iter())[1:])


@pytest.mark.parametrize(
    "change",
    [
        {"accent": "red; background: url(http://evil.example)"},
        {"logo": "http://evil.example/logo.png"},
        {"logo": "data:image/svg+xml;base64,evil.example"},
        {"link": "javascript:evil.example"},
        {"attachments": (("a", "file:///evil.example"),)},
    ],
    ids=str,
)
def test_addresses_and_colours_that_are_none_are_not_used(change: dict[str, Any]) -> None:
    root = ElementTree.fromstring(html(replace(samples.common(), **change)))
    assert not [value for element in root.iter() for value in element.attrib.values() if "evil" in value]


@pytest.mark.parametrize(
    ("accent", "ink"), [("#4f46e5", "#ffffff"), ("#000000", "#ffffff"), ("#fde047", "#0f172a")]
)
def test_the_initial_can_be_read_on_any_brand_colour(accent: str, ink: str) -> None:
    assert f"background: {accent}; color: {ink}" in html(replace(samples.common(), accent=accent))


def test_a_logo_replaces_the_initial_and_has_a_text() -> None:
    root = ElementTree.fromstring(html(samples.full()))
    [image] = root.iter("img")
    assert image.get("alt") == "Studio Verde"
    assert root.find(".//div[@class='tile']") is None


@pytest.mark.parametrize("name", ["payable", "long_slip"])
def test_codes_decode_from_a_picture_of_the_page(name: str) -> None:
    """150 dots an inch, which is less than a phone's camera or an office scanner sees."""
    assert decoded(render(html(samples.SAMPLES[name]()))) == {samples.PIX_CODE, samples.BARCODE}


def test_a_sample_s_bar_code_cannot_be_read() -> None:
    content = render(html(samples.sample_slip()))
    assert decoded(content) == set()
    text = PdfReader(io.BytesIO(content)).pages[-1].extract_text()
    assert said(samples.sample_slip(), "SAMPLE – NOT PAYABLE") in text


def test_the_slip_and_the_qr_code_have_their_printed_sizes() -> None:
    """A QR code of 34 mm with its white margin around it, a bar code of 103 x 13 mm (FEBRABAN)."""
    sheet = (Path(__file__).resolve().parents[2] / "static/paper/invoice.css").read_text()
    assert ".pix .qr { float: right; width: 40mm; height: 40mm" in sheet
    assert ".slip .bars img { width: 103mm; height: 13mm }" in sheet

"""Codes on paper: what the PDF engine draws, a camera reads back."""

import subprocess
import time
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from core.barcodes import itf_svg, qr_svg, svg_uri
from core.boleto import barcode_of
from core.paper import render
from core.pix import brcode
from core.problems import Problem

PIX = brcode(
    "123e4567-e12b-12d1-a456-426655440000",
    name="Fulano de Tal",
    city="BRASILIA",
    amount=140000,
    txid="INV202600000016",
    description="Fatura 2026-00016",
)
BOLETO = barcode_of("00190.50095 40144.816069 06809.350314 3 37370000000100")
QR_SIZE = "width: 34mm; height: 34mm"
ITF_SIZE = "width: 103mm; height: 13mm"
SVG = "{http://www.w3.org/2000/svg}"


def page(body: str) -> str:
    return f'<html lang="en"><body style="margin: 10mm">{body}</body></html>'


def picture(svg: str, size: str) -> str:
    return f'<img alt="" src="{svg_uri(svg)}" style="{size}"/>'


def inline(svg: str, size: str) -> str:
    return svg.replace("<svg ", f'<svg style="{size}" ', 1)


def scanned(html: str, folder: Path, dpi: int = 150) -> list[str]:
    pdf = folder / "page.pdf"
    pdf.write_bytes(render(page(html)))
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", "-singlefile", pdf, folder / "page"], check=True)
    with Image.open(folder / "page.png") as image:
        return [code.text for code in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("draw", [picture, inline])
def test_a_camera_reads_the_qr_code_from_the_pdf(tmp_path: Path, draw: Callable[[str, str], str]) -> None:
    assert scanned(draw(qr_svg(PIX), QR_SIZE), tmp_path) == [PIX]


@pytest.mark.parametrize("draw", [picture, inline])
def test_a_scanner_reads_the_bar_code_from_the_pdf(tmp_path: Path, draw: Callable[[str, str], str]) -> None:
    assert scanned(draw(itf_svg(BOLETO), ITF_SIZE), tmp_path) == [BOLETO]


def test_both_stand_on_one_page(tmp_path: Path) -> None:
    html = f"<p>{picture(qr_svg(PIX), QR_SIZE)}</p><p>{picture(itf_svg(BOLETO), ITF_SIZE)}</p>"
    assert sorted(scanned(html, tmp_path)) == sorted([PIX, BOLETO])


def test_a_screen_reader_of_the_pdf_hears_the_pictures_name() -> None:
    html = picture(qr_svg(PIX), QR_SIZE).replace('alt=""', 'alt="Pix de R$ 1.400,00"')
    root: Any = PdfReader(BytesIO(render(page(html)))).trailer["/Root"]
    document = root["/StructTreeRoot"]["/K"][0].get_object()
    assert "Pix de R$ 1.400,00" in _alternatives(document)


def _alternatives(element: Any) -> list[str]:
    found = [str(element["/Alt"])] if "/Alt" in element else []
    kids = [kid.get_object() for kid in element.get("/K", [])]
    return found + [alt for kid in kids if hasattr(kid, "get") for alt in _alternatives(kid)]


@pytest.mark.parametrize("svg", [qr_svg(PIX), itf_svg(BOLETO)], ids=["qr", "itf"])
def test_a_code_is_one_path_without_a_size(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert len(root.findall(f"{SVG}path")) == 1
    assert {"width", "height", "style"} & set(root.attrib) == set()
    assert (root.get("role"), root.get("shape-rendering")) == ("img", "crispEdges")
    assert root.get("aria-label")


def test_a_label_is_what_it_says_whatever_it_holds() -> None:
    for svg in (qr_svg("x", label="Pix “<&>” \"a\" 'b'"), itf_svg("00", label="Pix “<&>” \"a\" 'b'")):
        assert ElementTree.fromstring(svg).get("aria-label") == "Pix “<&>” \"a\" 'b'"


def test_a_qr_code_keeps_four_white_modules_around() -> None:
    root = ElementTree.fromstring(qr_svg("x"))
    assert root.get("viewBox") == "0 0 29 29"
    drawn = root.findall(f"{SVG}path")[0].get("d") or ""
    starts = [start.partition("h")[0].split() for start in drawn.split("M")[1:]]
    assert min(int(x) for x, y in starts) == 4
    assert starts[0] == ["4", "4.5"]


def test_a_bar_code_has_the_shape_febraban_asks_for() -> None:
    root = ElementTree.fromstring(itf_svg(BOLETO))
    width, height = (int(number) for number in (root.get("viewBox") or "").split()[2:])
    assert width == 4 + 22 * 18 + 5
    assert abs(width / height - 103 / 13) < 0.05
    assert root.get("preserveAspectRatio") == "none"


@given(st.text("0123456789", min_size=2, max_size=60).filter(lambda digits: len(digits) % 2 == 0))
def test_bars_never_touch_and_wide_ones_are_three_units(digits: str) -> None:
    drawn = ElementTree.fromstring(itf_svg(digits))[0].get("d") or ""
    bars = [bar.partition("v")[0].replace(" 0h", " ").split() for bar in drawn.split("M")[1:]]
    edges = [(int(x), int(width)) for x, width in bars]
    gaps = {after - before - width for (before, width), (after, _) in pairwise(edges)}
    assert len(edges) == 2 + 5 * len(digits) // 2 + 2
    assert {width for _, width in edges} | gaps == {1, 3}


@pytest.mark.parametrize("digits", ["", "1", "123", "12x4", "１２", "1" * 122, "12\n"])
def test_only_pairs_of_digits_have_bars(digits: str) -> None:
    with pytest.raises(Problem):
        itf_svg(digits)


@pytest.mark.parametrize("text", ["", "a\x00b", "\ud800", "x" * 1001])
def test_a_text_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        qr_svg(text)


def test_the_longest_text_fits_in_any_script() -> None:
    assert ElementTree.fromstring(qr_svg("界" * 700))


def test_the_same_code_is_drawn_once() -> None:
    qr_svg(PIX)
    start = time.perf_counter()
    for _ in range(100):
        qr_svg(PIX)
    assert time.perf_counter() - start < 0.1

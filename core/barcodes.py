"""Codes that cameras and tills read, as SVG: QR (ISO/IEC 18004) and Interleaved 2 of 5 (ISO/IEC 16390)."""

import re
from base64 import b64encode
from functools import lru_cache
from xml.sax.saxutils import quoteattr

import segno
from django.utils.translation import gettext as _

from core.problems import Problem
from core.text import refused_character

QUIET = 4
"""Modules around a QR code that must stay white (ISO/IEC 18004)."""

MASK = 0
"""Any mask can be read; looking for the prettiest one costs four times the rest (20 ms against 4.5)."""

MAX_TEXT = 1000
DIGITS = re.compile(r"(?:[0-9]{2}){1,60}", re.ASCII)

WIDE = 3
WIDTHS = ("nnwwn", "wnnnw", "nwnnw", "wwnnn", "nnwnw", "wnwnn", "nwwnn", "nnnww", "wnnwn", "nwnwn")
"""Which of a digit's five elements are wide, 0 to 9."""

START, STOP = "nnnn", "wnn"
MILLIMETRES = (103, 13)
"""FEBRABAN's size of a boleto's bar code; its shape is the drawing's, whatever it is stretched to."""


def qr_svg(text: str, *, label: str = "") -> str:
    """A QR code of error level M that scales crisply, with its white margin; one unit is one module.

    `label` is what a screen reader says. Raises Problem for a text that is empty, hidden or over 1000 letters.
    """
    size, path = _qr(text)
    paper = f'<rect width="{size}" height="{size}" fill="#fff"/>'
    drawing = f'{paper}<path stroke="#000" d="{path}"/>'
    return _svg(f'viewBox="0 0 {size} {size}"', drawing, label or _("QR code"))


@lru_cache(maxsize=256)
def _qr(text: str) -> tuple[int, str]:
    if not 0 < len(text) <= MAX_TEXT or refused_character(text, lines=False):
        raise Problem(_("This text does not fit a QR code."), code="qr")
    code = segno.make(text, error="m", micro=False, boost_error=False, mask=MASK)
    rows = [bytes(row) for row in code.matrix]
    path = "".join(_row(y, row) for y, row in enumerate(rows, start=QUIET))
    return len(rows) + 2 * QUIET, path


def _row(y: int, modules: bytes) -> str:
    """A row's dark runs as strokes through its middle: the PDF engine draws them twice as fast as rectangles."""
    runs = re.finditer(rb"\x01+", modules)
    return "".join(f"M{QUIET + run.start()} {y}.5h{run.end() - run.start()}" for run in runs)


def itf_svg(digits: str, *, label: str = "") -> str:
    """An even count of digits as Interleaved 2 of 5, wide bars three times the narrow ones, filling its box.

    The page gives the size (103 x 13 mm on a boleto) and at least 5 mm of white on either side.
    """
    if not DIGITS.fullmatch(digits):
        raise Problem(_("A bar code needs an even count of digits."), code="digits")
    width, path = _itf(digits)
    box = f'viewBox="0 0 {width} {_height(width)}" preserveAspectRatio="none"'
    return _svg(box, f'<path d="{path}"/>', label or _("Bar code"))


@lru_cache(maxsize=256)
def _itf(digits: str) -> tuple[int, str]:
    pairs = zip(digits[::2], digits[1::2], strict=True)
    elements = START + "".join(_pair(bars, spaces) for bars, spaces in pairs) + STOP
    widths = [WIDE if element == "w" else 1 for element in elements]
    width = sum(widths)
    bars = (_bar(sum(widths[:i]), widths[i], _height(width)) for i in range(0, len(widths), 2))
    return width, "".join(bars)


def _bar(x: int, width: int, height: int) -> str:
    return f"M{x} 0h{width}v{height}h-{width}z"


def _pair(bars: str, spaces: str) -> str:
    """Two digits woven into each other: the first is the five bars, the second the spaces between them."""
    return "".join(bar + space for bar, space in zip(WIDTHS[int(bars)], WIDTHS[int(spaces)], strict=True))


def _height(width: int) -> int:
    across, up = MILLIMETRES
    return max(1, width * up // across)


def _svg(box: str, drawing: str, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label={quoteattr(label)} '
        f'shape-rendering="crispEdges">{drawing}</svg>'
    )


def svg_uri(svg: str) -> str:
    """A picture's address that needs no request: `data:image/svg+xml;base64,…`."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"

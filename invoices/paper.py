"""An invoice as it stands on paper: strings that are already formatted, and the XHTML page that shows them.

Nothing here adds up, translates a status or reads a row.
"""

import re
import sys
from dataclasses import dataclass
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from core.colours import DEFAULT, palette
from core.languages import tag
from core.paper import PaperError
from core.text import clean_html, initial

MAX_LINES = 500

# XML has no way to write these, and the bidi overrides could show one payee and print another.
UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
WEB = re.compile("https?://", re.IGNORECASE)
PNG = re.compile("data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+")

PAGE_WIDTH = 174.0  # mm between the margins
FIGURES = (
    (13, "figure"),
    (18, "figure long"),
    (sys.maxsize, "figure longer"),
)  # characters of the amount, class
COLUMNS = (
    ("quantity", gettext_lazy("Qty")),
    ("unit", gettext_lazy("Unit")),
    ("unit_price", gettext_lazy("Unit price")),
    ("discount", gettext_lazy("Discount")),
    ("taxes", gettext_lazy("Taxes")),
    ("total", gettext_lazy("Total")),
)
OPTIONAL = {"quantity", "unit", "unit_price", "discount", "taxes"}
WRAPPED = {"unit": 22.0, "taxes": 30.0}  # words, not digits: these may wrap instead of growing


@dataclass(frozen=True)
class PaperParty:
    name: str
    legal_name: str = ""
    tax_id: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class PaperLine:
    name: str
    detail: str = ""
    quantity: str = ""
    unit: str = ""
    unit_price: str = ""
    discount: str = ""
    taxes: str = ""
    total: str = ""


@dataclass(frozen=True)
class PaperRow:
    label: str
    amount: str
    weight: str = ""  # "" | "strong" | "aside"


@dataclass(frozen=True)
class PaperPart:
    """One part of a payment schedule."""

    label: str
    due: str
    amount: str


@dataclass(frozen=True)
class PaperPix:
    """What a banking app reads: the code as text and as a picture's `data:` address."""

    code: str
    qr: str
    amount: str


@dataclass(frozen=True)
class PaperSlip:
    """A boleto's slip. `crossed_out` is the picture over the bars of a sample, which nobody is to pay."""

    bank: str
    bank_code: str
    line: str
    barcode: str
    crossed_out: str
    beneficiary: str
    beneficiary_address: str
    payer: str
    payer_address: str
    place: str
    wallet: str
    our_number: str
    document: str
    issued: str
    due: str
    amount: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    language: str  # "pt-br" | "en"
    title: str
    number: str  # "" for a draft
    mark: str  # "" | "draft" | "void" | "paid"
    status: str
    status_tone: str  # "neutral" | "info" | "good" | "bad" | "warn"
    issuer: PaperParty
    payer: PaperParty
    dates: tuple[tuple[str, str], ...]
    amount_label: str
    amount: str
    amount_note: str
    lines: tuple[PaperLine, ...]
    totals: tuple[PaperRow, ...]
    schedule: tuple[PaperPart, ...] = ()
    description: str = ""
    terms_html: str = ""
    account: tuple[tuple[str, str], ...] = ()
    link: str = ""
    attachments: tuple[tuple[str, str], ...] = ()  # (name, address or "")
    accent: str = DEFAULT
    logo: str = ""  # data: address of a PNG; "" shows a tile with the initial
    footer: str = ""
    is_test: bool = False  # nobody is to pay it
    payer_label: str = ""  # "" is "Bill to"
    rules: tuple[str, ...] = ()  # what paying early saves and paying late costs
    pix: PaperPix | None = None
    slip: PaperSlip | None = None
    has_booklet: bool = False  # each part is paid by a slip of its own


@dataclass(frozen=True)
class Column:
    key: str
    title: str
    width: float  # mm

    @property
    def css_width(self) -> str:
        return f"{self.width:.1f}mm"  # formatted here: a template would write 12,5mm in Portuguese


def html(paper: Paper) -> str:
    """Well-formed XHTML for core.paper.render, in the paper's own language."""
    if len(paper.lines) > MAX_LINES:
        raise PaperError("too_large", f"The invoice has {len(paper.lines)} lines; the most is {MAX_LINES}.")
    with translation.override(paper.language):
        page = render_to_string("paper/invoice.html", _context(paper))
    return printable(page)


def printable(page: str) -> str:
    """The page without the characters that XML or a careful reader cannot stand."""
    return UNPRINTABLE.sub("", page)


def _context(paper: Paper) -> dict[str, object]:
    columns, fit = _columns(paper.lines)
    brand = palette(paper.accent)
    return {
        "paper": paper,
        "lang": tag(paper.language),
        "columns": columns,
        "rows": [(line, [(c.key, getattr(line, c.key)) for c in columns]) for line in paper.lines],
        "fit": fit,
        "is_long": len(paper.lines) > 8,
        "figure": next(name for most, name in FIGURES if len(paper.amount) <= most),
        "are_totals_long": any(len(row.amount) > 18 for row in paper.totals),
        "is_schedule_short": len(paper.schedule) <= 8,
        "accent": brand.accent,
        "ink": brand.ink,
        "initial": initial(paper.issuer.name),
        "logo": paper.logo if PNG.fullmatch(paper.logo) else "",
        "terms": _xhtml(paper.terms_html),
        "link": _web(paper.link),
        "attachments": [(name, _web(address)) for name, address in paper.attachments],
    }


def _web(address: str) -> str:
    return address if WEB.match(address) else ""


class Fit(NamedTuple):
    """One way to share the width of the page."""

    css_class: str
    scale: float  # of the letters
    gap: float  # mm between columns
    description: float  # mm that the first column needs to read well

    def widths(self, needs: list[float]) -> list[float]:
        return [need * self.scale + self.gap for need in needs]

    def squeeze(self, needs: list[float]) -> float:
        """What is left of each width when they all have to fit: 1 when they do."""
        return min(1.0, (PAGE_WIDTH - self.description) / sum(self.widths(needs)))


FITS = (
    Fit("", 1.0, 9.0, 72.0),
    Fit("", 1.0, 4.5, 48.0),
    Fit("dense", 0.84, 4.0, 48.0),
    Fit("tight", 0.72, 3.0, 40.0),
)


def _columns(lines: tuple[PaperLine, ...]) -> tuple[list[Column], str]:
    """The columns that say something on at least one line, each as wide as its longest value."""
    said = {key: _values(lines, key) for key, _ in COLUMNS}
    shown = [(key, str(title)) for key, title in COLUMNS if key not in OPTIONAL or said[key]]
    needs = [_need(key, title, said[key]) for key, title in shown]
    fit = next((fit for fit in FITS if fit.squeeze(needs) == 1), FITS[-1])
    widths = [width * fit.squeeze(needs) for width in fit.widths(needs)]
    return [
        Column(key, title, width) for (key, title), width in zip(shown, widths, strict=True)
    ], fit.css_class


def _values(lines: tuple[PaperLine, ...], key: str) -> set[str]:
    return {getattr(line, key) for line in lines} - {""}


def _need(key: str, title: str, values: set[str]) -> float:
    """mm of 9 pt Inter with tabular digits (of 7 pt capitals for the heading), on the safe side."""
    heading = max(map(len, title.split())) * 1.85
    value = max(map(_length, values), default=0.0)
    return max(heading, min(value, WRAPPED.get(key, value)))


def _length(text: str) -> float:
    return sum(1.0 if c in " .,:\u00a0\u202f" else 2.0 for c in text)


def _xhtml(fragment: str) -> SafeString:
    """Cleaned by our short list, where `br` and `nbsp` are all that XML would not read as it stands."""
    clean = clean_html(fragment).replace("<br>", "<br/>").replace("&nbsp;", "\u00a0")
    return SafeString(clean)

"""Text from outside: one normal form, no invisible controls, a length; HTML by a short allow-list."""

import re
import unicodedata

import nh3
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

from core.problems import Problem

BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
HTML_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "ul", "ol", "li"}
BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")


def refused_character(text: str, *, lines: bool) -> str | None:
    """The first character that may not be stored: controls, surrogates, line separators, bidi overrides."""
    allowed = "\n\t" if lines else ""
    for char in text:
        if char in allowed or (char >= " " and char < "\x7f"):
            continue
        if char in BIDI_CONTROLS or unicodedata.category(char) in REFUSED:
            return char
    return None


def clean_text(text: str, *, limit: int, lines: bool = False, field: str = "") -> str:
    """NFC, trimmed, line ends as `\\n`; refuses hidden characters and more than `limit` code points."""
    if len(text) > 4 * limit + 100:
        raise _too_long(limit, field)
    text = BREAKS.sub("\n", text) if lines else text
    bad = refused_character(text, lines=lines)
    if bad is not None:
        message = _("The character U+%(code)04X is not allowed here.") % {"code": ord(bad)}
        raise Problem(message, field=field, code="character")
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > limit:
        raise _too_long(limit, field)
    return text


def _too_long(limit: int, field: str) -> Problem:
    return Problem(_("At most %(limit)d characters.") % {"limit": limit}, field=field, code="too_long")


MAX_DEPTH = 12
TAG = re.compile(r"<(/?)(?:p|b|strong|i|em|u|ul|ol|li)>")


def _depth(html: str) -> int:
    """How deeply the tags of cleaned HTML are nested."""
    depth = deepest = 0
    for tag in TAG.finditer(html):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest


def clean_html(html: str, *, limit: int = 20_000, field: str = "") -> str:
    """Ten tags, no attributes, nothing else survives; safe to print on a page and in a PDF."""
    cleaned = nh3.clean(clean_text(html, limit=limit, lines=True, field=field), tags=HTML_TAGS, attributes={})
    if _depth(cleaned) > MAX_DEPTH:
        raise Problem(_("The text is nested too deeply."), field=field, code="depth")
    return cleaned


def ascii_fold(text: str) -> str:
    """Lower case without accents, for searching: `Ação` is found by `acao`. What cannot be stored becomes a space."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (c for c in decomposed if not unicodedata.combining(c))
    return "".join(" " if unicodedata.category(c) in REFUSED else c for c in kept)


def initial(name: str) -> str:
    """What stands in for a logo: the first letter or digit."""
    return next((char for char in name if char.isalnum()), "•").upper()


@deconstructible
class SafeText:
    """The text rules as a model or form validator; the field itself keeps the length."""

    def __init__(self, *, lines: bool = False) -> None:
        self.lines = lines

    def __call__(self, value: str) -> None:
        clean_text(value, limit=max(len(value), 1), lines=self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SafeText) and other.lines == self.lines

    def __hash__(self) -> int:
        return hash(self.lines)

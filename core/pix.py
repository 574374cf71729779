"""Pix codes: keys, the text behind a QR code (“copia e cola”), and the way back from that text to its parts.

Sources: Banco Central do Brasil, Manual do BR Code and Manual de Padrões para Iniciação do Pix; EMV QRCPS,
Merchant-Presented Mode.
"""

import re
import unicodedata
from binascii import crc_hqx
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core import taxids
from core.problems import Problem
from core.taxids import TaxIdKind
from core.text import clean_text

SYSTEM = "br.gov.bcb.pix"
NO_TXID = "***"
REAL = "986"  # ISO 4217
MAX_FIELD = 99
MAX_KEY = 77
MAX_NAME = 25
MAX_CITY = 15
MAX_PAYLOAD = 512
MAX_AMOUNT = 10**12 - 1
"""In centavos: ten digits before the point and two behind it (Pix API, `valor.original`)."""

REFUSED = re.compile(r"[^A-Za-z0-9 $%*+\-./:]+")
"""All but the Manual do BR Code's list; the manual's own samples show that lower case is fine."""

TXID = re.compile(r"[A-Za-z0-9]{1,25}", re.ASCII)
LOCATION = re.compile(r"[!-~]{1,77}", re.ASCII)
AMOUNT = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2}))?", re.ASCII)
HEAD = re.compile(r"[0-9]{4}", re.ASCII)

EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+",
    re.ASCII,
)
RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
CPF = re.compile(r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", re.ASCII)
CNPJ = re.compile(r"[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}", re.ASCII | re.IGNORECASE)
PHONE_MARKS = re.compile(r"[ ()-]")
BRAZILIAN_PHONE = re.compile(r"(?:\+?55)?([1-9][1-9](?:9[0-9]{8}|[2-5][0-9]{7}))", re.ASCII)
FOREIGN_PHONE = re.compile(r"\+(?!55)[1-9][0-9]{6,14}", re.ASCII)


@dataclass(frozen=True)
class BRCode:
    """What a code says: a `key` (static) or a `url` without scheme (dynamic); `amount` in centavos, None when open."""

    key: str
    url: str
    name: str
    city: str
    amount: int | None = None
    currency: str = "BRL"
    txid: str = NO_TXID
    description: str = ""


def parse_key(text: str, *, field: str = "pix_key") -> str:
    """The key as the DICT stores it: CPF, CNPJ, e-mail, `+5511987654321` or random (UUID). Empty stays empty.

    Eleven bare digits are a CPF when its check digits fit, otherwise a phone. Anything else is a Problem (`pix_key`).
    """
    bare = text.strip()
    if not bare:
        return ""
    key = _key(bare) if len(bare) <= MAX_KEY else ""
    if not key:
        message = _("Enter a Pix key: CPF, CNPJ, e-mail, phone with area code, or random key.")
        raise Problem(message, field=field, code="pix_key")
    return key


def _key(text: str) -> str:
    lower = text.lower()
    if EMAIL.fullmatch(lower) or RANDOM.fullmatch(lower):
        return lower
    return _tax_id(text) or _phone(text)


def _tax_id(text: str) -> str:
    kind = TaxIdKind.CPF if CPF.fullmatch(text) else TaxIdKind.CNPJ if CNPJ.fullmatch(text) else None
    if kind is None:
        return ""
    try:
        return taxids.parse(text, kind)
    except Problem:
        return ""


def _phone(text: str) -> str:
    """E.164, or empty; a Brazilian number may come without its country."""
    digits = PHONE_MARKS.sub("", text)
    local = BRAZILIAN_PHONE.fullmatch(digits)
    if local:
        return f"+55{local[1]}"
    return digits if FOREIGN_PHONE.fullmatch(digits) else ""


def brcode(
    key: str,
    *,
    name: str,
    city: str,
    amount: int | None = None,
    txid: str = NO_TXID,
    description: str = "",
) -> str:
    """The text of a static code; `amount` in centavos, and without one the payer types it.

    Name and city lose accents and are cut to 25 and 15 letters; the description is cut to what field 26 has left.
    Raises Problem for a wrong key, txid or amount, and for a name or city without a printable letter.
    """
    account = _field("00", SYSTEM) + _field("01", _required_key(key))
    note = _plain(description, MAX_FIELD - len(account) - len("0200"))
    if note:
        account += _field("02", note)
    return _payload(account, name=name, city=city, amount=_price(amount), txid=_txid(txid))


def dynamic(url: str, *, name: str, city: str) -> str:
    """The text of a dynamic code, whose price and due date the payer's bank reads at `url` (at most 77 letters)."""
    location = url.removeprefix("https://").removeprefix("http://")
    if not LOCATION.fullmatch(location):
        raise Problem(_("This address does not fit a Pix code."), field="url", code="url")
    account = _field("00", SYSTEM) + _field("25", location)
    return _payload(account, name=name, city=city, once=_field("01", "12"))


def _payload(
    account: str, *, name: str, city: str, once: str = "", amount: str = "", txid: str = NO_TXID
) -> str:
    parts = [
        _field("00", "01"),
        once,
        _field("26", account),
        _field("52", "0000"),
        _field("53", REAL),
        _field("54", amount) if amount else "",
        _field("58", "BR"),
        _field("59", _required_plain(name, MAX_NAME, "name")),
        _field("60", _required_plain(city, MAX_CITY, "city")),
        _field("62", _field("05", txid)),
        "6304",
    ]
    text = "".join(parts)
    return text + crc16(text)


def _field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE (polynomial 1021, start FFFF) as four hexadecimal digits."""
    return f"{crc_hqx(text.encode(), 0xFFFF):04X}"


def _required_key(key: str) -> str:
    stored = parse_key(key, field="key")
    if not stored:
        raise Problem(_("A Pix code needs a Pix key."), field="key", code="required")
    return stored


def _required_plain(text: str, limit: int, field: str) -> str:
    plain = _plain(text, limit)
    if not plain:
        raise Problem(_("Enter at least one Latin letter or digit."), field=field, code="required")
    return plain


def _plain(text: str, limit: int) -> str:
    """Accents off, anything the manual does not list a space, cut to `limit` letters."""
    decomposed = unicodedata.normalize("NFKD", text[:200])
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(REFUSED.sub(" ", bare).split())[: max(limit, 0)].strip()


def _txid(txid: str) -> str:
    if txid != NO_TXID and not TXID.fullmatch(txid):
        raise Problem(_("Enter 1 to 25 letters and digits."), field="txid", code="txid")
    return txid


def _price(amount: int | None) -> str:
    if not amount:
        return ""
    if not 0 < amount <= MAX_AMOUNT:
        raise Problem(_("This amount does not fit a Pix code."), field="amount", code="amount")
    whole, cents = divmod(amount, 100)
    return f"{whole}.{cents:02d}"


def read(payload: str) -> BRCode:
    """The parts of a static or dynamic code; a Problem when its checksum, its lengths or its contents are wrong."""
    text = clean_text(payload, limit=MAX_PAYLOAD, field="payload")
    fields = _fields(text)
    if list(fields)[-1:] != ["63"] or fields["63"].upper() != crc16(text[:-4]):
        raise _unreadable()
    account = _account(fields)
    if fields.get("00") != "01" or fields.get("53") != REAL or not (account.get("01") or account.get("25")):
        raise _unreadable()
    return BRCode(
        key=account.get("01", ""),
        url=account.get("25", ""),
        name=fields.get("59", ""),
        city=fields.get("60", ""),
        amount=_centavos(fields.get("54", "0")),
        txid=_fields(fields.get("62", "")).get("05", NO_TXID),
        description=account.get("02", ""),
    )


def _account(fields: dict[str, str]) -> dict[str, str]:
    """The merchant account of Pix: EMV leaves tags 26 to 51 to payment systems, which name themselves in 00."""
    templates = (_fields(value) for tag, value in fields.items() if "26" <= tag <= "51")
    return next((parts for parts in templates if parts.get("00", "").lower() == SYSTEM), {})


def _fields(text: str) -> dict[str, str]:
    """Tag, length, value, one after the other; two digits each for tag and length."""
    fields: dict[str, str] = {}
    while text:
        head = text[:4]
        if not HEAD.fullmatch(head) or head[:2] in fields:
            raise _unreadable()
        end = 4 + int(head[2:])
        if len(text) < end:
            raise _unreadable()
        fields[head[:2]], text = text[4:end], text[end:]
    return fields


def _centavos(text: str) -> int | None:
    match = AMOUNT.fullmatch(text)
    if not match:
        raise _unreadable()
    return int(match[1] + (match[2] or "").ljust(2, "0")) or None


def _unreadable() -> Problem:
    return Problem(_("This is not a valid Pix code."), field="payload", code="pix_code")

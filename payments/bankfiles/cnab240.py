"""CNAB 240 collection returns: segment T names the boleto, segment U what was paid, segment Y-03 its Pix charge.

Source: FEBRABAN, layout padrão de 240 posições, "cobrança"; the banks differ in segment T, as their manuals say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from payments.bankfiles import occurrences
from payments.bankfiles.cnab import Record, Span, not_a_return, records, truncated
from payments.bankfiles.movement import BankFile, Gathering, Movement
from payments.bankfiles.reading import broken

BANK: Span = (1, 3)
KIND: Span = (8, 8)
SEGMENT: Span = (14, 14)
DIRECTION: Span = (143, 143)
RECORDS: Span = (24, 29)
BRANCH: Span = (53, 57)
ACCOUNT: Span = (59, 71)
OCCURRENCE: Span = (16, 17)
PAID: Span = (78, 92)
NET: Span = (93, 107)
ON: Span = (138, 145)
OPTIONAL: Span = (18, 19)
PIX = "03"
TXID: Span = (159, 193)


@dataclass(frozen=True)
class Layout:
    """Where a bank keeps what in segment T, and which of its occurrences mean paid (FEBRABAN note C044)."""

    our_number: Span = (38, 57)
    document: Span = (59, 73)
    control: Span = (106, 130)
    tax_id_kind: Span = (133, 133)
    tax_id: Span = (134, 148)
    payer: Span = (149, 188)
    fee: Span = (199, 213)
    paid: frozenset[str] = frozenset({"06", "17"})
    names: Mapping[str, object] = field(default_factory=lambda: occurrences.FEBRABAN)


LAYOUTS = {
    "033": Layout(
        our_number=(41, 52), document=(55, 69), control=(101, 125), tax_id_kind=(128, 128), tax_id=(129, 143),
        payer=(144, 183), fee=(194, 208),
    ),
    "104": Layout(our_number=(40, 56), document=(59, 69)),
    "237": Layout(our_number=(46, 56)),
    "341": Layout(
        our_number=(41, 48), document=(59, 68), paid=frozenset({"06", "08"}), names=occurrences.ITAU,
    ),
}  # fmt: skip
FEBRABAN = Layout()


@dataclass
class Title:
    """One boleto of the return."""

    named: Record
    paid: Record
    txid: str = ""


def read(text: str, *, currency: str) -> BankFile:
    """Paid boletos become movements, other occurrences are ignored; raises Problem naming a line that is not as it
    should be.
    """
    header, *inner = _framed(records(text, 240, currency=currency))
    bank, account = header.words(BANK), f"{header.words(BRANCH)}/{header.words(ACCOUNT)}"
    layout, found = LAYOUTS.get(bank, FEBRABAN), Gathering()
    for title in _titles(inner):
        _sort(title, layout, found, bank, account)
    return BankFile("cnab240", bank, account, tuple(found.movements), tuple(found.ignored))


def _framed(found: list[Record]) -> list[Record]:
    if found[0].at(DIRECTION) != "2":
        raise not_a_return(found[0])
    last = found[-1]
    if last.at(KIND) != "9":
        raise truncated(last)
    if last.cents(RECORDS) not in (0, len(found)):
        what = _("the trailer counts %(counted)d records, the file has %(found)d.")
        raise broken(last.line, what % {"counted": last.cents(RECORDS), "found": len(found)}, code="count")
    return found[:-1]


def _titles(inner: list[Record]) -> list[Title]:
    """T and U go in pairs; what follows them belongs to the pair."""
    titles: list[Title] = []
    open_one: Record | None = None
    for record in (record for record in inner if record.at(KIND) == "3"):
        segment = record.at(SEGMENT)
        if (segment == "U") != (open_one is not None):
            raise broken(record.line, _("segments T and U do not go in pairs."), code="segment")
        if open_one:
            titles.append(Title(open_one, record))
            open_one = None
        elif segment == "T":
            open_one = record
        else:
            _add(record, segment, titles)
    if open_one:
        raise broken(open_one.line, _("segments T and U do not go in pairs."), code="segment")
    return titles


def _add(record: Record, segment: str, titles: list[Title]) -> None:
    if segment != "Y" or not titles:
        what = _("segment “%(segment)s” does not belong to a collection return.")
        raise broken(record.line, what % {"segment": record.words(SEGMENT)}, code="segment")
    if record.at(OPTIONAL) == PIX:
        titles[-1].txid = record.words(TXID)


def _sort(title: Title, layout: Layout, found: Gathering, bank: str, account: str) -> None:
    line, occurrence = title.named.line, title.named.words(OCCURRENCE)
    if occurrence not in layout.paid:
        return found.skip(line, occurrences.reason(occurrence, layout.names))
    if not title.paid.cents(PAID):
        return found.skip(line, _("A payment without an amount."))
    found.take(_movement(title, layout, found, bank, account))


def _movement(title: Title, layout: Layout, found: Gathering, bank: str, account: str) -> Movement:
    named, amount, on = title.named, title.paid.cents(PAID), title.paid.day(ON)
    number, document = named.digits(layout.our_number), named.words(layout.document)
    known = (bank, account, number or document, named.at(OCCURRENCE), on.isoformat(), amount)
    return Movement(
        external_id=found.identify("cnab", *known),
        on=on,
        amount=amount,
        fee=_fee(title, layout),
        currency="BRL",
        payer_name=named.words(layout.payer),
        payer_tax_id=named.tax_id(layout.tax_id_kind, layout.tax_id),
        txid=title.txid,
        our_number=number,
        document=document,
        memo=named.words(layout.control),
        account=account,
        line=named.line,
    )


def _fee(title: Title, layout: Layout) -> int:
    """As segment T states it; banks that leave it empty there only credit less than was paid."""
    net = title.paid.cents(NET)
    kept = title.paid.cents(PAID) - net if net else 0
    return title.named.cents(layout.fee) or max(kept, 0)

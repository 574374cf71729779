"""CNAB 400 collection returns of the banks whose positions are known: every bank has its own.

Sources: Itaú, "Cobrança CNAB 400"; Bradesco, "Layout de arquivos, cobrança 400 posições"; Banco do Brasil, "CBR643,
convênios acima de 1.000.000" (detail record 7).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from payments.bankfiles import occurrences
from payments.bankfiles.cnab import Record, Span, not_a_return, records, truncated
from payments.bankfiles.movement import BankFile, Gathering, Movement
from payments.bankfiles.reading import broken

DIRECTION: Span = (2, 2)
BANK: Span = (77, 79)
OCCURRENCE: Span = (109, 110)
ON: Span = (111, 116)
DOCUMENT: Span = (117, 126)
SEQUENCE: Span = (395, 400)
PAID: Span = (254, 266)
NOWHERE: Span = (1, 0)


@dataclass(frozen=True)
class Layout:
    """Where a bank keeps what, in the detail record that begins with `detail`; `extra` records add nothing to it."""

    detail: str
    extra: str
    account: tuple[Span, Span]
    our_number: Span
    control: Span
    fee: Span
    payer: Span
    net_of_fee: bool
    paid: frozenset[str]
    names: Mapping[str, object]


LAYOUTS = {
    "341": Layout(
        detail="1", extra="345", account=((18, 21), (24, 29)), our_number=(63, 70), control=(38, 62), fee=(176, 188),
        payer=(325, 354), net_of_fee=True, paid=frozenset({"06", "07", "08"}), names=occurrences.ITAU,
    ),
    "237": Layout(
        detail="1", extra="3467", account=((25, 29), (30, 37)), our_number=(71, 81), control=(38, 62), fee=(176, 188),
        payer=NOWHERE, net_of_fee=False, paid=frozenset({"06", "15", "17"}), names=occurrences.BRADESCO,
    ),
    "001": Layout(
        detail="7", extra="235", account=((18, 22), (23, 31)), our_number=(64, 80), control=(39, 63), fee=(182, 188),
        payer=NOWHERE, net_of_fee=False, paid=frozenset({"05", "06", "07", "08", "15"}), names=occurrences.BRASIL,
    ),
}  # fmt: skip
"""`net_of_fee`: Itaú's "valor principal" is what reaches the account, the other banks state what the payer paid."""


def read(text: str, *, currency: str) -> BankFile:
    """Paid boletos become movements, other occurrences are ignored; raises Problem naming a line that is not as it
    should be, or a bank whose layout is not known.
    """
    header, *details, trailer = _framed(records(text, 400, currency=currency))
    bank = header.at(BANK)
    layout = LAYOUTS.get(bank)
    if layout is None:
        what = _("the CNAB 400 layout of bank %(bank)s is not known; ask the bank for CNAB 240 or OFX.")
        raise broken(header.line, what % {"bank": header.words(BANK)}, code="bank")
    found = Gathering()
    for record in details:
        _sort(record, layout, bank, found)
    account = _account(details[0], layout) if details else ""
    return BankFile("cnab400", bank, account, tuple(found.movements), tuple(found.ignored))


def _framed(found: list[Record]) -> list[Record]:
    """Header first, trailer last, numbered without a gap: a line that got lost shows."""
    if found[0].at(DIRECTION) != "2":
        raise not_a_return(found[0])
    if len(found) < 2 or found[-1].at((1, 1)) != "9":
        raise truncated(found[-1])
    for record in found:
        if record.at(SEQUENCE) != f"{record.line:06d}":
            raise broken(
                record.line, _("the sequence number at the end is not this line's."), code="sequence"
            )
    return found


def _sort(record: Record, layout: Layout, bank: str, found: Gathering) -> None:
    kind, occurrence = record.at((1, 1)), record.at(OCCURRENCE)
    if kind and kind in layout.extra:
        return found.skip(record.line, _("A record of type %(kind)s reports no payment.") % {"kind": kind})
    if kind != layout.detail:
        raise broken(record.line, _("a record of unknown type “%(kind)s”.") % {"kind": kind}, code="record")
    if occurrence not in layout.paid:
        reason = occurrences.reason(record.words(OCCURRENCE), layout.names)
        return found.skip(record.line, reason)
    if not record.cents(PAID):
        return found.skip(record.line, _("A payment without an amount."))
    found.take(_movement(record, layout, bank, found))


def _movement(record: Record, layout: Layout, bank: str, found: Gathering) -> Movement:
    fee, number, on = record.cents(layout.fee), record.digits(layout.our_number), record.day(ON)
    amount = record.cents(PAID) + (fee if layout.net_of_fee else 0)
    account, document = _account(record, layout), record.words(DOCUMENT)
    known = (bank, account, number or document, record.at(OCCURRENCE), on.isoformat(), amount)
    return Movement(
        external_id=found.identify("cnab", *known),
        on=on,
        amount=amount,
        fee=fee,
        currency="BRL",
        payer_name=record.words(layout.payer),
        payer_tax_id="",
        txid="",
        our_number=number,
        document=document,
        memo=record.words(layout.control),
        account=account,
        line=record.line,
    )


def _account(record: Record, layout: Layout) -> str:
    return "/".join(record.words(span) for span in layout.account)

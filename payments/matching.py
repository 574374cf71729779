"""Which invoice a movement of a bank file pays, how sure that is and why. Nothing here changes a row.

Confidence is out of 100. Reasons are codes with their data; `payments.bank_words` says them.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from core.text import ascii_fold
from invoices.ways import part_of_txid
from payments.actions import TAKES_MONEY
from payments.bankfiles.movement import Movement
from payments.owing import AmountsDue, Book, Owing, Paid, Place

SURE = 90
"""From here on a movement is applied by itself."""
AGAIN = timedelta(days=3)
"""So far apart two sources may date the same payment: a boleto paid on Friday reaches the account on Monday."""
MOST_LISTED = 20
TXID, OUR_NUMBER, NUMBER, TAX_ID = 100, 98, 95, 92
NAME, NUMBER_ONLY, AMOUNT_ONLY, PAYER_ONLY, SEVERAL = 75, 70, 50, 45, 40
NOT_SURE = 80

SMALL_WORDS = frozenset("da de do das dos e ltda me sa eireli epp mei inc llc gmbh the and".split())
BETWEEN = re.compile(r"[\s,;:#()|·]+")

Reason = dict[str, Any]


@dataclass(frozen=True)
class Match:
    """`payment_id` is set when the money seems to be here already: then nothing is applied by itself."""

    invoice_id: int | None = None
    part: int | None = None
    confidence: int = 0
    reasons: tuple[Reason, ...] = ()
    payment_id: int | None = None

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE and self.payment_id is None


NOTHING = Match()


def match_all(book: Book, movements: Sequence[Movement]) -> list[Match]:
    """One match for each movement. Those that name their invoice choose first, the others by day."""
    found: dict[int, Match] = {}
    for i, movement in enumerate(movements):
        named = _by_txid(book, movement) or _by_our_number(book, movement) or _by_number(book, movement)
        if named:
            found[i] = _settled(book, movement, named)
    rest = sorted(set(range(len(movements))) - set(found), key=lambda i: (movements[i].on, i))
    amounts = AmountsDue((row for row in book.waiting if not row.is_taken), [movements[i] for i in rest])
    for i in rest:
        found[i] = _settled(book, movements[i], _by_amount(book, amounts, movements[i]))
    return [found[i] for i in range(len(movements))]


def _settled(book: Book, movement: Movement, match: Match) -> Match:
    """As the match stands when payments that are here already are known; what is sure is taken off the list."""
    match = _already_here(book, movement, match)
    if match.is_sure and match.invoice_id:
        book.invoices[match.invoice_id].take(match.part)
    return match


def _by_txid(book: Book, movement: Movement) -> Match | None:
    if not 24 <= len(movement.txid) <= 25 or not movement.txid.isalnum() or not movement.txid.isascii():
        return None
    key, part = part_of_txid(movement.txid[:24].lower() + movement.txid[24:])
    owing = book.by_public_id.get(key)
    return _named(owing, owing.known_part(part), movement, TXID, {"code": "txid"}) if owing else None


def _by_our_number(book: Book, movement: Movement) -> Match | None:
    """A file that names another account than the chosen one proves nothing: its numbers are another bank's."""
    place = book.by_our_number(movement.our_number) if movement.our_number else None
    if place is None:
        return None
    reason = {"code": "our_number", "number": movement.our_number}
    match = _named(place.owing, place.part, movement, OUR_NUMBER, reason)
    if book.is_account_certain:
        return match
    reasons = (*match.reasons, {"code": "account"})
    return replace(match, confidence=NOT_SURE, reasons=reasons)


def _named(owing: Owing, part: int | None, movement: Movement, confidence: int, reason: Reason) -> Match:
    reasons = (reason, _amount(owing, part, movement), *_closed(owing))
    return Match(owing.invoice.pk, part, confidence, reasons)


def _amount(owing: Owing, part: int | None, movement: Movement) -> Reason:
    """How the money compares with what was due on its day, in minor units."""
    due = owing.due(movement.on, part)
    code = "amount_equal" if movement.amount == due else "amount_more"
    return {"code": code if movement.amount >= due else "amount_less", "due": due}


def _closed(owing: Owing) -> tuple[Reason, ...]:
    """Money for an invoice that takes none becomes the customer's credit; whoever reads the match should know."""
    status = owing.invoice.status
    return () if status in TAKES_MONEY else ({"code": "closed", "status": str(status)},)


def _by_number(book: Book, movement: Movement) -> Match | None:
    """The invoice's number as a word of the text: sure with the exact amount due, else a suggestion."""
    words = dict.fromkeys(words_of(movement))
    named = [book.by_number[word] for word in words if word in book.by_number]
    places = [place for owing in named if (place := owing.place_for(movement.on, movement.amount))]
    if len(places) == 1:
        owing, part = places[0].owing, places[0].part
        is_open = owing.invoice.status in TAKES_MONEY
        reason = {"code": "number", "number": owing.invoice.number}
        return _named(owing, part, movement, NUMBER if is_open else NUMBER_ONLY, reason)
    if len(named) == 1:
        reason = {"code": "number", "number": named[0].invoice.number}
        return _named(named[0], None, movement, NUMBER_ONLY, reason)
    return _several([Place(owing, None) for owing in named], ()) if named else None


def words_of(movement: Movement) -> Iterable[str]:
    """Words that could be an invoice's number: with a digit, and long enough not to be a day or a page."""
    text = f"{movement.memo} {movement.document}".casefold()
    words = (word.strip(".-/") for word in BETWEEN.split(text))
    return (word for word in words if 5 <= len(word) <= 60 and any(c.isdigit() for c in word))


def _by_amount(book: Book, amounts: AmountsDue, movement: Movement) -> Match:
    places = amounts.at(movement.on, movement.amount)
    if amounts.is_exhausted and not places:
        places = _of_payer(book, movement)
    rules: list[tuple[int, Reason, Callable[[Owing], bool]]] = [
        (TAX_ID, {"code": "tax_id"}, lambda owing: movement.payer_tax_id in owing.tax_ids),
        (NAME, {"code": "name"}, lambda owing: _is_similar(movement.payer_name, owing.names)),
        (AMOUNT_ONLY, {"code": "only"}, lambda owing: True),
    ]
    for confidence, reason, holds in rules:
        group = [place for place in places if holds(place.owing)]
        if len(group) == 1:
            owing, part = group[0].owing, group[0].part
            reasons = (_amount(owing, part, movement), _with_name(reason, owing))
            return Match(owing.invoice.pk, part, confidence, reasons)
        if group:
            shared = () if reason["code"] == "only" else (_with_name(reason, group[0].owing),)
            return _several(group, (_amount(group[0].owing, group[0].part, movement), *shared))
    return _by_payer(book, movement)


def _of_payer(book: Book, movement: Movement) -> list[Place]:
    """Where the amount is due among the payer's own invoices, the first few."""
    mine = book.by_tax_id.get(movement.payer_tax_id, []) if movement.payer_tax_id else []
    issued = [owing for owing in mine if owing.invoice.issue_on <= movement.on][:MOST_LISTED]
    return [place for owing in issued if (place := owing.place_for(movement.on, movement.amount))]


def _with_name(reason: Reason, owing: Owing) -> Reason:
    return {**reason, "name": owing.invoice.customer.name} if reason["code"] == "name" else reason


def _by_payer(book: Book, movement: Movement) -> Match:
    """The payer's only open invoice, although the amount is another."""
    mine = book.by_tax_id.get(movement.payer_tax_id, []) if movement.payer_tax_id else []
    free = [owing for owing in mine if not owing.is_taken and owing.invoice.issue_on <= movement.on]
    if len(free) != 1:
        return NOTHING
    reasons = ({"code": "tax_id"}, _amount(free[0], None, movement))
    return Match(free[0].invoice.pk, None, PAYER_ONLY, reasons)


def _several(places: Sequence[Place], shared: tuple[Reason, ...]) -> Match:
    """The one due first is proposed, all are listed."""
    listed = [place.owing.invoice for place in places[:MOST_LISTED]]
    reason = {
        "code": "several",
        "count": len(places),
        "invoices": [{"id": invoice.pk, "number": invoice.number} for invoice in listed],
    }
    return Match(places[0].owing.invoice.pk, places[0].part, SEVERAL, (*shared, reason))


def _already_here(book: Book, movement: Movement, match: Match) -> Match:
    """A payment that somebody else told of: a webhook that was faster, another kind of file of the same bank."""
    for paid in book.payments.get(movement.amount, []):
        if paid.is_used or abs(paid.on - movement.on) > AGAIN or paid.is_another(book.origin(movement)):
            continue
        if not _is_same(paid, movement, match):
            continue
        paid.is_used = True
        return replace(
            match,
            payment_id=paid.pk,
            invoice_id=match.invoice_id or next(iter(paid.invoices), None),
            confidence=min(max(match.confidence, NAME), NOT_SURE),
            reasons=(*match.reasons, here(paid.pk, paid.on, paid.source)),
        )
    return match


def here(payment: int, on: date, source: str) -> Reason:
    return {"code": "here", "payment": payment, "on": on.isoformat(), "source": source}


def _is_same(paid: Paid, movement: Movement, match: Match) -> bool:
    if paid.external_id in {movement.external_id, movement.txid} or paid.external_id in movement.memo.split():
        return True
    if match.invoice_id in paid.invoices:
        return True
    if match.confidence >= NUMBER:
        return False
    return movement.payer_tax_id in paid.tax_ids or _is_similar(movement.payer_name, paid.names)


def _is_similar(name: str, others: Iterable[str]) -> bool:
    """Two words in common without accents, or the very same words: banks cut names and leave some out."""
    mine = name_words(name)
    theirs = [name_words(other) for other in others]
    return bool(mine) and any(len(mine & words) >= 2 or mine == words for words in theirs)


def name_words(name: str) -> frozenset[str]:
    return frozenset(re.findall("[a-z0-9]{2,}", ascii_fold(name))) - SMALL_WORDS

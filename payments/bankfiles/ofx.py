"""OFX statements: 1.x (SGML, tags often left open) and 2.x (XML), as Brazilian banks really write them.

Source: Open Financial Exchange 2.2, chapters 3 and 11. Tags are only looked at in order; nothing is resolved or loaded.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape

from django.utils.translation import gettext as _

from payments.bankfiles.memo import name_in, tax_id_in, txid_in
from payments.bankfiles.movement import BankFile, Gathering, Movement
from payments.bankfiles.reading import amount_of, broken, day_of, is_balance, not_a_day, plain

TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9.]*)(?:\s[^<>]*)?>(?P<value>[^<]*)")
POSTED = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})[^\n]{0,40}", re.ASCII)
MONEY_OUT = {"DEBIT", "FEE", "SRVCHG"}
"""Some banks write what they take without its minus."""
MAX_VALUE = 1000
AROUND = {"ACCTID", "BANKID", "CURDEF"}
INSIDE = set("TRNTYPE DTPOSTED TRNAMT FITID CHECKNUM REFNUM NAME MEMO CURRENCY CURSYM".split())


@dataclass(frozen=True)
class Transaction:
    """One STMTTRN: its own values, and those of the statement around it."""

    line: int
    values: dict[str, str]
    around: dict[str, str]

    @property
    def account(self) -> str:
        return plain(self.around.get("ACCTID", ""), limit=40)

    @property
    def bank(self) -> str:
        code = self.around.get("BANKID", "")
        return code[-3:].zfill(3) if re.fullmatch("[0-9]{1,9}", code, re.ASCII) else ""

    def text(self, *names: str) -> str:
        return plain(" ".join(filter(None, (self.values.get(name, "") for name in names))), limit=300)


def read(text: str, *, currency: str) -> BankFile:
    """Credits become movements; raises Problem naming the line of anything that cannot be read in full."""
    _check_whole(text)
    found, bank, account = Gathering(), "", ""
    for transaction in _transactions(text):
        _check_currency(transaction, currency)
        bank, account = bank or transaction.bank, account or transaction.account
        _sort(transaction, found, currency)
    return BankFile("ofx", bank, account, tuple(found.movements), tuple(found.ignored))


def _check_whole(text: str) -> None:
    if "<!" in text:
        line = text.count("\n", 0, text.index("<!")) + 1
        raise broken(line, _("declarations (<!…) are not accepted in an OFX file."), code="markup")
    if not re.search("</OFX>", text, re.IGNORECASE):
        raise broken(text.count("\n") + 1, _("the file ends before its closing </OFX>."), code="truncated")
    card = re.search("<CCSTMTRS>", text, re.IGNORECASE)
    if card:
        line = text.count("\n", 0, card.start()) + 1
        raise broken(line, _("a credit card statement; export the bank account's."), code="card")


def _transactions(text: str) -> Iterator[Transaction]:
    around: dict[str, str] = {}
    current: Transaction | None = None
    for line, tag in _tags(text):
        name = tag["name"].upper()
        if name == "STMTTRN":
            if bool(tag["end"]) != (current is not None):
                raise broken(line, _("a transaction opens or closes in the wrong place."), code="markup")
            if current:
                yield current
            current = None if current else Transaction(line, {}, dict(around))
        elif not tag["end"] and current and name in INSIDE:
            current.values.setdefault(name, _value(tag))
        elif not tag["end"] and not current and name in AROUND:
            around[name] = _value(tag)
    if current:
        raise broken(current.line, _("this transaction is never closed."), code="truncated")


def _tags(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    ends = [match.start() for match in re.finditer("\n", text)]
    for tag in TAG.finditer(text):
        yield bisect(ends, tag.start()) + 1, tag


def _value(tag: re.Match[str]) -> str:
    return unescape(tag["value"].strip()[:MAX_VALUE])


def _check_currency(transaction: Transaction, currency: str) -> None:
    stated = transaction.around.get("CURDEF", "")
    if "CURRENCY" in transaction.values:
        stated = transaction.values.get("CURSYM", stated)
    if stated and stated.upper() != currency:
        what = _("the statement is in %(found)s, not in %(currency)s.")
        raise broken(
            transaction.line, what % {"found": plain(stated, limit=10), "currency": currency}, code="currency"
        )


def _sort(transaction: Transaction, found: Gathering, currency: str) -> None:
    line = transaction.line
    if is_balance(transaction.text("MEMO")) or is_balance(transaction.text("NAME")):
        return found.skip(line, _("A balance, not a movement."))
    amount = _amount(transaction, currency)
    if amount <= 0 or transaction.values.get("TRNTYPE", "").upper() in MONEY_OUT:
        return found.skip(line, _("Money out."))
    found.take(_movement(transaction, found, amount, currency))


def _movement(transaction: Transaction, found: Gathering, amount: int, currency: str) -> Movement:
    on, memo = _day(transaction), transaction.text("NAME", "MEMO")
    return Movement(
        external_id=_identity(transaction, found, on, amount),
        on=on,
        amount=amount,
        fee=0,
        currency=currency,
        payer_name=name_in(transaction.text("MEMO")) or name_in(memo) or _stated_name(transaction),
        payer_tax_id=tax_id_in(memo),
        txid=txid_in(memo),
        our_number="",
        document=plain(transaction.values.get("CHECKNUM") or transaction.values.get("REFNUM", ""), limit=60),
        memo=memo,
        account=transaction.account,
        line=transaction.line,
    )


def _stated_name(transaction: Transaction) -> str:
    """NAME is the other party when the bank keeps its own words in MEMO; without a MEMO it holds those words."""
    return transaction.text("NAME")[:120] if transaction.text("MEMO") else ""


def _identity(transaction: Transaction, found: Gathering, on: date, amount: int) -> str:
    """By FITID, with day and amount because some banks give one FITID to several movements; without it by the text."""
    known = transaction.values.get("FITID") or transaction.text("NAME", "MEMO", "CHECKNUM")
    return found.identify("ofx", transaction.around.get("ACCTID", ""), known, on.isoformat(), amount)


def _amount(transaction: Transaction, currency: str) -> int:
    """OFX groups no thousands, so the last mark is the decimal one; Brazilian banks write either."""
    text = _needed(transaction, "TRNAMT")
    decimal = "," if text.rfind(",") > text.rfind(".") else "."
    return amount_of(text, currency, decimal=decimal, line=transaction.line)


def _day(transaction: Transaction) -> date:
    """The bank's own day: the zone in `20261121000000[-3:BRT]` is the bank's, too."""
    text = _needed(transaction, "DTPOSTED")
    parts = POSTED.fullmatch(text)
    if not parts:
        raise not_a_day(text, transaction.line)
    return day_of(parts["year"], parts["month"], parts["day"], line=transaction.line)


def _needed(transaction: Transaction, name: str) -> str:
    value = transaction.values.get(name, "")
    if not value:
        raise broken(
            transaction.line, _("this transaction has no %(name)s.") % {"name": name}, code="missing"
        )
    return value

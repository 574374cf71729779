"""How an invoice can be paid from its page: Pix, boleto, card and transfer, each only where it is offered and works."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from core.barcodes import itf_svg, qr_svg, svg_uri
from invoices import ways
from invoices.models import Invoice
from invoices.pdf import ACCOUNT_LABELS
from invoices.schedule import instalments
from invoices.status import Situation
from payments.card_connections import connection_for
from portal import asked, words
from portal.asked import Tip
from portal.dues import Due

PAYABLE = {
    Situation.SCHEDULED,
    Situation.OPEN,
    Situation.PARTIALLY_PAID,
    Situation.OVERDUE,
    Situation.UNCOLLECTIBLE,
}
COPIED = {"pix_key", "number", "iban"}


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    copied: bool = False  # worth a copy button
    wide: bool = False


@dataclass(frozen=True)
class Pix:
    code: str
    picture: str
    amount: str


@dataclass(frozen=True)
class Boleto:
    """`note` says what to do when the day's amount is not the one on the slip."""

    line: str
    picture: str
    bank: str
    amount: str
    day: str
    note: str
    is_sample: bool


@dataclass(frozen=True)
class Suggestion:
    label: str
    amount: str
    href: str
    is_chosen: bool


@dataclass(frozen=True)
class Tips:
    """`amount` is empty without a tip; the way back to none is `without`."""

    suggestions: list[Suggestion]
    text: str
    problem: str
    amount: str
    without: str


@dataclass(frozen=True)
class Card:
    """`hidden` is what the button posts, `kept` what the tip's form repeats; pressing works the amount out again."""

    href: str
    amount: str
    base: str
    hidden: list[tuple[str, str]]
    kept: list[tuple[str, str]]
    instalments: str
    tips: Tips | None


@dataclass(frozen=True)
class Ways:
    pix: Pix | None
    boleto: Boleto | None
    card: Card | None
    account: list[Fact]

    def __bool__(self) -> bool:
        return bool(self.pix or self.boleto or self.card or self.account)


NONE = Ways(None, None, None, [])


def can_pay(invoice: Invoice, state: Situation) -> bool:
    return state in PAYABLE and invoice.live_mode


def ways_of(invoice: Invoice, due: Due) -> Ways:
    """For the day and part that were chosen; one query, for who takes cards."""
    return Ways(
        pix=_pix(invoice, due),
        boleto=_boleto(invoice, due),
        card=_card(invoice, due),
        account=list(_account(invoice)),
    )


def _pix(invoice: Invoice, due: Due) -> Pix | None:
    code = ways.pix_code(invoice, due.amount, due.chosen.part)
    if not code:
        return None
    picture = svg_uri(qr_svg(code, label=_("Pix QR code")))
    return Pix(code, picture, words.money(due.amount, invoice.currency))


def _boleto(invoice: Invoice, due: Due) -> Boleto | None:
    """Its amount is that of issue, so a part that was paid or credited in part has none any more."""
    if len(due.shown.parts) > 1:
        return None
    part = due.shown.parts[0]
    slips = ways.slips(invoice) if part.remaining == part.amount else []
    slip = next((slip for slip in slips if slip.part == part.index), None)
    if slip is None:
        return None
    return Boleto(
        line=slip.line,
        picture=svg_uri(itf_svg(slip.barcode, label=_("Bar code of the boleto"))),
        bank=" · ".join(filter(None, [slip.bank_name, slip.bank_code])),
        amount=words.money(slip.amount, invoice.currency),
        day=words.day(slip.due_on),
        note=_boleto_note(due, slip.amount, invoice.currency),
        is_sample=slip.is_sample,
    )


def _boleto_note(due: Due, amount: int, currency: str) -> str:
    if due.amount == amount:
        return ""
    values = {"printed": words.money(amount, currency), "due": words.money(due.amount, currency)}
    return (
        _("The slip says %(printed)s. If your bank does not show %(due)s by itself, enter it there.") % values
    )


def _card(invoice: Invoice, due: Due) -> Card | None:
    if due.amount_now <= 0 or connection_for(invoice) is None:
        return None
    tip = tip_of(invoice, due)
    return Card(
        href=reverse("portal:card", args=[invoice.token]),
        amount=words.money(due.amount_now + tip.amount, invoice.currency),
        base=words.money(due.amount_now, invoice.currency),
        hidden=due.repeated("lang", "part", "tip"),
        kept=due.repeated("lang", "on", "part"),
        instalments=_instalments(invoice, due.amount_now + tip.amount),
        tips=_tips(invoice, due, tip) if invoice.tips_enabled else None,
    )


def _instalments(invoice: Invoice, amount: int) -> str:
    """How many, and what the largest of them is: the first has the cents that do not divide."""
    count = invoice.card_instalments
    if count == 1:
        return ""
    each = words.money(instalments(amount, count)[0], invoice.currency)
    return _("In up to %(count)d instalments of %(amount)s without interest.") % {
        "count": count,
        "amount": each,
    }


def tip_of(invoice: Invoice, due: Due) -> Tip:
    """Only a card payment can say how much of it is a tip: above the amount, a Pix would be taken for credit."""
    return asked.tip(due.query, due.amount_now, invoice.currency) if invoice.tips_enabled else Tip()


def _tips(invoice: Invoice, due: Due, tip: Tip) -> Tips:
    suggested = list(_suggestions(invoice, due))
    return Tips(
        suggested,
        "" if any(each.is_chosen for each in suggested) else tip.text,
        tip.problem,
        words.money(tip.amount, invoice.currency) if tip.amount else "",
        due.address(invoice, tip="") + "#card",
    )


def _suggestions(invoice: Invoice, due: Due) -> Iterator[Suggestion]:
    for percent in invoice.tip_percents:
        text = f"{percent}%"
        amount = asked.tip({"tip": text}, due.amount_now, invoice.currency).amount
        if amount:
            yield Suggestion(
                words.percent(percent),
                words.money(amount, invoice.currency),
                due.address(invoice, tip=text) + "#card",
                due.query.get("tip") == text,
            )


def _account(invoice: Invoice) -> Iterator[Fact]:
    """Where to pay; nothing when the account has only a name."""
    account = invoice.issuer.get("account") or {}
    rows = [key for key in ACCOUNT_LABELS if account.get(key) and _is_offered(key, invoice)]
    if rows:
        yield from (Fact(str(ACCOUNT_LABELS[key]), account[key], copied=key in COPIED) for key in rows)
        yield Fact(_("Payee"), invoice.issuer.get("legal_name") or invoice.issuer.get("name", ""))
        yield Fact(_("Reference"), str(invoice), copied=True)


def _is_offered(key: str, invoice: Invoice) -> bool:
    if key == "pix_key":
        return invoice.currency == "BRL" and ways.offers(invoice, ways.PIX)
    return ways.offers(invoice, ways.TRANSFER)

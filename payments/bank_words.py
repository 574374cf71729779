"""Why a movement was taken for an invoice's payment, in the reader's language: the words for `payments.matching`."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.dates import short_date
from core.languages import language
from core.money import format_money
from invoices.status import Status

SENTENCES: dict[str, Any] = {
    "txid": gettext_lazy("The Pix reference names this invoice."),
    "our_number": gettext_lazy("The boleto number %(number)s is this invoice's."),
    "account": gettext_lazy("But the file names another account than the chosen one."),
    "number": gettext_lazy("The text names invoice %(number)s."),
    "amount_equal": gettext_lazy("Exactly the %(due)s due on that day."),
    "amount_more": gettext_lazy("More than the %(due)s due on that day."),
    "amount_less": gettext_lazy("Less than the %(due)s due on that day."),
    "tax_id": gettext_lazy("The payer's tax id is this customer's."),
    "name": gettext_lazy("The payer's name is like %(name)s."),
    "only": gettext_lazy("No other open invoice has this amount."),
    "closed": gettext_lazy("The invoice is %(status)s: the money will be the customer's credit."),
    "here": gettext_lazy("A payment of this amount was registered on %(on)s already (%(source)s)."),
    "refused": gettext_lazy("It could not be applied: %(text)s"),
    "dismissed": gettext_lazy("Set aside: %(text)s"),
}
SOURCES: dict[str, Any] = {
    "manual": gettext_lazy("by hand"),
    "bank": gettext_lazy("from a bank file"),
}


def sentence(reason: dict[str, Any], currency: str) -> str:
    """One reason as a sentence; amounts are minor units of `currency`."""
    if reason["code"] == "several":
        return _several(reason)
    return str(SENTENCES[reason["code"]]) % {**reason, **_words(reason, currency)}


def _words(reason: dict[str, Any], currency: str) -> dict[str, str]:
    said = {}
    if "due" in reason:
        said["due"] = format_money(reason["due"], currency, language())
    if "on" in reason:
        said["on"] = short_date(date.fromisoformat(reason["on"]), language())
    if "source" in reason:
        said["source"] = str(SOURCES.get(reason["source"], str(reason["source"]).capitalize()))
    if "status" in reason:
        said["status"] = str(Status(reason["status"]).label).lower()
    return said


def _several(reason: dict[str, Any]) -> str:
    numbers = ", ".join(row["number"] for row in reason["invoices"])
    more = "…" if reason["count"] > len(reason["invoices"]) else ""
    words = _("%(count)d invoices could be meant: %(numbers)s")
    return words % {"count": reason["count"], "numbers": numbers} + (more or ".")

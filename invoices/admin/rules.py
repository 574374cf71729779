"""The editor's section of early discount, fine and interest: the business's rules or the invoice's own."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy

from businesses.admin.rules import TIERS, RuleFields, shown
from businesses.models import Business
from businesses.terms import Terms, warnings
from invoices.models import Invoice
from invoices.quote_words import rules

OWN = "own"


class RuleForm(RuleFields):
    """`whose` says whether the rest counts."""

    whose = forms.ChoiceField(
        label=gettext_lazy("Rules"),
        required=False,
        choices=[
            ("", gettext_lazy("those of the business")),
            (OWN, gettext_lazy("own ones of this invoice")),
        ],
    )

    @property
    def is_own(self) -> bool:
        return str(self["whose"].value()) == OWN

    @property
    def tiers(self) -> list[list[forms.BoundField]]:
        return [[self[f"tier_{row}_{name}"] for name in ("days", "percent", "amount")] for row in TIERS]

    def is_valid(self) -> bool:
        """What is hidden cannot be wrong."""
        return not self.is_own or bool(super().is_valid())

    def stored(self, currency: str) -> dict[str, Any]:
        """What the draft holds: nothing when the business's rules count. Raises Problem."""
        return self.rules(currency).as_dict() if self.is_own and not self.errors else {}


def rule_form(business: Business, invoice: Invoice, data: Any = None) -> RuleForm:
    own = invoice.payment_terms
    terms = Terms.of(own or business.payment_terms)
    currency = invoice.currency if invoice.pk else business.currency
    initial = {"whose": OWN if own else "", **shown(terms, currency)}
    return RuleForm(data, prefix="rules", initial=initial)


def said(business: Business, invoice: Invoice) -> Mapping[str, list[str]]:
    """The stored rules in words, and what a court may not uphold of them."""
    terms = Terms.of(invoice.payment_terms or business.payment_terms)
    currency = invoice.currency if invoice.pk else business.currency
    day = invoice.due_on if invoice.pk else business.today()
    language = get_language() or "en"
    return {"sentences": rules(terms, currency, day, language), "warnings": warnings(terms)}

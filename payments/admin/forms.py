"""The forms of money: register a payment, give back, credit, waive, use credit, say whose it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from businesses.models import Account, Business
from core.ids import new_public_id
from core.money import format_money
from core.problems import Problem
from customers.models import Customer
from invoices.admin.forms import Lookup, offer
from invoices.models import Invoice
from payments.actions import Incoming, Target
from payments.admin.fields import MoneyField, MoneyForm, day_field, method_field
from payments.credit_notes import Credit
from payments.models import CardProvider, Method, Payment
from payments.refunds import GivenBack


@dataclass(frozen=True)
class Open:
    """An invoice that takes money, and what it asks for today in minor units."""

    invoice: Invoice
    today: int

    @property
    def field(self) -> str:
        return f"invoice_{self.invoice.pk}"


class ShareForm(MoneyForm):
    """An amount for each of some open invoices; left empty, the oldest is paid first."""

    def __init__(self, data: Any = None, *, opened: Sequence[Open] = (), **more: Any) -> None:
        super().__init__(data, **more)
        self.opened = opened
        for row in opened:
            field = MoneyField(str(row.invoice), required=False)
            field.currency = self.currency
            field.widget.attrs["aria-label"] = _("Amount for %(invoice)s") % {"invoice": row.invoice}
            self.fields[row.field] = field

    def shares(self) -> list[tuple[Open, forms.BoundField]]:
        return [(row, self[row.field]) for row in self.opened]

    def typed(self) -> dict[int, int]:
        """Minor units by invoice, of those that were filled in."""
        amounts = {row.invoice.pk: self.cleaned_data.get(row.field) for row in self.opened}
        return {key: amount for key, amount in amounts.items() if amount}

    def check_shares(self, most: int) -> None:
        """Raises Problem when more is handed out than there is."""
        for row in self.opened:
            if (self.cleaned_data.get(row.field) or 0) < 0:
                raise Problem(_("An amount cannot be negative here."), field=row.field, code="negative")
        handed_out = sum(self.typed().values())
        if handed_out and handed_out > most:
            message = _("Together these are more than the %(amount)s that there are.")
            amount = format_money(most, self.currency, self.language())
            raise Problem(message % {"amount": amount}, field="amount", code="too_large")

    def targets(self) -> list[Target]:
        typed = self.typed()
        if typed:
            return [Target(key, amount) for key, amount in typed.items()]
        return [Target(row.invoice.pk) for row in self.opened]

    def language(self) -> str:
        return str(self.initial.get("language") or "en")


class RegisterForm(ShareForm):
    """Money that somebody saw arrive. `key` makes two clicks on "save" one payment."""

    places = {"paid_at": "paid_on", "external_id": "key"}

    key = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    amount = MoneyField(gettext_lazy("Amount"))
    paid_on = day_field(gettext_lazy("Date"))
    method = method_field()
    account = forms.ModelChoiceField(
        Account.objects.none(), label=gettext_lazy("Receiving account"), required=False
    )
    payer_name = forms.CharField(label=gettext_lazy("Payer"), required=False, max_length=200)
    fee = MoneyField(
        pgettext_lazy("of the bank", "Fee"),
        required=False,
        help_text=gettext_lazy("What the bank kept of it."),
    )
    tip = MoneyField(gettext_lazy("Tip"), required=False, help_text=gettext_lazy("How much of it is a tip."))
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    attachment = forms.FileField(
        label=gettext_lazy("Attachment"),
        required=False,
        help_text=gettext_lazy("The bank’s voucher, for example; 10 MB at most."),
    )

    def __init__(self, data: Any = None, *, business: Business, **more: Any) -> None:
        super().__init__(data, **more)
        self.business = business
        self.initial.setdefault("key", new_public_id())
        accounts = self.fields["account"]
        assert isinstance(accounts, forms.ModelChoiceField)
        accounts.queryset = Account.objects.for_business(business)

    def incoming(self, attachment: str = "") -> Incoming:
        """Raises Problem when more is handed out than there is."""
        data = self.cleaned_data
        amount, tip = data["amount"], data["tip"] or 0
        self.check_shares(amount - tip)
        account = data["account"]
        return Incoming(
            amount=amount,
            currency=self.currency,
            method=data["method"],
            paid_at=moment(data["paid_on"], self.business),
            external_id=data["key"],
            fee=data["fee"] or 0,
            tip=tip,
            account_id=account.pk if account else None,
            payer_name=data["payer_name"],
            note=data["note"],
            attachment=attachment,
        )


def moment(day: date, business: Business) -> datetime:
    """Now, when it was today; else noon there, which is that day wherever one looks from."""
    if day == business.today():
        return timezone.now()
    return datetime.combine(day, time(12), business.zone)


class RefundForm(MoneyForm):
    key = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    amount = MoneyField(gettext_lazy("Amount"))
    on = day_field(gettext_lazy("Date"))
    method = method_field(gettext_lazy("Given back by"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    reopen = forms.TypedChoiceField(
        label=gettext_lazy("The invoices that it paid"),
        choices=[
            ("", gettext_lazy("stay as they are: the amount is let go")),
            ("yes", gettext_lazy("ask for it again")),
        ],
        coerce=bool,
        empty_value="",
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, payment: Payment, **more: Any) -> None:
        super().__init__(data, currency=payment.currency, **more)
        self.initial.setdefault("key", new_public_id())
        if payment.source in CardProvider.values:
            del self.fields["method"], self.fields["on"]

    def given(self) -> GivenBack:
        data = self.cleaned_data
        return GivenBack(
            data["amount"],
            reason=data["reason"],
            method=data["method"],
            on=data["on"],
            reopen=bool(data["reopen"]),
            external_id=data["key"] or new_public_id(),
        )


class CreditNoteForm(MoneyForm):
    """Either an amount for the whole invoice or amounts for lines."""

    amount = MoneyField(gettext_lazy("Amount off the whole invoice"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Printed on the credit note."),
    )
    refund_by = method_field(
        gettext_lazy("What was paid already"),
        choices=[],
        required=False,
    )

    def __init__(self, data: Any = None, *, invoice: Invoice, left: dict[int, int], **more: Any) -> None:
        super().__init__(data, currency=invoice.currency, **more)
        self.lines = [line for line in invoice.lines.all() if left.get(line.pk, 0) > 0]
        self.left = left
        self._offer_methods()
        for line in self.lines:
            field = MoneyField(line.name, required=False)
            field.currency = invoice.currency
            field.widget.attrs["aria-label"] = _("Credit for %(line)s") % {"line": line.name}
            self.fields[f"line_{line.pk}"] = field

    def _offer_methods(self) -> None:
        field = self.fields["refund_by"]
        assert isinstance(field, forms.ChoiceField)
        given = [
            (code, _("is given back by %(method)s") % {"method": label}) for code, label in Method.choices
        ]
        field.choices = [("", _("stays as the customer’s credit")), *given]

    def rows(self) -> list[tuple[Any, forms.BoundField, int]]:
        return [(line, self[f"line_{line.pk}"], self.left[line.pk]) for line in self.lines]

    def credits(self) -> list[Credit]:
        """Raises Problem when both ways were used at once."""
        data = self.cleaned_data
        lines = [Credit(amount, line.pk) for line in self.lines if (amount := data[f"line_{line.pk}"])]
        if data["amount"] and lines:
            message = _("Give an amount for the whole invoice or amounts for its lines, not both.")
            raise Problem(message, field="amount", code="both")
        return lines or ([Credit(data["amount"])] if data["amount"] is not None else [])

    def show(self, refusal: Any) -> None:
        """`lines.1.amount` is the second credit, which is on the second line that was filled in."""
        _part, _dot, rest = getattr(refusal, "field", "").partition("lines")
        place = rest.strip(".").partition(".")[0]
        filled = [f"line_{line.pk}" for line in self.lines if self.cleaned_data.get(f"line_{line.pk}")]
        if getattr(refusal, "field", "").startswith("lines"):
            name = filled[int(place)] if place.isdigit() and int(place) < len(filled) else "amount"
            self.add_error(name, refusal.text)
            return
        super().show(refusal)


class WaiveForm(MoneyForm):
    fine = forms.BooleanField(label=gettext_lazy("Late fine"), required=False)
    interest = forms.BooleanField(label=gettext_lazy("Late interest"), required=False)
    amount = MoneyField(
        gettext_lazy("At most"), required=False, help_text=gettext_lazy("Empty: all of it, for good.")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class AssignForm(MoneyForm):
    customer = forms.ModelChoiceField(Customer.objects.none(), label=gettext_lazy("Customer"))

    def __init__(self, data: Any = None, *, payment: Payment, **more: Any) -> None:
        super().__init__(data, currency=payment.currency, **more)
        customers = Customer.objects.for_business(payment.business_id)
        offer(self, "customer", customers, Lookup(Payment, "customer", payment.business))


class CustomerForm(forms.Form):
    """Whose money it was, when nobody came from an invoice or a customer."""

    customer = forms.ModelChoiceField(Customer.objects.none(), label=gettext_lazy("Customer"))

    def __init__(self, customers: Any, business: Business) -> None:
        super().__init__()
        offer(self, "customer", customers, AnyCustomer(Payment, "customer", business))


class AnyCustomer(Lookup):
    """Of all the person's businesses."""

    def get_url(self) -> str:
        return str(AutocompleteSelect.get_url(self))

"""All forms of one invoice on one page, and the one way from what staff typed to an InvoiceDraft."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from businesses.models import Business
from core.money import format_money
from core.problems import Problem
from invoices.admin.forms import HeadForm, LineForm
from invoices.admin.parts import ChargeForm, LinkForm, parts_formset
from invoices.admin.rules import RuleForm, rule_form
from invoices.draft import InvoiceDraft, cleaned
from invoices.models import Attachment, Charge, Invoice, Line
from invoices.schedule import fitted, monthly
from invoices.totals import compute

formset = partial(forms.inlineformset_factory, Invoice, max_num=500, absolute_max=520, can_delete=True)
LINES = formset(Line, form=LineForm, extra=0)
CHARGES = formset(Charge, form=ChargeForm, extra=0)
LINKS = formset(Attachment, form=LinkForm, extra=0)


@dataclass
class Editor:
    """All forms of one invoice on one page."""

    business: Business
    head: HeadForm
    lines: Any
    charges: Any
    links: Any
    parts: Any
    rules: RuleForm

    @classmethod
    def of(cls, business: Business, invoice: Invoice, data: Any = None, initial: Any = None) -> "Editor":
        line_rows = (
            Line.objects.filter(invoice=invoice.pk).prefetch_related("taxes").select_related("product")
        )
        lines = LINES(
            data, instance=invoice, prefix="lines", queryset=line_rows, form_kwargs={"business": business}
        )
        lines.extra = 0 if invoice.pk and line_rows else 1
        links = Attachment.objects.filter(invoice=invoice.pk, key="")
        return cls(
            business,
            HeadForm(business, data, instance=invoice, initial=initial),
            lines,
            CHARGES(data, instance=invoice, prefix="charges"),
            LINKS(data, instance=invoice, prefix="links", queryset=links),
            parts_formset(invoice, data),
            rule_form(business, invoice, data),
        )

    def is_valid(self) -> bool:
        """Asks every part, so that all errors are shown at once."""
        forms_on_page = (self.head, self.lines, self.charges, self.links, self.parts, self.rules)
        answers = [part.is_valid() for part in forms_on_page]
        return all(answers)

    def error_count(self) -> int:
        """Of all parts, so that the page can say at its top that there is something to correct."""
        formsets = (self.lines, self.charges, self.links, self.parts)
        counts: list[int] = [part.total_error_count() for part in formsets]
        rules = len(self.rules.errors) if self.rules.is_own else 0
        return len(self.head.errors) + rules + sum(counts)

    def is_of(self, version: int) -> bool:
        """Whether the form was filled in over that version; says so on the form when it was not."""
        if self.head.is_bound and self.head["version"].value() == str(version):
            return True
        self.tell(_("Someone else has changed this invoice."))
        return False

    def tell(self, reason: str) -> None:
        message = _("%(reason)s Open it again to see the changes; what you typed is still here.")
        self.head.add_error(None, message % {"reason": reason})

    def draft(self) -> InvoiceDraft:
        """Raises Problem when an amount does not fit the currency."""
        head = self.head.draft(self.business)
        draft = replace(
            head,
            lines=tuple(form.draft() for form in filled(self.lines)),
            charges=tuple(form.draft(head.currency) for form in filled(self.charges)),
            attachments=tuple(form.draft() for form in filled(self.links)),
            payment_terms=self.rules.stored(head.currency),
        )
        return replace(draft, schedule=self._schedule(draft))

    def _schedule(self, draft: InvoiceDraft) -> dict[str, Any]:
        """Equal months when asked for, else what was typed; untouched parts follow the amount due."""
        count = self.head.cleaned_data.get("split")
        typed = [form.part(draft.currency) for form in self._parts_in_order()]
        if not count and self._is_schedule_edited():
            return {**draft.schedule, "parts": typed} if typed else {}
        if not count and not draft.schedule:
            return {}
        amount_due = compute(cleaned(replace(draft, schedule={}))).amount_due
        if count:
            return {**draft.schedule, **monthly(amount_due, draft.due_on, count)}
        return fitted(draft.schedule, amount_due)

    def _is_schedule_edited(self) -> bool:
        return any(form.has_changed() for form in self.parts.forms)

    def _parts_in_order(self) -> list[Any]:
        """Staff may add a part anywhere; a schedule runs in order of time."""
        return sorted(filled(self.parts), key=lambda form: form.cleaned_data["due_on"])

    def _sums(self) -> str:
        """By how much the parts are wrong, so that nobody has to add them up."""
        draft = cleaned(self.draft())
        amounts = sum(part["amount"] for part in draft.schedule["parts"]), compute(draft).amount_due
        parts, due = (format_money(amount, draft.currency, get_language() or "en") for amount in amounts)
        message = _("The parts add up to %(parts)s, the amount due is %(due)s.")
        return message % {"parts": parts, "due": due}

    def show(self, problem: Problem) -> None:
        """Put what an action refused on the field it is about: `lines.2.quantity` is the third filled line's."""
        part, _dot, rest = problem.field.partition(".")
        if part == "schedule":
            self.parts.non_form_errors().append(self._sums() if problem.code == "sum" else problem.text)
            return
        if part == "payment_terms":
            self.rules.show_rule(problem)
            return
        place, _dot, field = rest.partition(".")
        parts = {"lines": self.lines, "charges": self.charges, "attachments": self.links}
        if part in parts and place.isdigit():
            form = list(filled(parts[part]))[int(place)]
            form.add_error(field if field in form.fields else None, problem.messages)
        else:
            name = "discount_value" if part == "discount" else part
            self.head.add_error(name if name in self.head.fields else None, problem.messages)


def filled(forms_of_part: Any) -> Iterator[Any]:
    """Valid rows that say something and are not to be removed, in the order on screen."""
    for form in forms_of_part.forms:
        if (
            form.is_valid()
            and (form.has_changed() or form.initial.get("kept") or _is_stored(form))
            and not form.cleaned_data.get("DELETE")
        ):
            yield form


def _is_stored(form: Any) -> bool:
    return bool(getattr(getattr(form, "instance", None), "pk", None))

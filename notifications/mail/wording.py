"""The words of each kind of message: ours, or a business's own, with placeholders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.models import Business
from core.problems import Problem
from notifications.mail.models import Kind, Wording

PLACES = ("customer", "business", "number", "amount", "due", "link")
HOLE = re.compile(r"\{([^{}]*)\}")
BRACE = re.compile(r"[{}]")


@dataclass(frozen=True)
class Words:
    subject: str
    intro: str


USUAL: dict[str, tuple[Any, Any]] = {
    Kind.ISSUED: (
        gettext_lazy("Invoice {number} from {business}: {amount}, due {due}"),
        gettext_lazy("Here is your invoice {number}. You can see it and pay it online, without signing in."),
    ),
    Kind.DUE_SOON: (
        gettext_lazy("Reminder: invoice {number} from {business} is due on {due}"),
        gettext_lazy(
            "Just a reminder: invoice {number} is due on {due}. If you have paid it already, thank you!"
        ),
    ),
    Kind.DUE_TODAY: (
        gettext_lazy("Invoice {number} from {business} is due today"),
        gettext_lazy("Invoice {number} is due today. If you have paid it already, thank you!"),
    ),
    Kind.OVERDUE: (
        gettext_lazy("Invoice {number} from {business} was due on {due}"),
        gettext_lazy(
            "We have not received the payment of invoice {number} yet; it was due on {due}. Below is what is to be "
            "paid today. If you have just paid it, please ignore this message."
        ),
    ),
    Kind.PAID: (
        gettext_lazy("Thank you! Invoice {number} from {business} is paid"),
        gettext_lazy("We have received your payment. Invoice {number} is settled; nothing is left to pay."),
    ),
    Kind.CREDITED: (
        gettext_lazy("Credit note on invoice {number} from {business}: {amount}"),
        gettext_lazy("We have issued a credit note that corrects invoice {number}."),
    ),
}


def of(business: Business | int, kind: str, language: str) -> Words:
    """With placeholders, in the active language; what the business has not worded itself is ours."""
    rows = Wording.objects.for_business(business).filter(kind=kind, language=language)
    own = rows.first()
    subject, intro = map(str, USUAL[kind])
    return Words(own.subject or subject, own.intro or intro) if own else Words(subject, intro)


def usual(kind: str, language: str) -> Words:
    """Ours."""
    with translation.override(language):
        return Words(*map(str, USUAL[kind]))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Only what stands between braces is replaced; a value is never read for placeholders again."""
    return HOLE.sub(lambda hole: values.get(hole[1], hole[0]), text)


def check(text: str, field: str) -> None:
    """Raises Problem at a placeholder that nothing would fill."""
    known = ", ".join(f"{{{name}}}" for name in PLACES)
    wrong = next((name for name in HOLE.findall(text) if name not in PLACES), None)
    if wrong is not None:
        message = _("{%(name)s} is no placeholder. There are: %(known)s.")
        raise Problem(message % {"name": wrong[:30], "known": known}, field=field, code="placeholder")
    if BRACE.search(HOLE.sub("", text)):
        message = _("A brace stands alone. Placeholders are: %(known)s.")
        raise Problem(message % {"known": known}, field=field, code="placeholder")

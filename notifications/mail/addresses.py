"""Who gets a message: the payer's addresses that are real and not blocked, or the staff that can mend something."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from businesses.models import Business, Membership
from businesses.roles import GRANTS, Can, Role
from core.problems import Problem
from invoices.models import Invoice
from notifications.mail.models import REMINDERS, Reason, Suppression

MOST = 20
MENDERS = (Role.FINANCE, Role.ADMIN)


def of_invoice(invoice: Invoice) -> list[str]:
    """The customer's as they are now, then the invoice's own further recipients; each once."""
    return distinct([*invoice.customer.emails, *map(str, invoice.recipients)])


def distinct(addresses: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for address in map(str.strip, addresses):
        found.setdefault(address.lower(), address)
    return [address for address in found.values() if is_address(address)][:MOST]


def is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def checked(addresses: Iterable[str]) -> list[str]:
    """Given by somebody: raises Problem at one that is none."""
    given = [address.strip() for address in addresses if address.strip()]
    wrong = next((address for address in given if not is_address(address)), None)
    if wrong is not None:
        message = _("“%(address)s” is not an e-mail address.")
        raise Problem(message % {"address": wrong[:80]}, field="to", code="email")
    if len(given) > MOST:
        raise Problem(_("At most %(limit)d e-mail addresses.") % {"limit": MOST}, field="to", code="too_many")
    return distinct(given)


def of_staff(business: Business, can: Can) -> list[tuple[str, str]]:
    """Addresses and languages of those who can mend it; the business's own when none of them has one."""
    roles = [role for role in MENDERS if can in GRANTS[role]]
    rows = Membership.objects.filter(business=business, role__in=roles, user__is_active=True)
    people = rows.exclude(user__email="").order_by("pk").values_list("user__email", "user__language")
    found = {address.lower(): (address, language) for address, language in people if is_address(address)}
    if found:
        return list(found.values())[:MOST]
    return [(business.email, business.language)] if is_address(business.email) else []


def blocked(businesses: Iterable[int], addresses: Iterable[str]) -> dict[tuple[int, str], set[str]]:
    """Why which businesses do not write to which addresses; those are in lower case."""
    found: dict[tuple[int, str], set[str]] = {}
    wanted = {address.lower() for address in addresses}
    rows = Suppression.objects.filter(business__in=set(businesses), address__in=wanted)
    for business, address, reason in rows.values_list("business_id", "address", "reason"):
        found.setdefault((business, address), set()).add(reason)
    return found


def is_blocked(reasons: Iterable[str], kind: str) -> bool:
    """A dead address gets nothing; one that unsubscribed gets no reminders."""
    return Reason.BOUNCED in reasons or (kind in REMINDERS and Reason.UNSUBSCRIBED in reasons)

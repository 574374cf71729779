"""All that a payer has open with a business, behind a link that goes to the payer's own e-mail address."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from businesses.models import Business
from core.colours import Palette, palette
from core.ids import new_token
from core.languages import tag
from customers.models import Customer
from invoices.models import Invoice
from payments import ledger
from portal import words
from portal.models import MagicLink

MINUTES = 15
MOST_LINKS = 2  # that wait at once for one payer
MOST = 200  # invoices on one page


@dataclass(frozen=True)
class Row:
    number: str
    title: str
    due: str
    amount: str
    href: str


@dataclass(frozen=True)
class Mine:
    payer: str
    issuer: str
    rows: list[Row]
    palette: Palette


def send(invoice: Invoice, language: str, now: datetime) -> None:
    """Write to the payer of an invoice, at the address on file.

    To nobody when there is none, or when two links wait already: whoever has the invoice could flood a mailbox.
    """
    customer = invoice.customer
    waiting = MagicLink.objects.filter(customer=customer)
    if not customer.email or waiting.filter(expires_at__gt=now).count() >= MOST_LINKS:
        return
    waiting.filter(expires_at__lt=now - timedelta(days=1)).delete()
    key = new_token()
    expires_at = now + timedelta(minutes=MINUTES)
    MagicLink.objects.create(customer=customer, sha256=_digest(key), expires_at=expires_at)
    url = f"{settings.SITE_URL}{reverse('portal:mine', args=[key])}?lang={language}"
    _message(customer, invoice.business, url, language).send()


def _message(customer: Customer, business: Business, url: str, language: str) -> EmailMultiAlternatives:
    with translation.override(language):
        context = {
            "url": url,
            "minutes": MINUTES,
            "customer": customer,
            "business": business,
            "tag": tag(language),
            "palette": palette(business.accent),
        }
        message = EmailMultiAlternatives(
            _("Your open invoices from %(name)s") % {"name": business.name},
            render_to_string("portal/mail/mine.txt", context),
            to=[customer.email],
            reply_to=[business.email] if business.email else None,
        )
        message.attach_alternative(render_to_string("portal/mail/mine.html", context), "text/html")
    return message


def is_valid(key: str, now: datetime) -> bool:
    return MagicLink.objects.filter(sha256=_digest(key), used_at=None, expires_at__gt=now).exists()


def use(key: str, now: datetime) -> Customer | None:
    """Whose link it is, the one time that it may be used."""
    mine = MagicLink.objects.filter(sha256=_digest(key))
    if not mine.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    return mine.select_related("customer__business").get().customer


def build(customer: Customer, now: datetime) -> Mine:
    """What is open, the oldest first, with the amounts of today."""
    business = customer.business
    today = business.today(now)
    open_rows = Invoice.objects.for_business(business).open().filter(customer=customer, live_mode=True)
    found = open_rows.filter(token_revoked_at=None).prefetch_related("allocations", "waivers")
    rows = [
        Row(
            str(invoice),
            invoice.title,
            words.day(invoice.due_on),
            words.money(ledger.owed(invoice, today).total, invoice.currency),
            reverse("portal:page", args=[invoice.token]),
        )
        for invoice in found.select_related("business").order_by("due_on", "pk")[:MOST]
    ]
    return Mine(customer.name, business.name, rows, palette(business.accent))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

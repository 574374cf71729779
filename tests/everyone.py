"""Everyone who may knock: a browser for each role, with one row of everything in two businesses."""

import hashlib
import io
import json
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image

from businesses.logos import store_logo
from businesses.models import Account, Business, Event, Membership
from customers.models import Customer
from gateway.actions import create_key
from invoices import attachments
from invoices.models import Document, Invoice
from notifications import actions as webhooks
from notifications.mail import actions as mail
from notifications.mail.models import Message, Suppression, Wording
from outbox.actions import beat
from outbox.models import Delivery, Untold
from payments import actions, bank, credit_notes
from payments.credit_notes import Credit
from payments.models import CreditNote, Receipt
from providers.aira import links
from providers.models import Connection, Drift
from tests import factories
from tests.payments.bank_bytes import ofx
from tests.payments.money import incoming, pay
from tests.payments.till import connect

INSIDE = ["viewer", "biller", "finance", "admin", "root"]
ROLES = ["anonymous", *INSIDE, "stranger", "inactive", "outsider"]
WRITERS = ["biller", "finance", "admin", "root"]
VOIDERS = ["finance", "admin", "root"]
MANAGERS = ["admin", "root"]
STAFF = [*INSIDE, "stranger"]
ROOT = ["root"]
NOBODY: list[str] = []
EVERYONE = ROLES

QUIET = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SHOW", "SET")
GET_WRITES = {"invoice.downloaded", "staff.signed_out", "staff.signed_in", "staff.sign_in_failed"}
"""Events that looking (or signing in and out) leaves behind; nothing else may change without permission."""


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


class World:
    """One row of everything for businesses A and B, and a signed-in browser for everyone."""

    def __init__(self) -> None:
        logo = store_logo(picture())
        self.a = factories.make_business(slug="a", legal_name="Alpha Ltda", logo=logo)
        self.b = factories.make_business(slug="b", legal_name="Beta Ltda")
        self.rows = {"a": self._rows(self.a), "b": self._rows(self.b)}
        beat("schedule")  # else /readyz says that nothing runs it
        self.clients = {role: self._client(role) for role in ROLES}

    def _rows(self, business: Business) -> dict[str, Any]:
        customer = factories.make_customer(business, f"Customer of {business.slug}")
        draft = factories.make_invoice(customer)
        issued = factories.make_invoice(customer)
        attachment = attachments.attach(issued, "note.txt", b"hello")
        issued = factories.issue(issued)
        key = default_storage.save("documents/x.pdf", ContentFile(b"%PDF-1.7"))
        Document.objects.filter(invoice=issued).update(key=key)
        return {
            "invoice": draft,
            "issued": issued,
            "unpaid": factories.issue(factories.make_invoice(customer)),
            "attachment": attachment,
            "customer": customer,
            "product": factories.make_product(business, f"Product of {business.slug}"),
            "tax": factories.make_tax(business, f"Tax of {business.slug}"),
            "business": business,
            "event": Event.objects.filter(business=business).latest("pk"),
            "cardconnection": connect(Account.objects.create(business=business, name="Till")),
            "webhookendpoint": webhooks.create(business, url="https://example.com/", events=["*"])[0],
            "apikey": create_key(business, f"Key of {business.slug}", "faturo")[0],
            **self._money(customer, issued),
            **self._bank(business),
            **self._deliveries(issued),
            **self._mails(issued),
        }

    @staticmethod
    def _mails(issued: Invoice) -> dict[str, Any]:
        """A message that waits, words for it, and an address that gets none."""
        business = issued.business
        event = Event.objects.about(issued).latest("pk")
        to = {"address": "maria@example.com", "business": business}
        wording = Wording(business=business, kind="issued", language="en", subject="Yours: {number}")
        return {
            "message": Message.objects.create(
                event=event, invoice=issued, kind="issued", language="en", **to
            ),
            "wording": mail.save_wording(wording),
            "mailsettings": mail.save_settings(mail.settings_of(business)),
            "suppression": Suppression.objects.create(reason="bounced", **to),
        }

    @staticmethod
    def _deliveries(issued: Invoice) -> dict[str, Any]:
        """A connection, and a push to it that waits."""
        business = issued.business
        connection = Connection.objects.create(
            business=business, provider="base39", base_url="https://api.example.com"
        )
        delivery = Delivery.objects.create(
            business=business,
            event=Event.objects.about(issued).latest("pk"),
            invoice=issued,
            channel="push",
            target=f"{connection.public_id}:issue",
            route=connection.route,
            due_at=timezone.now(),
        )
        drift = Drift.objects.create(
            business=business,
            connection=connection,
            key="remote:r1",
            kind="missing_here",
            remote_id="r1",
            standing="open",
            currency="BRL",
        )
        return {"connection": connection, "delivery": delivery, "differences": drift}

    @staticmethod
    def _bank(business: Business) -> dict[str, Any]:
        """A bank file with an entry that nobody recognised."""
        file = bank.import_file(business, "x.ofx", ofx((123, "TED")), account=None)
        return {"bankentry": file.entries.get(), "bankfile": file}

    def _money(self, customer: Customer, issued: Invoice) -> dict[str, Any]:
        """A payment of which something is left, with its voucher, and a credit note."""
        voucher = default_storage.save("payments/voucher.pdf", ContentFile(b"%PDF-1.7"))
        payment = pay(issued, 1000, tip=100, attachment=voucher)
        actions.receive(issued.business, incoming(700, external_id="left over"), customer=customer)
        note = credit_notes.issue(issued, [Credit(100)], reason="too much")
        paper = default_storage.save("documents/note.pdf", ContentFile(b"%PDF-1.7"))
        CreditNote.objects.for_business(issued.business).filter(pk=note.pk).update(key=paper)
        Receipt.objects.filter(payment=payment).update(key=paper)
        return {"payment": payment, "credit_note": note}

    @staticmethod
    def _money_row(rows: dict[str, Any], route: str) -> Any:
        if "for-invoice" in route:
            return rows["issued"]
        return rows["credit_note" if "credit-note" in route else "payment"]

    @staticmethod
    def _paper(rows: dict[str, Any], route: str) -> Any:
        """What a public address names besides the invoice."""
        named = {"receipts": "payment", "credits": "credit_note"}
        return rows[next((named[word] for word in named if f"/{word}/" in route), "attachment")]

    @staticmethod
    def _signed(invoice: Invoice) -> str:
        """The last part of a link to pay it."""
        return links.made(invoice.business.public_id, invoice.public_id, "pix", 0).split("/")[-2]

    @staticmethod
    def _verb(route: str) -> str:
        if "/delivery/" in route:
            return "now"
        if "/webhookendpoint/" in route:
            return "test"
        if "/differences/" in route:
            return "ignore"
        if "/payment/" not in route:
            return "issue"
        return "credit-note" if "for-invoice" in route else "refund"

    def _client(self, role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role == "anonymous":
            return client
        inside = role in ("viewer", "biller", "finance", "admin")
        business = self.b if role == "stranger" else None if role == "root" else self.a
        user = factories.make_staff(
            business,
            role if inside else "admin",
            username=role,
            is_superuser=role == "root",
            is_staff=role != "outsider",
            language="en",
        )
        client.force_login(user)
        if role == "inactive":
            user.is_active = False
            user.save()
        if role == "viewer":
            self.rows["a"]["membership"] = Membership.objects.get(user=user)
        if role == "stranger":
            self.rows["b"]["membership"] = Membership.objects.get(user=user)
        return client

    def url(self, route: str, side: str = "a", *, key: Any = None) -> str:
        rows = self.rows[side]
        model = next((name for name in rows if f"/{name}/" in f"/{route}"), "")
        row = rows["issued"] if "pdf" in route or "files" in route else rows.get(model, rows["invoice"])
        for asked in ("product", "customer"):
            row = rows[asked] if f"{asked}/<str:pk>" in route else row
        if "/payment/" in route:
            row = self._money_row(rows, route)
        values = {
            "<path:object_id>": row.pk if key is None else key,
            "<str:pk>": row.pk if key is None else key,
            "<str:name>": self._verb(route),
            "<str:invoice>": rows["issued"].pk if key is None else key,
            "<str:connection>": rows["connection"].public_id,
            "<str:verb>": "dismiss",
            "<str:public_id>": self._paper(rows, route).public_id,
            "<str:key>": "x" * 30,
            "<str:token>": rows["issued"].token if key is None else "x" * 30,
            "<str:signed>": self._signed(rows["issued"]) if key is None else "x" * 30,
            "<path:content_type_id>": "1",
            "(?P<url>.*)$": "nonsense/",
        }
        if "(?P<app_label>" in route:
            return "/admin/invoices/"
        for hole, value in values.items():
            route = route.replace(hole, str(value))
        return f"/{route}"


def checksum() -> str:
    """Every row of ours, except sessions, sign-in times, views and the events that looking leaves behind."""
    seen: dict[str, Any] = {}
    for model in apps.get_models():
        if model._meta.app_label in ("sessions", "axes") or model.__name__ in ("InvoiceView", "User"):
            continue
        rows = model._default_manager.order_by("pk")
        rows = rows.exclude(kind__in=GET_WRITES) if model is Event else rows
        rows = rows.exclude(event__kind__in=GET_WRITES) if model is Untold else rows
        seen[model._meta.label] = [list(map(str, row)) for row in rows.values_list()]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


class Watch:
    """Whether anything changed since last asked. Reads all rows again only after a statement that writes."""

    def __init__(self) -> None:
        self.has_written = False
        self.last = checksum()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.has_written |= not sql.lstrip().upper().startswith(QUIET)
        return execute(sql, params, many, context)

    def has_changed(self) -> bool:
        if not self.has_written:
            return False
        before, self.last, self.has_written = self.last, checksum(), False
        return before != self.last


def shut(answer: Any) -> bool:
    """Sent to sign in, refused, or as if it did not exist."""
    where = answer.headers.get("Location", "")
    return (
        answer.status_code in (400, 403, 404, 405, 410)
        or where.startswith("/admin/login/")
        or where == "/admin/"
    )

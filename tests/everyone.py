"""Everyone who may knock: a browser for each role, with one row of everything in two businesses."""

import hashlib
import io
import json
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from businesses.logos import store_logo
from businesses.models import Business, Event, Membership
from invoices import attachments
from invoices.models import Document
from tests import factories

INSIDE = ["viewer", "biller", "finance", "admin", "root"]
ROLES = ["anonymous", *INSIDE, "stranger", "inactive", "outsider"]
WRITERS = ["biller", "finance", "admin", "root"]
VOIDERS = ["finance", "admin", "root"]
MANAGERS = ["admin", "root"]
STAFF = [*INSIDE, "stranger"]
ROOT = ["root"]
NOBODY: list[str] = []
EVERYONE = ROLES

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
            "attachment": attachment,
            "customer": customer,
            "product": factories.make_product(business, f"Product of {business.slug}"),
            "tax": factories.make_tax(business, f"Tax of {business.slug}"),
            "business": business,
            "event": Event.objects.filter(business=business).latest("pk"),
        }

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
        values = {
            "<path:object_id>": row.pk if key is None else key,
            "<str:pk>": row.pk if key is None else key,
            "<str:name>": "issue",
            "<str:public_id>": rows["attachment"].public_id,
            "<str:token>": rows["issued"].token if key is None else "x" * 30,
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
        seen[model._meta.label] = [list(map(str, row)) for row in rows.values_list()]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def shut(answer: Any) -> bool:
    """Sent to sign in, refused, or as if it did not exist."""
    where = answer.headers.get("Location", "")
    return (
        answer.status_code in (400, 403, 404, 405) or where.startswith("/admin/login/") or where == "/admin/"
    )

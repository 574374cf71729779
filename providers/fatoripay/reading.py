"""What FatoriPay says of an invoice, in our words. Pure."""

import re
from datetime import date, datetime, time
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.http import CallFailed
from core.problems import Problem
from providers.connector import Learned, News, Secured, Seen, SeenPayment, Standing
from providers.fatoripay import codec
from providers.hearing import body_of

CANCELLED = "canceled"
STANDING = {
    "unpaid": Standing.OPEN,
    "overdue": Standing.OVERDUE,
    "processing": Standing.PROCESSING,
    "paid": Standing.PAID,
    CANCELLED: Standing.VOID,
    "refunded": Standing.REFUNDED,
    "chargeback": Standing.CHARGEBACK,
}
ZONE = ZoneInfo("America/Sao_Paulo")
MAX_FIELDS = 100
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
OUR_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)


def seen(row: Any, *, in_cents: bool) -> Seen:
    """Raises CallFailed for what is no invoice. Whole JSON numbers are cents where we write cents."""
    if not isinstance(row, dict) or not row.get("id") or not isinstance(row.get("status"), str):
        raise CallFailed("garbage", is_unclear=True)
    total = _amount(row.get("total_amount"), in_cents)
    payments = _payments(row, total, in_cents)
    is_paid = row["status"] == "paid"
    return Seen(
        id=str(row["id"]),
        standing=STANDING.get(row["status"], Standing.UNKNOWN),
        word=row["status"],
        ref=str(row.get("ref") or ""),
        link=str(row.get("link") or ""),
        currency=codec.CURRENCY,
        total=total,
        paid=sum(payment.amount for payment in payments) if is_paid else 0,
        payments=payments,
    )


def _payments(row: dict[str, Any], total: int | None, in_cents: bool) -> tuple[SeenPayment, ...]:
    """An invoice has one payment at most there, so the invoice's own id names it whatever its `payment` says.

    Interest for paying late is not for the invoice itself; where it was not counted in, nothing is taken off.
    """
    if row["status"] != "paid":
        return ()
    about = row.get("payment")
    about = about if isinstance(about, dict) else {}
    came = _amount(about.get("total_amount"), in_cents) or total or 0
    interest = _amount(about.get("interest_amount"), in_cents) or 0
    own = max(came - interest, min(came, came if total is None else total))
    method = codec.METHODS.get(str(about.get("method")), "other")
    return (SeenPayment(str(row["id"]), own, method, _noon(about.get("paid_at") or row.get("paid_at"))),)


def _noon(said: Any) -> datetime | None:
    on = day(said)
    return datetime.combine(on, time(12), ZONE) if on else None


def day(said: Any) -> date | None:
    try:
        return codec.day(str(said or "")[:10], "date")
    except Problem:
        return None


def _amount(said: Any, in_cents: bool) -> int | None:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        return codec.amount(f"{said:.2f}" if isinstance(said, float) else said, "amount", in_cents)
    except Problem as problem:
        raise CallFailed("garbage", is_unclear=True, detail=problem.text) from problem


def learned(found: Seen) -> Learned:
    return Learned(
        id=found.id,
        link=found.link or None,
        standing=found.standing,
        word=found.word,
        total=found.total,
        paid=found.paid,
    )


def hear(webhook: Secured) -> list[News]:
    """`invoice_id`, `ref` and `new_status` in a form, the query or JSON. Nothing is signed, so nothing is believed."""
    said = {**webhook.query, **_fields(webhook.body)}
    remote_id, ref = _shaped(UUID, said.get("invoice_id")), _shaped(OUR_ID, said.get("ref"))
    if not remote_id and not ref:
        raise Problem(_("This notification names no invoice."), field="invoice_id", code="required")
    return [News(remote_id, ref)]


def _shaped(pattern: re.Pattern[str], said: Any) -> str:
    """What no id looks like is none: it would be asked for in a path."""
    text = str(said or "").strip()
    return text if pattern.fullmatch(text) else ""


def _fields(body: bytes) -> dict[str, Any]:
    if body.lstrip().startswith(b"{"):
        return dict(body_of(body))
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise Problem(_("This is not a form."), code="form") from error

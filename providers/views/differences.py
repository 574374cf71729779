"""The page of differences: what we and a provider see otherwise, and what can be done about it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from businesses.admin.keys import key_of
from businesses.admin.owned import may, staff
from businesses.roles import Can
from core.problems import Conflict, Problem
from invoices.admin.frame import framed
from invoices.status import TONES
from outbox.words import words
from providers import drifts
from providers.connector import Standing
from providers.drift_words import standing_word, why
from providers.models import Connection, Drift, DriftState, Inbound, InboundState
from providers.repairs import REPAIRS, Repair, perform, repairs_of

PER_PAGE = 50
LATELY = timedelta(days=7)
BACK = "admin_differences"


@dataclass(frozen=True)
class Pill:
    label: str
    tone: str


@dataclass(frozen=True)
class Row:
    """A difference as the page shows it."""

    drift: Drift
    why: str
    here: Pill | None
    there: Pill
    link: str
    is_there: bool
    repairs: list[Repair]


@dataclass(frozen=True)
class Unheard:
    """Webhooks of one connection that were given up, and why."""

    connection: str
    count: int
    why: str


@require_safe
def differences(request: HttpRequest) -> HttpResponse:
    if not may(request, Can.VIEW):
        raise PermissionDenied
    is_ignored = request.GET.get("state") == DriftState.IGNORED
    mine = _mine(request)
    found = mine.filter(state=DriftState.IGNORED) if is_ignored else mine.exclude(state=DriftState.IGNORED)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page", "")[:6])
    rows = [_row(request, drift) for drift in page if not drifts.is_over(drift)]
    connections = Connection.objects.for_staff(staff(request)).filter(is_active=True)
    context = {
        "rows": rows,
        "page": page,
        "is_ignored": is_ignored,
        "waiting": mine.exclude(state=DriftState.IGNORED).count(),
        "ignored": mine.filter(state=DriftState.IGNORED).count(),
        "has_connections": connections.exists(),
        "compared_at": connections.aggregate(last=Max("pulled_at"))["last"],
        "unheard": _unheard(request),
        "many": len({row.drift.business_id for row in rows}) > 1,
    }
    return framed(request, "admin/providers/differences.html", context, _("Differences"))


def _unheard(request: HttpRequest) -> list[Unheard]:
    """Of the last days; the next comparing finds what they told."""
    given_up = Inbound.objects.for_staff(staff(request)).filter(state=InboundState.FAILED)
    rows = given_up.filter(updated_at__gte=timezone.now() - LATELY).values("connection", "code")
    counts = rows.annotate(count=Count("pk")).order_by("connection", "code")
    connections = Connection.objects.for_staff(staff(request)).in_bulk([row["connection"] for row in counts])
    return [Unheard(str(connections[row["connection"]]), row["count"], words(row["code"])) for row in counts]


def _mine(request: HttpRequest) -> Any:
    rows = Drift.objects.for_staff(staff(request))
    related = ("business", "connection", "invoice__customer")
    return rows.select_related(*related).defer("connection__sealed_credentials", "connection__sealed_tokens")


def _row(request: HttpRequest, drift: Drift) -> Row:
    allowed = [one for one in repairs_of(drift) if staff(request).can(one.can, drift.business_id)]
    is_there = drift.standing != Standing.GONE
    link = drift.link if is_there and drift.link.startswith(("https://", "http://")) else ""
    there = Pill(standing_word(drift), TONES.get(drift.standing, "neutral"))
    return Row(drift, why(drift), _here(drift), there, link, is_there, allowed)


def _here(drift: Drift) -> Pill | None:
    if drift.invoice is None:
        return None
    situation = drift.invoice.situation(drift.business.today())
    return Pill(str(situation.label), situation.tone)


@require_POST
def repair(request: HttpRequest, pk: str, name: str) -> HttpResponse:
    drift = _mine(request).filter(pk=key_of(pk) or 0).first()
    if drift is None or name not in REPAIRS:
        raise Http404
    if not staff(request).can(REPAIRS[name].can, drift.business_id):
        raise PermissionDenied
    try:
        done = perform(drift, name, by=request.user)
        messages.success(request, str(done.done))
    except (Conflict, Problem) as refused:
        messages.error(request, refused.text)
    return redirect(BACK)

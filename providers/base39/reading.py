"""The rows behind answers: one invoice, a page of them, and whom the client means by its ids. Of the caller's business
only; the number of queries does not grow with the rows.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Max, Prefetch, Q
from django.utils.translation import gettext as _

from businesses.models import Account, Business, Event
from core.ids import unprefixed
from core.problems import Problem
from customers import actions as customers
from customers.models import Customer
from gateway.callers import Caller
from gateway.models import ApiKey
from gateway.refusals import Refused, not_found
from invoices.models import Invoice, Line
from invoices.status import Status
from payments.models import PaymentIntent
from providers.base39 import wire
from providers.base39.answering import Told
from providers.base39.codec import NAME, TYPES
from providers.base39.options import Options

LINE = ("invoice", "public_id", "name", "total", "discount", "extras")
"""The columns that an item is told from; there may be many of them."""
STATUSES = frozenset({*Status.values, "refunded"})
REFUNDED = Q(status=Status.PAID, amount_paid=0, allowance_total__gt=0)
"""`answering.is_refunded` for the database."""


def invoices(caller: Caller) -> Any:
    """Deleted drafts too: they can be read, but are in no list."""
    rows = Invoice.objects.for_business(caller.business).select_related("customer", "account")
    return rows.prefetch_related(Prefetch("lines", Line.objects.only(*LINE)), "intents__attempts")


def invoice(caller: Caller, text: str) -> Invoice:
    return _one(caller, text, invoices(caller))


def to_change(caller: Caller, text: str) -> Invoice:
    """Locked until the transaction ends: of two who change its items, the second starts from what the first left.
    Without its parts: whoever rewrites lines needs all of their columns.
    """
    rows = Invoice.objects.for_business(caller.business).select_related("customer", "account")
    return _one(caller, text, rows.select_for_update(of=("self",)))


def _one(caller: Caller, text: str, rows: Any) -> Invoice:
    key = unprefixed(text, "inv")
    found: Invoice | None = rows.filter(public_id=key).first() if key else None
    if found is None:
        raise not_found()
    found.business = caller.business
    return found


def told(caller: Caller, rows: Sequence[Invoice]) -> Told:
    events: dict[str, list[Event]] = {}
    names = [f"invoice:{row.pk}" for row in rows]
    for event in Event.objects.filter(subject__in=names).order_by("pk"):
        events.setdefault(event.subject, []).append(event)
    return Told(caller.business, Options.of(caller.key.options), events, _clients(caller, events.values()))


def _clients(caller: Caller, events: Iterable[Iterable[Event]]) -> dict[str, str]:
    """Client ids by the names of keys. Events know only the name, so one that several keys have had tells nobody."""
    names = {event.actor.removeprefix("key:") for some in events for event in some}
    keys = ApiKey.objects.for_business(caller.business).filter(name__in=names)
    single = keys.order_by().values("name").annotate(client=Max("public_id"), keys=Count("pk")).filter(keys=1)
    return dict(single.values_list("name", "client"))


def page(caller: Caller, query: wire.ListQuery) -> tuple[list[Invoice], bool]:
    wanted = invoices(caller).current().filter(_wanted(caller, query)).defer("search_text", "terms")
    rows, has_more = _page(caller, wanted, query, "inv")
    for row in rows:
        row.business = caller.business
    return rows, has_more


def _page(caller: Caller, rows: Any, query: wire.PageQuery, prefix: str) -> tuple[list[Any], bool]:
    """Newest first, and whether more follow in the direction that was asked for."""
    if query.starting_after and query.ending_before:
        raise Problem(_("Either what comes after or what comes before."), field="ending_before", code="both")
    after, before = (
        _place(caller, rows.model, getattr(query, name), name, prefix)
        for name in ("starting_after", "ending_before")
    )
    if after:
        rows = rows.filter(pk__lt=after)
    rows = rows.filter(pk__gt=before).order_by("pk") if before else rows.order_by("-pk")
    found = list(rows[: query.limit + 1])
    kept = found[: query.limit]
    return kept[::-1] if before else kept, len(found) > query.limit


def _place(caller: Caller, model: Any, text: str, field: str, prefix: str) -> int | None:
    if not text:
        return None
    rows = model.objects.for_business(caller.business).filter(public_id=unprefixed(text, prefix))
    found: int | None = rows.values_list("pk", flat=True).first()
    if found is None:
        raise Problem(_("Not found."), field=field, code="cursor")
    return found


def _wanted(caller: Caller, query: wire.ListQuery) -> Q:
    """Words that do not exist are refused; payers and beneficiaries that do not exist have no invoices."""
    wanted = Q()
    if query.payer:
        wanted &= _payers(query.payer)
    if query.beneficiary:
        wanted &= _beneficiaries(caller.business, query.beneficiary)
    if query.due_date_start:
        wanted &= Q(due_on__gte=query.due_date_start)
    if query.due_date_end:
        wanted &= Q(due_on__lte=query.due_date_end)
    if query.status:
        wanted &= _statuses(_words(query.status, STATUSES, "status"), Options.of(caller.key.options))
    if query.type:
        words = _words(query.type, TYPES.values(), "type")
        wanted &= Q(kind__in=[kind for kind, word in TYPES.items() if word in words])
    if query.purpose:
        wanted &= _purposes(_words(query.purpose, PURPOSES, "purpose"))
    return wanted


PURPOSES = (*wire.Purpose.__args__, "internal_collector")  # type: ignore[attr-defined]
USUAL = "regular"


def _words(text: str, known: Iterable[str], field: str) -> list[str]:
    words = [word for word in text.split(",") if word]
    if set(words) - set(known):
        raise Problem(_("Not one of the choices."), field=field, code="choice")
    return words


def _statuses(words: list[str], options: Options) -> Q:
    plain = Q(status__in=[word for word in words if word != "refunded"])
    if not options.tells_refunds:
        return plain
    return plain & ~REFUNDED | REFUNDED if "refunded" in words else plain & ~REFUNDED


def _purposes(words: list[str]) -> Q:
    path = f"extras__{NAME}__purpose"
    wanted = Q(**{f"{path}__in": words})
    return wanted | Q(**{f"{path}__isnull": True}) if USUAL in words else wanted


def _payers(text: str) -> Q:
    names = _said(text.split(","))
    keys = [unprefixed(name, "cust", "comp") for name in names]
    return Q(customer__public_id__in=list(filter(None, keys))) | Q(customer__external_id__in=names)


def _beneficiaries(business: Business, text: str) -> Q:
    names = _said(text.split(","))
    keys = list(filter(None, (unprefixed(name, "fund") for name in names)))
    wanted = Q(account__public_id__in=keys) | Q(account__external_id__in=names)
    if business.public_id in keys:
        wanted |= Q(account=None) | Q(account__is_default=True)
    return wanted


def _said(names: Iterable[str]) -> list[str]:
    """A blank id means nobody, not everybody without one."""
    return list(filter(None, map(str.strip, names)))


def payer(business: Business, text: str) -> Customer:
    text = text.strip()
    key = unprefixed(text, "cust", "comp")
    found: Customer | None = (
        Customer.objects.for_business(business).filter(public_id=key).first() if key else None
    )
    found = found or customers.match(business, external_id=text)
    if found is None:
        raise Refused(404, "payer_not_found", _("No such payer."))
    return found


def beneficiary(business: Business, text: str) -> Account | None:
    """The account that gets the money: of the business's usual one, if it has any."""
    rows, text = Account.objects.for_business(business).order_by("pk"), text.strip()
    key = unprefixed(text, "fund")
    if key == business.public_id:
        usual: Account | None = rows.filter(is_default=True).first()
        return usual
    found: Account | None = rows.filter(public_id=key).first() if key else None
    found = found or (rows.filter(external_id=text).first() if text else None)
    if found is None:
        raise Refused(404, "beneficiary_not_found", _("No such beneficiary."))
    return found


def line(row: Invoice, text: str) -> Line:
    key = unprefixed(text, "item")
    for each in row.lines.all():
        if each.public_id == key:
            return each
    raise Refused(404, "invoice_item_not_found", _("No such item."))


def intents(caller: Caller) -> Any:
    rows = PaymentIntent.objects.for_business(caller.business).prefetch_related("attempts")
    return rows.select_related("invoice__customer", "invoice__account")


def intent(caller: Caller, text: str) -> PaymentIntent:
    key = unprefixed(text, "pi")
    found: PaymentIntent | None = intents(caller).filter(public_id=key).first() if key else None
    if found is None:
        raise Refused(404, "payment_intent_not_found", _("No such payment intent."))
    found.invoice.business = found.business = caller.business
    return found


def intents_page(caller: Caller, query: wire.PageQuery, invoice: str) -> tuple[list[PaymentIntent], bool]:
    """Those of some invoices (ids by commas), or of all."""
    rows = intents(caller)
    if invoice:
        keys = [unprefixed(name, "inv") for name in invoice.split(",")]
        rows = rows.filter(invoice__public_id__in=_said(keys))
    found, has_more = _page(caller, rows, query, "pi")
    for row in found:
        row.invoice.business = caller.business
    return found, has_more

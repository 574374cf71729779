"""What people can do about a difference, by its kind; each a single click, and on the record."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.events import record
from businesses.roles import Can
from core.problems import Conflict
from invoices.models import Invoice
from payments import actions as payments
from payments.actions import Incoming, Target
from payments.models import Method
from providers import actions, drifts
from providers.models import GENERATION, Drift, DriftKind, DriftState, RemoteInvoice
from providers.registry import CONNECTORS


@dataclass(frozen=True)
class Repair:
    """`operations`: of these the connector must know one. `after` is the state that it leaves; None settles it."""

    name: str
    label: str | Promise
    done: str | Promise
    can: Can
    kinds: frozenset[DriftKind]
    act: Callable[[Drift, "Repair", object], None]
    operations: tuple[str, ...] = ()
    after: DriftState | None = None

    def holds(self, drift: Drift) -> bool:
        is_known = drift.kind in self.kinds and drift.state != DriftState.ASKED
        return is_known and (not self.operations or bool(operation_of(drift, self)))


def operation_of(drift: Drift, repair: Repair) -> str:
    """The first that this provider knows; "" for none."""
    able = CONNECTORS[drift.connection.provider].operations
    return next((name for name in repair.operations if name in able), "")


def perform(drift: Drift, name: str, *, by: object = None) -> Repair:
    """Raises Conflict when the difference is another one now, and what the action itself refuses."""
    repair = REPAIRS[name]
    with transaction.atomic():
        if drift.invoice_id:
            payments.locked_invoices(drift.business_id, [drift.invoice_id])
        rows = Drift.objects.for_business(drift.business_id).select_related("invoice", "connection")
        now = rows.select_for_update(of=("self",)).filter(pk=drift.pk).first()
        if now is None or now.kind != drift.kind or not repair.holds(now) or drifts.is_over(now):
            raise Conflict(_("This difference is not there any more."))
        repair.act(now, repair, by)
        _leave(now, repair)
        about = {"repair": name, "kind": now.kind, "provider": now.connection.provider}
        record(
            "invoice.drift_repaired",
            now.invoice or now.connection,
            business=now.business_id,
            by=by,
            data=about,
        )
    return repair


def _leave(drift: Drift, repair: Repair) -> None:
    if repair.after is None:
        drifts.settle(drift.connection, {drift.key})
    else:
        drifts.set_state(drift, repair.after)


def _invoice(drift: Drift) -> Invoice:
    assert drift.invoice is not None
    return drift.invoice


def _receive(drift: Drift, _repair: Repair, by: object) -> None:
    """What they say was paid and we have not got; all that is due when they name no sum."""
    invoice = _invoice(drift)
    missing = drift.paid - invoice.amount_paid if drift.paid is not None else invoice.amount_remaining
    name = str(invoice.amount_paid + missing)
    if doubtful := drifts.doubtful(drift):
        missing, name = doubtful, f"{drift.paid}+{doubtful}"
    incoming = Incoming(
        missing,
        invoice.currency,
        Method.OTHER,
        timezone.now(),
        source=drift.connection.provider,
        external_id=f"{drift.remote_id}:{name}",
    )
    payments.receive(invoice.business, incoming, [Target(invoice.pk)], by=by)


def _ask(drift: Drift, repair: Repair, by: object) -> None:
    actions.request_push(_invoice(drift), drift.connection, operation=operation_of(drift, repair), by=by)


def _push_again(drift: Drift, repair: Repair, by: object) -> None:
    """It is as if it had never been there, but for the keys that were used up."""
    rows = RemoteInvoice.objects.for_business(drift.business_id).filter(connection=drift.connection)
    blank = {"remote_id": "", "number": "", "link": "", "standing": "", "word": ""}
    for row in rows.select_for_update(of=("self",)).filter(invoice=drift.invoice):
        notes = {GENERATION: int(row.notes.get(GENERATION, 0)) + 1}
        fresh = {**blank, "notes": notes, "total": None, "paid": None, "updated_at": timezone.now()}
        rows.filter(pk=row.pk).update(**fresh)
    _ask(drift, repair, by)


def _void(drift: Drift, _repair: Repair, by: object) -> None:
    payments.void(_invoice(drift), by=by)


def _nothing(_drift: Drift, _repair: Repair, _by: object) -> None:
    """Only what follows from the repair itself."""


K = DriftKind
REPAIRS = {
    repair.name: repair
    for repair in [
        Repair(
            "receive",
            gettext_lazy("Register the payment"),
            gettext_lazy("The payment is registered."),
            Can.RECEIVE,
            frozenset({K.PAID_THERE, K.PERHAPS_PAID}),
            _receive,
        ),
        Repair(
            "tell",
            gettext_lazy("Tell them it is paid"),
            gettext_lazy("It is on its way to the provider."),
            Can.RECEIVE,
            frozenset({K.PAID_HERE}),
            _ask,
            ("pay", "void"),
            DriftState.ASKED,
        ),
        Repair(
            "push",
            gettext_lazy("Push again"),
            gettext_lazy("It is on its way to the provider."),
            Can.ISSUE,
            frozenset({K.MISSING_THERE}),
            _push_again,
            ("issue",),
            DriftState.ASKED,
        ),
        Repair(
            "cancel",
            gettext_lazy("Cancel it there"),
            gettext_lazy("It is on its way to the provider."),
            Can.VOID,
            frozenset({K.VOID_HERE, K.AMOUNT, K.PAID_HERE}),
            _ask,
            ("void",),
            DriftState.ASKED,
        ),
        Repair(
            "void",
            gettext_lazy("Void it here too"),
            gettext_lazy("The invoice is void."),
            Can.VOID,
            frozenset({K.VOID_THERE}),
            _void,
        ),
        Repair(
            "ignore",
            gettext_lazy("Ignore"),
            gettext_lazy("It stays as it is, until something about it changes."),
            Can.RECEIVE,
            frozenset(K),
            _nothing,
            after=DriftState.IGNORED,
        ),
    ]
}


def repairs_of(drift: Drift) -> list[Repair]:
    """What can be done now; the one that mends it first."""
    is_ignored = drift.state == DriftState.IGNORED
    held = [repair for repair in REPAIRS.values() if repair.holds(drift)]
    if drift.kind == K.PAID_HERE and "pay" not in CONNECTORS[drift.connection.provider].operations:
        held = [repair for repair in held if repair.name != "cancel"]  # telling is cancelling there
    return [repair for repair in held if not (is_ignored and repair.name == "ignore")]

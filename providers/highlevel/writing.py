"""Creating and changing invoices as HighLevel's calls do: a draft is replaced, a sent invoice gets a new revision."""

from dataclasses import replace

from businesses.roles import Can
from customers.models import Customer
from gateway.callers import Caller
from invoices import actions, moves, revisions, rows
from invoices.draft import InvoiceDraft
from invoices.models import Invoice
from invoices.status import Status
from payments import actions as payments
from providers.highlevel import codec, lookup, people, wire
from providers.highlevel.parts import NAME


def create(caller: Caller, body: wire.CreateInvoice | wire.Text2Pay) -> Invoice:
    customer = people.of_invoice(caller.business, body.contactDetails, by=caller.actor)
    base = lookup.start(caller.business, customer)
    draft = codec.read(body, base, lookup.known(caller.business, body.lines))
    return actions.create(caller.business, draft, by=caller.actor)


def create_simple(caller: Caller, body: wire.SimpleInvoice) -> Invoice:
    """Document 000's form, which alone may ask for an invoice that is open at once."""
    customer = lookup.contact(caller.business, body.contactId)
    draft = codec.read_simple(body, lookup.start(caller.business, customer))
    invoice = actions.create(caller.business, draft, by=caller.actor)
    return issue(caller, invoice) if body.status == "open" else invoice


def customer_of(caller: Caller, body: wire.InvoiceIn) -> Customer | None:
    """The contact's details say whom it is for; else their id; None when neither is said."""
    if body.contactDetails:
        return people.of_invoice(caller.business, body.contactDetails, by=caller.actor)
    return lookup.contact(caller.business, body.contactId) if body.contactId else None


def update(caller: Caller, invoice: Invoice, body: wire.InvoiceIn) -> Invoice:
    base = codec.blank(rows.read(invoice))
    customer = customer_of(caller, body)
    if customer is not None:
        base = replace(base, customer_id=customer.pk)
    return store(caller, invoice, codec.read(body, base, lookup.known(caller.business, body.lines)))


def store(caller: Caller, invoice: Invoice, draft: InvoiceDraft) -> Invoice:
    """Raises Conflict when the invoice is paid, in part or wholly, or void."""
    if invoice.status == Status.DRAFT:
        return actions.revise(invoice, draft, version=invoice.version, by=caller.actor)
    caller.require(Can.ISSUE)
    return revisions.revise(invoice, draft, version=invoice.version, by=caller.actor)


def issue(caller: Caller, invoice: Invoice) -> Invoice:
    caller.require(Can.ISSUE)
    return payments.issue(invoice, by=caller.actor)


def send(caller: Caller, invoice: Invoice, body: wire.SendInvoice) -> None:
    """Issue a draft; how it was to be sent stays with it. One that is issued already is sent again: nothing changes."""
    moves.require(invoice, set(Status) - {Status.VOID})
    if invoice.status != Status.DRAFT:
        return
    draft = rows.read(invoice)
    said = body.model_dump(include={"action", "userId", "sentFrom", "autoPayment"}, exclude_none=True)
    kept = {**draft.extras.get(NAME, {}), "send": said}
    live = draft.live_mode if body.liveMode is None else body.liveMode
    draft = replace(draft, live_mode=live, extras={**draft.extras, NAME: kept})
    issue(caller, actions.revise(invoice, draft, version=invoice.version, by=caller.actor))

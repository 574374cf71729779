"""How one of our invoices is asked for at Base39, and how it is read and looked for there."""

from typing import Any

from django.utils.translation import gettext as _

from invoices.draft import InvoiceDraft
from invoices.totals import compute
from providers import early, rounds, withheld
from providers.base39 import codec
from providers.base39.calls import Session
from providers.base39.codec import Unit
from providers.base39.seen import OUR_ID, OUR_NUMBER, seen
from providers.connector import Doubtful, Job, Refused, Seen, Standing, Steps
from providers.objects import dict_of, quoted, rows_of, text_of

PAGE, PAGES = 50, 20
"""As many of a customer's invoices with one due date are looked through."""
ENDED = (Standing.VOID, Standing.GONE)


def body_of(session: Session, remote_id: str) -> Steps[dict[str, Any]]:
    return (yield from session.get(f"invoices/{quoted(remote_id)}"))


def look(session: Session, remote_id: str) -> Steps[Seen]:
    try:
        body = yield from body_of(session, remote_id)
    except Refused as refused:
        if refused.status != 404:
            raise
        return Seen(remote_id, Standing.GONE, "404")
    return seen(body, session.unit)


def found(session: Session, job: Job) -> Steps[Seen | None]:
    """The invoice that has our id; one that was voided there only when there is no other. What was deleted there may
    be made anew.
    """
    mine: dict[str, Seen] = {}
    for payer in rounds.payers(job, job.bill.payer["external_id"]):
        for row in (yield from _due_that_day(session, job, payer)):
            if dict_of(row.get("metadata")).get(OUR_ID) == job.bill.public_id:
                one = seen(row, session.unit)
                mine[one.id] = one
    mine = {key: one for key, one in mine.items() if one.standing != Standing.GONE}
    current = [one for one in mine.values() if one.standing != Standing.VOID]
    if len(current) > 1:
        message = _("There are several invoices there with our reference %(ref)s.")
        raise Doubtful(message % {"ref": job.bill.public_id})
    return next(iter([*current, *mine.values()]), None)


def _due_that_day(session: Session, job: Job, payer: str) -> Steps[list[dict[str, Any]]]:
    day, rows = job.bill.draft.due_on.isoformat(), list[dict[str, Any]]()
    query = {"beneficiary": job.access.credentials["beneficiary"], "payer": payer}
    query |= {"due_date_start": day, "due_date_end": day, "limit": str(PAGE)}
    for _page in range(PAGES):
        page = yield from session.get("invoices", query)
        rows += (new := rows_of(page, "data"))
        if not new or page.get("hasMore") is not True:
            return rows
        query["starting_after"] = text_of(new[-1], "id")
    raise Doubtful(_("There are too many invoices there to look for this one."))


def creation(job: Job, unit: Unit) -> dict[str, Any]:
    """What asks for the invoice; Base39 shall add no discounts and fines by itself."""
    bill, mine = job.bill, job.access.credentials
    body = codec.write(bill.draft, unit, bill.payer["external_id"], mine["beneficiary"])
    if bill.withheld:
        _lower(body["items"], bill.draft, unit)
    words = [early.sentence(bill), body.get("description") or bill.number]
    return {
        **body,
        "description": "\n".join(filter(None, words)),
        "metadata": {**bill.draft.metadata, OUR_ID: bill.public_id, OUR_NUMBER: bill.number},
        "autoFinalize": job.access.options.get("finalize") == "at_once",
        "updateInvoiceItemOnInsert": False,
    }


def _lower(items: list[dict[str, Any]], draft: InvoiceDraft, unit: Unit) -> None:
    """What is withheld at source joins the discounts of the lines, which are the first items."""
    sums, shares = compute(draft).lines, withheld.shares(draft)
    for item, line, each, share in zip(items, draft.lines, sums, shares, strict=False):
        if share:
            item["discount"] = unit.write(each.discount + share)
            words = withheld.told_of_line(draft, line, share)
            item["description"] = f"{item.get('description') or line.name} ({words})"

"""We as a client of Aira as it is today: what a connection asks for, what can be pushed, and what comes back."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.telling import Limits
from core.problems import Problem
from providers import early, unpushable
from providers.aira import issuing
from providers.aira.calls import Session
from providers.aira.seen import seen
from providers.connector import (
    EARLY,
    Access,
    Bill,
    Credential,
    Job,
    News,
    Option,
    Recovery,
    Secured,
    Seen,
    Steps,
)
from providers.hearing import body_of, check_token, id_in
from providers.objects import dict_of, rows_of, seen_in

NAME = "Aira"
KEY = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)
PAGE, MOST = 100, 5000
EARLIER = timedelta(days=60)
"""Its list knows no due dates, so what was invoiced so long before is looked at too."""


class Client:
    name = "aira"
    live_url = "https://api.useaira.com"
    test_url = "https://api.useaira.com"
    credentials: Sequence[Credential] = (
        Credential("api_key", gettext_lazy("API key")),
        Credential(
            "payment_account",
            gettext_lazy("payment account"),
            is_secret=False,
            help=gettext_lazy("The id of the account that is paid."),
        ),
        Credential(
            "webhook_token",
            gettext_lazy("token of its webhooks"),
            is_required=False,
            help=gettext_lazy("What it sends as X-Webhook-Token."),
        ),
    )
    options: Sequence[Option] = (
        Option(
            "customer",
            gettext_lazy("customers"),
            (
                ("external", gettext_lazy("by their external id here, as external id there")),
                ("ours", gettext_lazy("by our own id, as external id there")),
                ("theirs", gettext_lazy("by their external id here, which is Aira’s own id")),
            ),
        ),
        EARLY,
    )
    limits = Limits(10)
    recovery = Recovery.KEY
    operations: Mapping[str, Callable[[Job], Steps[None]]] = {"issue": issuing.issue, "void": issuing.void}

    def refuse(self, bill: Bill, access: Access) -> None:
        """A line is an amount there: quantities, discounts and taxes are in it."""
        unpushable.check(bill, NAME, lowers_lines=True)
        early.check(bill, access, NAME)
        name, value = issuing.payer_of(bill, access.options.get("customer", ""))
        if not value:
            message = _("Enter the customer's id at %(provider)s as its external id.")
            raise Problem(message % {"provider": NAME}, field="customer", code="payer")
        if name == "externalCustomerId" and not KEY.fullmatch(value):
            message = _("Aira takes only letters, digits, - and _ in the customer's external id “%(id)s”.")
            raise Problem(message % {"id": value}, field="customer", code="payer")

    def check(self, access: Access) -> Steps[str]:
        rows_of((yield from Session(access).get("", {"limit": "1", "offset": "0"})), "items")
        return access.credentials["payment_account"]

    def look(self, access: Access, remote_id: str) -> Steps[Seen]:
        return (yield from issuing.look(Session(access), remote_id))

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        session, found = Session(access), list[Seen]()
        query = {"invoiceDate.gte": (since - EARLIER).isoformat(), "limit": str(PAGE)}
        for start in range(0, MOST, PAGE):
            page = yield from session.get("", {**query, "offset": str(start)})
            rows = rows_of(page, "items")
            found += seen_in([row for row in rows if _is_since(row, since.isoformat())], seen)
            if not rows or page.get("hasMore") is not True:
                break
        return found

    def hear(self, access: Access, webhook: Secured) -> list[News]:
        """`{id, event, payload}`; which payment or status it tells is read again."""
        shown = webhook.headers.get("x-webhook-token", "")
        check_token(shown, access.credentials.get("webhook_token", ""))
        body = dict_of(body_of(webhook.body))
        remote_id = _invoice_id(dict_of(body.get("payload")), str(body.get("event")))
        return [News(remote_id)] if remote_id else []


def _is_since(row: Mapping[str, Any], day: str) -> bool:
    """Days as ISO 8601 sort as texts."""
    return max(str(row.get("invoiceDate") or ""), str(row.get("dueDate") or "")) >= day


def _invoice_id(payload: Mapping[str, Any], event: str) -> str:
    own = payload if event.startswith("invoice.") else {}
    found = dict_of(payload.get("invoice")).get("id") or payload.get("invoiceId") or own.get("id")
    return id_in(found)


AIRA = Client()

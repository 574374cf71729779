"""We as a client of Base39: what a connection asks for, what can be pushed, and what comes back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.telling import Limits
from core.problems import Problem
from providers import early, unpushable
from providers.base39 import asking, issuing
from providers.base39.calls import Session
from providers.base39.seen import seen
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
from providers.hearing import check_token, ids_in
from providers.objects import rows_of, seen_in, text_of

NAME = "Base39"
PAGE, MOST = 50, 5000
"""Invoices a page (an answer has at most a megabyte), and of all pages."""


class Client:
    name = "base39"
    live_url = "https://api.base39.io"
    test_url = "https://api.base39.io"
    credentials: Sequence[Credential] = (
        Credential("api_key", gettext_lazy("API key"), is_required=False, help="bs_live_…"),
        Credential("client_id", "client_id", is_secret=False, is_required=False,
                   help=gettext_lazy("Instead of an API key, with its secret.")),
        Credential("client_secret", "client_secret", is_required=False),
        Credential("auth_url", gettext_lazy("address for tokens"), is_secret=False, is_required=False,
                   help="https://auth.base39.com.br/oauth2/token"),
        Credential("beneficiary", gettext_lazy("beneficiary"), is_secret=False,
                   help=gettext_lazy("The fund that is paid: fund_…")),
        Credential("webhook_token", gettext_lazy("token of its webhooks"), is_required=False,
                   help=gettext_lazy("What was registered there as the Authorization header.")),
    )  # fmt: skip
    options: Sequence[Option] = (
        Option("money", gettext_lazy("amounts"),
               [("major", gettext_lazy("in reais")), ("minor", gettext_lazy("in centavos"))]),
        Option("finalize", gettext_lazy("finalize"),
               [("after", gettext_lazy("after its total was compared")),
                ("at_once", gettext_lazy("with its creation"))]),
        Option("charges", gettext_lazy("payment charges"),
               [("none", gettext_lazy("no charges")),
                ("offered", gettext_lazy("Pix and boleto, as the invoice offers them"))]),
        EARLY,
    )  # fmt: skip
    limits = Limits(20)
    recovery = Recovery.KEY
    operations: Mapping[str, Callable[[Job], Steps[None]]] = {
        "issue": issuing.issue,
        "void": issuing.void,
        "pay": issuing.pay,
    }

    def refuse(self, bill: Bill, access: Access) -> None:
        """Lines have no quantities, taxes or terms there: all of that is in their amounts."""
        unpushable.check(bill, NAME, lowers_lines=True)
        early.check(bill, access, NAME)
        if not bill.payer.get("external_id"):
            message = _("Enter the customer's id at %(provider)s as its external id.")
            raise Problem(message % {"provider": NAME}, field="customer", code="payer")

    def check(self, access: Access) -> Steps[str]:
        whose = access.credentials["beneficiary"]
        yield from Session(access).get("invoices", {"beneficiary": whose, "limit": 1})
        return whose

    def look(self, access: Access, remote_id: str) -> Steps[Seen]:
        return (yield from asking.look(Session(access), remote_id))

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        """By due date: none is due before it is issued."""
        session, found = Session(access), list[Seen]()
        whose = access.credentials["beneficiary"]
        query = {"beneficiary": whose, "due_date_start": since.isoformat(), "limit": str(PAGE)}
        while len(found) < MOST:
            page = yield from session.get("invoices", query)
            rows = rows_of(page, "data")
            found += seen_in(rows, lambda row: seen(row, session.unit))
            if not rows or page.get("hasMore") is not True:
                break
            query["starting_after"] = text_of(rows[-1], "id")
        return found

    def hear(self, access: Access, webhook: Secured) -> list[News]:
        """What its body looks like is nowhere published: each invoice that it names is read again."""
        check_token(webhook.headers.get("authorization", ""), access.credentials.get("webhook_token", ""))
        return [News(found) for found in ids_in(webhook.body, r"inv_[0-9A-Za-z]{1,60}")]


BASE39 = Client()

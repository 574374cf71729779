"""A business with a row of everything that the APIs speak of, and the ids of those rows in each API's own form."""

from typing import Any

from businesses.models import Account, Business, Event
from core.ids import as_uuid, prefixed
from customers.models import Customer
from invoices.models import Invoice
from notifications import actions as notifications
from outbox.actions import fan_out
from outbox.models import Delivery
from payments import credit_notes, intents
from payments.credit_notes import Credit
from tests import factories
from tests.payments.money import pay

PREFIXES = {"customers": "cust", "lines": "item", "payment-intents": "pi", "businesses": "fund"}
KINDS = {
    "invoice-items": "lines", "line-items": "lines", "contacts": "customers",
    "capture": "invoices", "refund": "invoices", "cancel": "invoices", "by-provider-id": "invoices",
}  # fmt: skip
"""Which rows a word of a path means, where it is not our own word for them."""
NAMED: dict[str, dict[str, str]] = {
    "faturo": {
        "customer": "customers", "invoice": "invoices", "product": "products", "price": "prices", "tax": "taxes",
        "payment": "payments",
    },
    "highlevel": {
        "altId": "businesses", "locationId": "businesses", "contactId": "customers", "id": "customers",
        "invoiceId": "invoices", "productId": "products", "priceId": "prices",
    },
    "base39": {"payer": "customers", "beneficiary": "businesses", "invoice": "invoices"},
    "aira": {"customerId": "customers", "paymentAccountId": "businesses", "productId": "products"},
    "fatoripay": {},
}  # fmt: skip
"""Which names in queries and bodies mean which rows."""
COMMON = {
    "currency": ["BRL"], "country": ["BR"], "countryCode": ["BR"], "email": ["ana@example.com"], "state": ["SP"],
    "phone": ["+5511987654321"], "phoneNo": ["+5511987654321"], "cellphone": ["11987654321"],
    "zipcode": ["01310100"], "zip_code": ["01310-100"], "cpfcnpj": [factories.CPF], "tax_id": [""],
    "due_date": ["31-12-2031", "31/12/2031"], "price": ["100.25", "100,25"], "amount": ["1.50"],
    "dueDate": ["2031-12-31"], "invoiceDate": ["2031-12-31"], "startDate": ["2031-12-01"], "endDate": ["2031-12-31"],
    "expireAt": ["2031-12-31"], "altType": ["location"],
}  # fmt: skip
"""What a document can only call a text."""


class House:
    """`name` is in every text of its rows, so that a leak is seen wherever it happens."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._reference = f"ref-{len(name)}"
        self.business: Business = factories.make_business(slug=name, legal_name=f"{name} Ltda")
        customer = factories.make_customer(
            self.business,
            f"Customer of {name}",
            tax_id=factories.CPF,
            tax_id_kind="cpf",
            email=f"{name}@example.com",
        )
        product = factories.make_product(self.business, f"Product of {name}")
        self.draft = self._invoice(customer)
        self.issued = factories.issue(self._invoice(customer))
        self.paid = factories.issue(self._invoice(customer))
        payment = pay(self.paid, self.paid.total)
        hook, _secret = notifications.create(
            self.business, url="https://example.com/", events=["*"], name=f"Hook of {name}"
        )
        trigger, _secret = notifications.create(
            self.business,
            url="https://example.com/",
            events=["*"],
            dialect="fatoripay",
            extras={"action": "payment_received"},
        )
        account = Account.objects.create(business=self.business, name=f"Till of {name}")
        self.credited = factories.issue(self._invoice(customer))
        note = credit_notes.issue(self.credited, [Credit(100)], reason=f"Kindness of {name}")
        invoices = [self.draft, self.issued, self.paid, self.credited]
        fan_out()
        self.rows: dict[str, list[Any]] = {
            "invoices": invoices,
            "lines": [line for invoice in invoices for line in invoice.lines.all()],
            "customers": [customer],
            "products": [product],
            "prices": list(product.prices.all()),
            "taxes": [factories.make_tax(self.business, f"Tax of {name}")],
            "payments": [payment],
            "payment-intents": [intents.create(self.issued, method="pix", provider="base39", amount=100)],
            "credit-notes": [note],
            "webhooks": [hook],
            "triggers": [trigger],
            "deliveries": list(Delivery.objects.for_business(self.business)),
            "accounts": [account],
            "businesses": [self.business],
        }

    def _invoice(self, customer: Customer) -> Invoice:
        fields = {"terms": f"Terms of {self.name}", "external_id": self._reference}
        return factories.make_invoice(customer, [factories.line(name=f"Work of {self.name}")], **fields)

    def ids(self, dialect: str, kind: str) -> list[str]:
        """Of the rows of one kind; events are known by their number."""
        if kind == "events":
            return [
                str(pk) for pk in Event.objects.filter(business=self.business).values_list("pk", flat=True)
            ]
        ids = [row.public_id for row in self.rows.get(kind, ())]
        if dialect in ("aira", "fatoripay"):
            return [as_uuid(key) for key in ids]
        return [prefixed(PREFIXES.get(kind, "inv"), key) for key in ids] if dialect == "base39" else ids

    def known(self, dialect: str) -> dict[str, list[str]]:
        """What may stand under a name in queries and bodies."""
        return COMMON | {name: self.ids(dialect, kind) for name, kind in NAMED[dialect].items()}

    def id_for(self, dialect: str, path: str, name: str, turn: int) -> str:
        """An id for the hole `{name}` of a path: what stands before it says which kind; empty when nothing fits."""
        before = path.partition(f"{{{name}}}")[0].strip("/").split("/")
        if name == "external_id":
            return self._reference
        kind = next(
            (KINDS.get(word, word) for word in reversed(before) if KINDS.get(word, word) in self.rows), ""
        )
        found = self.ids(dialect, kind)
        return found[turn % len(found)] if found else ""

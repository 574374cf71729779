"""What a valid request to each operation is: on which of a business's invoices it works, with which body and query.

`{business}` is always the caller's own id; every other hole is an id of the rows that are asked about.
"""

from dataclasses import dataclass
from typing import Any

from tests import factories

DRAFT, ISSUED, PAID = 0, 1, 2


@dataclass(frozen=True)
class Row:
    """`on`: which invoice. `names`: whether it must be refused when the rows are another business's; what names none,
    or only narrows a list, is answered without them. `works`: whether it is done for the business's own rows.
    """

    on: int = DRAFT
    body: Any = None
    query: str = ""
    names: bool = True
    works: bool = True


OWN = Row(names=False)
NOTE = {"description": "because"}
LATE_FEES = {
    "enable": False,
    "value": 1,
    "type": "fixed",
    "frequency": {"intervalCount": 1, "interval": "day"},
}
ITEM = {"name": "Work", "currency": "BRL", "amount": 10, "qty": 1}
HIGHLEVEL_PLACE = {"altId": "{business}", "altType": "location"}
HIGHLEVEL_INVOICE = {
    **HIGHLEVEL_PLACE,
    "name": "Invoice",
    "currency": "BRL",
    "items": [ITEM],
    "issueDate": "2031-01-01",
    "dueDate": "2031-02-01",
    "businessDetails": {"name": "x"},
    "discount": {"type": "percentage", "value": 0},
    "contactDetails": {
        "id": "{customer}",
        "name": "x",
        "phoneNo": "+5511987654321",
        "email": "x@example.com",
    },
    "sentTo": {"email": ["x@example.com"]},
    "liveMode": True,
}
PLACE = "?altId={business}&altType=location"
PERSON = {"name": "Ana", "email": "ana@example.com", "cellphone": "11987654321", "cpfcnpj": factories.CPF}
FATORIPAY_INVOICE = {
    "ref": "17",
    "due_date": "01-12-2031",
    "customer": PERSON,
    "items": [{"name": "Work", "quantity": 1, "price": "100.25"}],
}
BASE39_INVOICE = {
    "payer": "{customer}",
    "beneficiary": "{business}",
    "type": "pay_off",
    "dueDate": "2031-12-01",
    "items": [{"amount": 10}],
}
WEBHOOK = {"url": "https://example.com/hook", "events": ["invoice.paid"]}

TABLE: dict[str, dict[str, Row]] = {
    "faturo": {
        "POST /invoices/bulk": Row(body={"invoices": [{"customer": "{customer}", "lines": []}]}, names=False),
        "GET /invoices": Row(query="?customer={customer}", names=False),
        "POST /invoices": Row(
            body={
                "customer": "{customer}",
                "lines": [{"product": "{product}", "price": "{price}", "taxes": [{"tax": "{tax}"}]}],
            }
        ),
        "GET /invoices/{id}": Row(),
        "PATCH /invoices/{id}": Row(body={"title": "x"}),
        "DELETE /invoices/{id}": Row(),
        "POST /invoices/{id}/issue": Row(),
        "POST /invoices/{id}/send": Row(ISSUED, {"to": ["maria@example.com"]}),
        "POST /invoices/{id}/void": Row(ISSUED),
        "POST /invoices/{id}/uncollectible": Row(ISSUED),
        "POST /invoices/{id}/duplicate": Row(),
        "POST /invoices/{id}/credit": Row(ISSUED, {"reason": "x", "lines": [{"amount": 100}]}),
        "GET /invoices/{id}/quote": Row(ISSUED),
        "GET /invoices/{id}/pdf": Row(ISSUED),
        "GET /invoices/{id}/lines": Row(),
        "POST /invoices/{id}/lines": Row(body={"name": "x", "unit_price": "1"}),
        "GET /invoices/{id}/lines/{line}": Row(),
        "PATCH /invoices/{id}/lines/{line}": Row(body={"name": "x"}),
        "DELETE /invoices/{id}/lines/{line}": Row(),
        "GET /payments": Row(query="?invoice={invoice}", names=False),
        "POST /payments": Row(
            ISSUED, {"amount": 100, "method": "pix", "invoices": [{"invoice": "{invoice}"}]}
        ),
        "GET /invoices/{id}/payments": Row(PAID),
        "GET /payments/{id}": Row(),
        "POST /payments/{id}/refund": Row(body={"amount": 10}),
        "GET /credit-notes": Row(query="?invoice={invoice}", names=False),
        "GET /credit-notes/{id}": Row(),
        "GET /events": Row(query="?subject=invoice:{invoice}", names=False),
        "GET /invoices/{id}/events": Row(),
        "GET /schedules": OWN,
        "GET /invoices/{id}/schedule": Row(ISSUED),
        "GET /customers": OWN,
        "POST /customers": Row(body={"name": "x"}, names=False),
        "PUT /customers/by-external-id/{external_id}": Row(body={"name": "x"}, names=False),
        "GET /customers/{id}": Row(),
        "PATCH /customers/{id}": Row(body={"name": "x"}),
        "GET /products": OWN,
        "POST /products": Row(body={"name": "x", "taxes": ["{tax}"]}),
        "GET /products/{id}": Row(),
        "PATCH /products/{id}": Row(body={"name": "x"}),
        "GET /products/{id}/prices": Row(),
        "POST /products/{id}/prices": Row(body={"unit_price": "1"}),
        "GET /products/{id}/prices/{price_id}": Row(),
        "PATCH /products/{id}/prices/{price_id}": Row(body={"name": "x"}),
        "DELETE /products/{id}/prices/{price_id}": Row(),
        "GET /taxes": OWN,
        "POST /taxes": Row(body={"name": "x"}, names=False),
        "GET /taxes/{id}": Row(),
        "PATCH /taxes/{id}": Row(body={"name": "x"}),
        "GET /webhooks": OWN,
        "POST /webhooks": Row(body=WEBHOOK, names=False),
        "GET /webhooks/events": OWN,
        "GET /webhooks/{id}": Row(),
        "PATCH /webhooks/{id}": Row(body={"name": "x"}),
        "DELETE /webhooks/{id}": Row(),
        "POST /webhooks/{id}/rotate-secret": Row(),
        "GET /deliveries": Row(query="?webhook={webhook}", names=False),
        "GET /deliveries/{id}": Row(),
        "GET /deliveries/{id}/attempts": Row(),
        "POST /deliveries/{id}/replay": Row(works=False),
        "POST /webhooks/{id}/test": Row(),
        "POST /webhooks/{id}/pause": Row(),
        "POST /webhooks/{id}/resume": Row(works=False),
        "GET /events/catalogue": OWN,
        "GET /business": OWN,
        "GET /accounts": OWN,
        "GET /accounts/{id}": Row(),
        "GET /exports/invoices.csv": OWN,
        "GET /exports/payments.csv": OWN,
        "GET /exports/customers.csv": OWN,
    },
    "highlevel": {
        "GET /invoices/generate-invoice-number": Row(query=PLACE, names=False),
        "GET /invoices/settings": Row(query=PLACE, names=False),
        "GET /invoices/template": Row(query=f"{PLACE}&limit=10&offset=0", names=False),
        "POST /invoices/template": Row(body=HIGHLEVEL_PLACE, works=False),
        "GET /invoices/schedule": Row(query=f"{PLACE}&limit=10&offset=0", names=False),
        "POST /invoices/schedule": Row(body=HIGHLEVEL_PLACE, works=False),
        "POST /invoices/text2pay": Row(
            body={**HIGHLEVEL_INVOICE, "action": "draft", "userId": "u", "id": "{invoice}"}
        ),
        "PATCH /invoices/stats/last-visited-at": Row(ISSUED, {"invoiceId": "{invoice}"}),
        "POST /invoices/{invoiceId}/void": Row(ISSUED, HIGHLEVEL_PLACE),
        "POST /invoices/{invoiceId}/send": Row(
            body={**HIGHLEVEL_PLACE, "action": "email", "userId": "u", "liveMode": True}
        ),
        "POST /invoices/{invoiceId}/record-payment": Row(
            ISSUED, {**HIGHLEVEL_PLACE, "mode": "cash", "notes": "x", "amount": 1}
        ),
        "PATCH /invoices/{invoiceId}/late-fees-configuration": Row(
            body={**HIGHLEVEL_PLACE, "lateFeesConfiguration": LATE_FEES}
        ),
        "POST /invoices": Row(body=HIGHLEVEL_INVOICE, names=False),
        "GET /invoices": Row(query=f"{PLACE}&limit=10&offset=0&contactId={{customer}}", names=False),
        "GET /invoices/{invoiceId}": Row(query=PLACE),
        "PUT /invoices/{invoiceId}": Row(
            body={**{k: v for k, v in HIGHLEVEL_INVOICE.items() if k != "items"}, "invoiceItems": [ITEM]}
        ),
        "DELETE /invoices/{invoiceId}": Row(query=PLACE),
        "POST /contacts/upsert": Row(body={"locationId": "{business}", "name": "x"}, names=False),
        "POST /contacts": Row(body={"locationId": "{business}", "name": "x"}, names=False),
        "GET /contacts": Row(query="?locationId={business}", names=False),
        "GET /contacts/{contactId}": Row(),
    },
    "base39": {
        "GET /v1/invoices": Row(query="?payer={customer}", names=False),
        "POST /v1/invoices": Row(body=BASE39_INVOICE),
        "GET /v1/invoices/{invoice}": Row(),
        "POST /v1/invoices/{invoice}": Row(body=NOTE),
        "DELETE /v1/invoices/{invoice}": Row(),
        "POST /v1/invoices/{invoice}/finalize": Row(body=NOTE),
        "POST /v1/invoices/{invoice}/void": Row(ISSUED, NOTE),
        "POST /v1/invoices/{invoice}/mark-uncollectible": Row(ISSUED, NOTE),
        "GET /v1/invoices/{invoice}/invoice-items": Row(),
        "POST /v1/invoices/{invoice}/invoice-items": Row(body={"amount": 10}),
        "GET /v1/invoices/{invoice}/invoice-items/{item}": Row(),
        "DELETE /v1/invoices/{invoice}/invoice-items/{item}": Row(),
        "GET /v1/invoices/{invoice}/payment-intents": Row(ISSUED),
        "GET /v1/payment-intents": Row(ISSUED, query="?invoice={invoice}", names=False),
        "POST /v1/payment-intents": Row(
            ISSUED, {"amount": 1, "expireAt": "2031-12-01", "method": "pix"}, "?invoice={invoice}"
        ),
        "GET /v1/payment-intents/{intent}": Row(),
        "POST /v1/payment-intents/{intent}/pay": Row(body={}),
    },
    "aira": {
        "GET /v1/invoices": Row(query="?customerId={customer}", names=False),
        "POST /v1/invoices": Row(body={"idempotencyKey": "k", "customerId": "{customer}"}),
        "GET /v1/invoices/by-provider-id/{provider_id}": Row(names=False, works=False),
        "GET /v1/invoices/by-processor-id/{processor_id}": Row(names=False, works=False),
        "GET /v1/invoices/by-external-id/{external_id}": Row(),
        "GET /v1/invoices/{invoice_id}": Row(),
        "PUT /v1/invoices/{invoice_id}": Row(body={"memo": "x"}),
        "POST /v1/invoices/{invoice_id}/cancel": Row(ISSUED),
        "POST /v1/invoices/{invoice_id}/line-item-groups": Row(body={"name": "x"}),
        "PUT /v1/invoices/{invoice_id}/line-item-groups/{group_id}": Row(body={"name": "x"}, works=False),
        "POST /v1/invoices/{invoice_id}/line-items": Row(body={"name": "x", "amount": 100}),
        "PUT /v1/invoices/{invoice_id}/line-items/{line_id}": Row(body={"name": "x"}),
    },
    "fatoripay": {
        "POST /api/v1/invoices/create": Row(body=FATORIPAY_INVOICE, names=False),
        "POST /api/v1/invoices/createRequest": Row(body=FATORIPAY_INVOICE, names=False),
        "GET /api/v1/invoices": OWN,
        "POST /api/v1/invoices/capture/{invoice_id}": Row(ISSUED, {"method": "pix"}, works=False),
        "POST /api/v1/invoices/refund/{invoice_id}": Row(PAID, {}),
        "POST /api/v1/invoices/{invoice_id}/refund": Row(PAID, {}),
        "POST /api/v1/invoices/cancel/{invoice_id}": Row(ISSUED),
        "POST /api/v1/invoices/{invoice_id}/cancel": Row(ISSUED),
        "GET /api/v1/invoices/{invoice_id}": Row(ISSUED),
        "PATCH /api/v1/invoices/{invoice_id}": Row(ISSUED, {"description": "x"}),
        "POST /api/v1/customers/create": Row(body=PERSON, names=False),
        "GET /api/v1/customers": OWN,
        "GET /api/v1/customers/{customer_id}": Row(),
        "GET /api/v1/products": OWN,
        "POST /api/v1/triggers/create": Row(
            body={"name": "x", "action": "payment_received", "notification_url": "https://example.com/hook"},
            names=False,
        ),
        "GET /api/v1/triggers": OWN,
        "DELETE /api/v1/triggers/{trigger_id}": Row(),
    },
}

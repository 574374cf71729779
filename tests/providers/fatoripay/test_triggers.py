"""Triggers: an address for one of three actions, kept as a webhook of ours."""

from typing import Any

import pytest

from businesses.models import Business
from businesses.roles import Role
from notifications.models import WebhookEndpoint
from providers.fatoripay import wire
from tests.gateway.calls import Caller, error_of

pytestmark = pytest.mark.django_db
TRIGGERS = "/api/v1/triggers"
BODY = {"name": "gatilho1", "action": "invoice_created", "notification_url": "https://loja.example/notify"}


@pytest.mark.parametrize("action, kind", [
    ("invoice_created", "invoice.finalized"), ("invoice_status_changed", "invoice.voided"),
    ("payment_received", "payment.received"),
])  # fmt: skip
def test_a_trigger_hears_of_its_action(call: Caller, action: str, kind: str) -> None:
    response = call.post(f"{TRIGGERS}/create", {**BODY, "action": action})
    assert response.status_code == 200
    answer = response.json()
    wire.Trigger.model_validate(answer, strict=True)
    assert {name: answer[name] for name in BODY} == {**BODY, "action": action}
    row = WebhookEndpoint.objects.get()
    assert row.dialect == "fatoripay" and row.wants(kind) and not row.wants("customer.created")
    assert call.get(TRIGGERS).json() == [answer]


def test_a_deleted_trigger_is_gone(call: Caller) -> None:
    answer = call.post(f"{TRIGGERS}/create", BODY).json()
    assert call.delete(f"{TRIGGERS}/{answer['id']}").status_code == 200
    assert call.get(TRIGGERS).json() == []
    assert call.delete(f"{TRIGGERS}/{answer['id']}").status_code == 404


@pytest.mark.parametrize("change, field", [
    ({"notification_url": "http://10.0.0.1/"}, "notification_url"),
    ({"notification_url": "nowhere"}, "notification_url"),
    ({"action": "invoice_deleted"}, "action"), ({"name": ""}, "name"), ({"name": "x" * 101}, "name"),
])  # fmt: skip
def test_triggers_that_cannot_be(call: Caller, change: dict[str, Any], field: str) -> None:
    response = call.post(f"{TRIGGERS}/create", {**BODY, **change})
    assert (response.status_code, list(error_of(response)["errors"])) == (422, [field])


def test_others_neither_see_nor_delete_it(call: Caller, business: Business, other_business: Business) -> None:
    answer = call.post(f"{TRIGGERS}/create", BODY).json()
    stranger, reader = Caller(other_business, "fatoripay"), Caller(business, "fatoripay", role=Role.VIEWER)
    assert stranger.get(TRIGGERS).json() == []
    assert stranger.delete(f"{TRIGGERS}/{answer['id']}").status_code == 404
    assert reader.delete(f"{TRIGGERS}/{answer['id']}").status_code == 403
    assert reader.post(f"{TRIGGERS}/create", BODY).status_code == 403
    assert call.get(TRIGGERS).json() == [answer]

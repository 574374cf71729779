"""The five dialects with routes of the tests' own behind them: for what the door does whatever the route."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel

from businesses.roles import Can
from core.problems import Conflict, Problem
from customers.models import Customer
from gateway import answers
from gateway.dialect import Api, ApiRequest, Dialect, dialects
from tests import factories


class Thing(BaseModel):
    label: str
    amount: Any = None


def build(dialect: Dialect) -> Dialect:
    api = Api(title="Workshop", version="1", urls_namespace=f"workshop-{dialect.name}")

    @api.get("/things")
    def look(request: ApiRequest) -> HttpResponse:
        names = Customer.objects.for_business(request.caller.business).values_list("name", flat=True)
        return answers.json({"names": list(names)})

    @api.post("/things")
    def make(request: ApiRequest, body: Thing) -> HttpResponse:
        """Writes first and then does what the name says."""
        customer = factories.make_customer(request.caller.business, body.label)
        refusals = {
            "crash": ZeroDivisionError("secret of ours"),
            "conflict": Conflict("too late"),
            "problem": Problem("not so", field="colour", code="wrong"),
        }
        if body.label in refusals:
            raise refusals[body.label]
        status = 422 if body.label == "answered" else 201
        return answers.json({"id": customer.public_id}, status, {"Location": f"/things/{customer.public_id}"})

    @api.post("/issue")
    def issue(request: ApiRequest) -> HttpResponse:
        request.caller.require(Can.ISSUE)
        return answers.json({})

    @api.get("/crash")
    def crash(request: ApiRequest) -> HttpResponse:
        raise ZeroDivisionError("secret of ours")

    return replace(dialect, api=api)


BUILT = {name: build(dialect) for name, dialect in dialects().items()}
FATURO, HIGHLEVEL = BUILT["faturo"], BUILT["highlevel"]
BASE39, AIRA, FATORIPAY = BUILT["base39"], BUILT["aira"], BUILT["fatoripay"]
APIS = [f"tests.gateway.workshop.{name}" for name in ("FATURO", "HIGHLEVEL", "BASE39", "AIRA", "FATORIPAY")]

"""Customers and products, to look up the ids that invoices name."""

from typing import Any

from django.http import HttpResponse
from ninja import Router

from core.ids import as_uuid, from_uuid
from customers.models import Customer
from gateway import answers
from gateway.callers import Caller
from gateway.dialect import ApiRequest
from gateway.refusals import not_found
from products.models import Product
from providers import pages
from providers.fatoripay import codec, shown, store, wire

customers = Router(tags=["customers"])
products = Router(tags=["products"])


@customers.post("/create", response=wire.Customer, summary="Create a customer")
def create_customer(request: ApiRequest, body: wire.CustomerIn) -> HttpResponse:
    """Or bring up to date the one who has this CPF or CNPJ."""
    row = store.customer(request.caller, codec.person(body))
    return _customer(request.caller, as_uuid(row.public_id))


@customers.get("", response=list[wire.Customer], summary="List customers")
def list_customers(request: ApiRequest, after: str = "") -> HttpResponse:
    found, headers = pages.by_id(request, _customers(request.caller), after)
    return answers.json([shown.customer(row) for row in found], headers=headers)


@customers.get("/{customer_id}", response=wire.Customer, summary="Get a customer")
def get_customer(request: ApiRequest, customer_id: str) -> HttpResponse:
    return _customer(request.caller, customer_id)


def _customers(caller: Caller) -> Any:
    return Customer.objects.for_business(caller.business).prefetch_related("addresses")


def _customer(caller: Caller, uuid: str) -> HttpResponse:
    public_id = from_uuid(uuid)
    row = _customers(caller).filter(public_id=public_id).first() if public_id else None
    if row is None:
        raise not_found()
    return answers.json(shown.customer(row))


@products.get("", response=list[wire.Product], summary="List products")
def list_products(request: ApiRequest, after: str = "") -> HttpResponse:
    """Those that have a price in reais."""
    mine = Product.objects.for_business(request.caller.business).active()
    priced = mine.filter(prices__currency=codec.CURRENCY).distinct().prefetch_related("prices")
    found, headers = pages.by_id(request, priced, after)
    return answers.json([shown.product(row) for row in found], headers=headers)

"""Products, their prices and the taxes that new lines with them start from."""

from decimal import Decimal
from functools import partial
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field, StrictInt

from api import etags, paging, refs, selection, taxes, wire
from api.access import Problem
from api.ranges import CreatedQuery
from api.saving import change, under, unique, version
from businesses.models import Business
from core.fields import JSON_LENGTH
from core.problems import Problem as Wrong
from gateway.dialect import ApiRequest
from notifications.told import price as write_price
from notifications.told import product as write
from products import actions
from products.models import Price as PriceRow
from products.models import Product as ProductRow
from products.models import Tax as TaxRow

router = Router(tags=["Products"])
ORDER = paging.Order("products", ("id",))
PRICE_ORDER = paging.Order("prices", ("id",), descending=False)
EXPAND = ("taxes",)
MAX_PRICES = MAX_TAXES = 50
PriceKind = Literal["one_time", "recurring"]
Interval = Literal["", "day", "week", "month", "year"]


class ChangePrice(wire.Request):
    """Only what is sent changes; lines that are written keep the price as it was."""

    name: str = Field("", max_length=100)
    currency: wire.Currency = Field("BRL", description="ISO 4217; the business's own when left out.")
    unit_price: wire.Exact = Field(Decimal(0), description="Major units, at most 6 decimal places.")
    kind: PriceKind = "one_time"
    interval: Interval = Field("", description="For recurring prices.")
    interval_count: StrictInt = Field(1, ge=1, le=32_767)
    external_id: str = Field("", max_length=100)


class CreatePrice(ChangePrice):
    unit_price: wire.Exact = Field(description="Major units, at most 6 decimal places.")


class Price(wire.Resource):
    id: wire.PublicId
    name: str
    currency: wire.Currency
    unit_price: str
    kind: PriceKind
    interval: Interval
    interval_count: int
    external_id: str


class ChangeProduct(wire.Request):
    """Only what is sent changes; `taxes` are replaced as a whole, prices have addresses of their own."""

    name: str = Field("", min_length=1, max_length=200)
    description: str = Field("", max_length=2000)
    sku: str = Field("", max_length=50)
    unit: str = Field("", max_length=20, examples=["hour"])
    active: wire.Yes = True
    external_id: str = Field("", max_length=100, description="Your own id of this product.")
    metadata: wire.Json = Field({}, description=f"At most {JSON_LENGTH} bytes.")
    taxes: list[wire.PublicId] = Field([], max_length=MAX_TAXES)


class CreateProduct(ChangeProduct):
    name: str = Field(min_length=1, max_length=200)
    prices: list[CreatePrice] = Field([], max_length=MAX_PRICES)


class Product(wire.Resource):
    id: wire.PublicId
    name: str
    description: str
    sku: str
    unit: str
    active: bool
    external_id: str
    metadata: wire.Json
    taxes: list[wire.PublicId | taxes.Tax]
    prices: list[Price]
    created_at: wire.Instant
    updated_at: wire.Instant


class ProductQuery(CreatedQuery):
    q: str = Field("", max_length=200, description="Words of the name, SKU or external id.")
    sku: str = Field("", max_length=50)
    external_id: str = Field("", max_length=100)
    active: bool | None = None


@router.get("/products", response={200: wire.Page[Product]}, summary="List products")
def index(request: ApiRequest, query: Query[ProductQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Product.model_fields, EXPAND)
    rows = _rows(request).filter(**query.created(request.caller.business))
    exact = {"sku": query.sku, "external_id": query.external_id}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    rows = rows if query.active is None else rows.filter(active=query.active)
    rows = rows.search(query.q) if query.q else rows
    whole = "taxes" in chosen.expand
    return paging.listed(request, rows, ORDER, query, lambda row: chosen.pick(write(row, whole_taxes=whole)))


@router.post("/products", response={201: Product, 409: Problem}, summary="Create a product")
def create(request: ApiRequest, body: CreateProduct) -> HttpResponse:
    business = request.caller.business
    given = body.model_dump(exclude={"taxes", "prices"})
    rows = [_price(business, price, f"prices.{i}") for i, price in enumerate(body.prices)]
    with unique(ProductRow):
        row = actions.create(
            business, by=request.caller.actor, prices=rows, taxes=_taxes(request, body.taxes), **given
        )
    where = {"Location": f"{request.base}/products/{row.public_id}"}
    return _answer(request, row.public_id, 201, where)


@router.get("/products/{id}", response={200: Product}, summary="Get a product")
def get(request: ApiRequest, id: str, query: Query[selection.SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Product.model_fields, EXPAND)
    row = refs.found(_rows(request), id)
    data = chosen.pick(write(row, whole_taxes="taxes" in chosen.expand))
    return etags.answer(request, data, version(write(row)))


@router.patch(
    "/products/{id}", response={200: Product, 409: Problem, 412: Problem}, summary="Change a product"
)
def update(request: ApiRequest, id: str, body: ChangeProduct) -> HttpResponse:
    row = refs.found(_rows(request).select_for_update(), id)
    etags.require(request, version(write(row)))
    fields = body.model_dump(exclude_unset=True, exclude={"taxes"})
    actor = request.caller.actor
    with unique(ProductRow):
        change(row, fields, partial(actions.save, by=actor))
    if "taxes" in body.model_fields_set:
        actions.set_taxes(row, _taxes(request, body.taxes), by=actor)
    return _answer(request, id)


@router.get("/products/{id}/prices", response={200: wire.Page[Price]}, summary="List a product's prices")
def prices(request: ApiRequest, id: str, query: Query[paging.PageQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Price.model_fields)
    rows = _product(request, id).prices.all()
    return paging.listed(request, rows, PRICE_ORDER, query, lambda row: chosen.pick(write_price(row)))


@router.post("/products/{id}/prices", response={201: Price}, summary="Add a price")
def create_price(request: ApiRequest, id: str, body: CreatePrice) -> HttpResponse:
    product = _product(request, id, lock=True)
    if product.prices.count() >= MAX_PRICES:
        raise Wrong(_("At most %(limit)d prices.") % {"limit": MAX_PRICES}, code="too_many")
    row = _price(request.caller.business, body)
    row.product = product
    actions.save_price(row, by=request.caller.actor)
    where = {"Location": f"{request.base}/products/{id}/prices/{row.public_id}"}
    return _answer_price(request, row, 201, where)


@router.get("/products/{id}/prices/{price_id}", response={200: Price}, summary="Get a price")
def get_price(
    request: ApiRequest, id: str, price_id: str, query: Query[selection.SelectionQuery]
) -> HttpResponse:
    chosen = selection.read(request, query, Price.model_fields)
    data = write_price(refs.found(_product(request, id).prices.all(), price_id))
    return etags.answer(request, chosen.pick(data), version(data))


@router.patch(
    "/products/{id}/prices/{price_id}", response={200: Price, 412: Problem}, summary="Change a price"
)
def update_price(request: ApiRequest, id: str, price_id: str, body: ChangePrice) -> HttpResponse:
    row = refs.found(_product(request, id, lock=True).prices.all(), price_id)
    etags.require(request, version(write_price(row)))
    change(row, body.model_dump(exclude_unset=True), partial(actions.save_price, by=request.caller.actor))
    return _answer_price(request, row)


@router.delete(
    "/products/{id}/prices/{price_id}", response={204: None, 412: Problem}, summary="Delete a price"
)
def delete_price(request: ApiRequest, id: str, price_id: str) -> HttpResponse:
    row = refs.found(_product(request, id, lock=True).prices.all(), price_id)
    etags.require(request, version(write_price(row)))
    actions.delete_price(row, by=request.caller.actor)
    return HttpResponse(status=204)


def _rows(request: ApiRequest) -> Any:
    return ProductRow.objects.for_business(request.caller.business).prefetch_related("taxes", "prices")


def _product(request: ApiRequest, id: str, *, lock: bool = False) -> ProductRow:
    rows = ProductRow.objects.for_business(request.caller.business)
    found: ProductRow = refs.found(rows.select_for_update() if lock else rows, id)
    return found


def _price(business: Business, body: CreatePrice, path: str = "") -> PriceRow:
    """A price that has no product yet, checked; `path` is its place in the body."""
    row = PriceRow(**{"currency": business.currency, **body.model_dump(exclude_unset=True)})
    with under(path):
        row.full_clean(exclude=["product"])
    return row


def _taxes(request: ApiRequest, ids: list[str]) -> list[TaxRow]:
    rows = TaxRow.objects.for_business(request.caller.business).filter(public_id__in=ids)
    known = {row.public_id: row for row in rows}
    for i, id in enumerate(ids):
        if id not in known:
            raise Wrong(_("No such tax."), field=f"taxes.{i}", code="not_found")
    return list(known.values())


def _answer(
    request: ApiRequest, id: str, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    data = write(refs.found(_rows(request), id))
    return etags.answer(request, data, version(data), status, headers)


def _answer_price(
    request: ApiRequest, row: PriceRow, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    data = write_price(row)
    return etags.answer(request, data, version(data), status, headers)

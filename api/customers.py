"""Customers: who is billed, with their addresses."""

from functools import partial
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from api import etags, paging, refs, selection, wire
from api.access import Problem
from api.ranges import CreatedQuery
from api.saving import change, under, unique, version
from core.fields import JSON_LENGTH
from core.problems import Problem as Wrong
from core.taxids import compact, guess_kind
from customers import actions
from customers.models import MAX_EMAILS, AddressKind, CustomerAddress
from customers.models import Customer as CustomerRow
from gateway.dialect import ApiRequest
from notifications.told import ADDRESSES
from notifications.told import customer as write

router = Router(tags=["Customers"])
ORDER = paging.Order("customers", ("id",))
Kind = Literal["company", "person"]
TaxKind = Literal["cpf", "cnpj", "foreign"]
Language = Literal["pt-br", "en"]


class AddressInput(wire.Request):
    street: str = Field("", max_length=200)
    number: str = Field("", max_length=20)
    complement: str = Field("", max_length=100)
    district: str = Field("", max_length=100)
    city: str = Field("", max_length=100)
    region: str = Field("", max_length=50)
    postal_code: str = Field("", max_length=20)
    country: str = Field(
        "", pattern="^([A-Z]{2})?$", description="ISO 3166; the business's own when left out."
    )


class ChangeCustomer(wire.Request):
    """Only what is sent changes; an address is replaced as a whole, and null removes it."""

    name: str = Field("", min_length=1, max_length=200)
    kind: Kind = "company"
    legal_name: str = Field("", max_length=200)
    tax_id: str = Field("", max_length=40, description="With or without its punctuation.")
    tax_id_kind: TaxKind = Field("cnpj", description="Told by the tax id's length when it is left out.")
    email: str = Field("", max_length=254)
    more_emails: list[str] = Field([], max_length=MAX_EMAILS)
    phone: str = Field("", max_length=30, description="International, or national of the business's country.")
    language: Language = Field("pt-br", description="The business's own when left out.")
    code: str = Field("", max_length=20, description="For invoice numbers that count by customer.")
    external_id: str = Field("", max_length=100, description="Your own id of this customer.")
    notes: str = Field("", max_length=2000, description="Only staff see these.")
    metadata: wire.Json = Field({}, description=f"At most {JSON_LENGTH} bytes.")
    address: AddressInput | None = None
    delivery_address: AddressInput | None = None


class CreateCustomer(ChangeCustomer):
    name: str = Field(min_length=1, max_length=200)


class Address(wire.Answer):
    street: str
    number: str
    complement: str
    district: str
    city: str
    region: str
    postal_code: str
    country: str


class Customer(wire.Resource):
    id: wire.PublicId
    name: str
    kind: Kind
    legal_name: str
    tax_id: str
    tax_id_kind: TaxKind
    email: str
    more_emails: list[str]
    phone: str
    language: Language
    code: str
    external_id: str
    notes: str
    metadata: wire.Json
    address: Address | None
    delivery_address: Address | None
    created_at: wire.Instant
    updated_at: wire.Instant


class CustomerQuery(CreatedQuery):
    q: str = Field("", max_length=200, description="Words of the name, e-mail, tax id or external id.")
    external_id: str = Field("", max_length=100)
    tax_id: str = Field("", max_length=40)
    email: str = Field("", max_length=254)


@router.get("/customers", response={200: wire.Page[Customer]}, summary="List customers")
def index(request: ApiRequest, query: Query[CustomerQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Customer.model_fields)
    rows = _rows(request).filter(**query.created(request.caller.business))
    tax_id = compact(query.tax_id) or query.tax_id
    exact = {"external_id": query.external_id, "tax_id": tax_id, "email": query.email}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    rows = rows.search(query.q) if query.q else rows
    return paging.listed(request, rows, ORDER, query, lambda row: chosen.pick(write(row)))


@router.post("/customers", response={201: Customer, 409: Problem}, summary="Create a customer")
def create(request: ApiRequest, body: CreateCustomer) -> HttpResponse:
    return _create(request, body)


@router.put(
    "/customers/by-external-id/{path:external_id}",
    response={200: Customer, 201: Customer, 409: Problem, 412: Problem},
    summary="Create a customer, or change the one that has this external id",
)
def put(request: ApiRequest, external_id: str, body: CreateCustomer) -> HttpResponse:
    external_id = external_id.strip()
    if not external_id:
        raise Wrong(_("This field is required."), field="external_id", code="required")
    if body.external_id.strip() not in ("", external_id):
        raise Wrong(_("The address says another external id."), field="external_id", code="differs")
    body.external_id = external_id
    row = _rows(request).select_for_update().filter(external_id=external_id).first()
    return _change(request, row, body) if row else _create(request, body)


@router.get("/customers/{id}", response={200: Customer}, summary="Get a customer")
def get(request: ApiRequest, id: str, query: Query[selection.SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Customer.model_fields)
    data = write(refs.found(_rows(request), id))
    return etags.answer(request, chosen.pick(data), version(data))


@router.patch(
    "/customers/{id}", response={200: Customer, 409: Problem, 412: Problem}, summary="Change a customer"
)
def update(request: ApiRequest, id: str, body: ChangeCustomer) -> HttpResponse:
    return _change(request, refs.found(_rows(request).select_for_update(), id), body)


def _rows(request: ApiRequest) -> Any:
    return CustomerRow.objects.for_business(request.caller.business).prefetch_related("addresses")


def _create(request: ApiRequest, body: ChangeCustomer) -> HttpResponse:
    business, actor = request.caller.business, request.caller.actor
    addresses = _addresses(request, body)
    billing = addresses.pop(AddressKind.BILLING, None)
    with unique(CustomerRow):
        fields = {"language": business.language, **_columns(body)}
        row = actions.create(business, by=actor, address=billing.address() if billing else None, **fields)
    _put_addresses(row, addresses, actor)
    data = write(refs.found(_rows(request), row.public_id))
    where = {"Location": f"{request.base}/customers/{row.public_id}"}
    return etags.answer(request, data, version(data), 201, where)


def _change(request: ApiRequest, row: CustomerRow, body: ChangeCustomer) -> HttpResponse:
    etags.require(request, version(write(row)))
    addresses = _addresses(request, body)
    with unique(CustomerRow):
        change(row, _columns(body), partial(actions.save, by=request.caller.actor))
    _put_addresses(row, addresses, request.caller.actor)
    data = write(refs.found(_rows(request), row.public_id))
    return etags.answer(request, data, version(data))


def _columns(body: ChangeCustomer) -> dict[str, Any]:
    fields = body.model_dump(exclude_unset=True, exclude=set(ADDRESSES))
    if fields.get("tax_id") and "tax_id_kind" not in fields:
        fields["tax_id_kind"] = guess_kind(fields["tax_id"])
    return fields


def _addresses(request: ApiRequest, body: ChangeCustomer) -> dict[str, CustomerAddress | None]:
    """Those that the body speaks of, checked; None for one that is to go."""
    found: dict[str, CustomerAddress | None] = {}
    for name in body.model_fields_set & set(ADDRESSES):
        given: AddressInput | None = getattr(body, name)
        found[ADDRESSES[name]] = None
        if given:
            home = given.country or request.caller.business.country
            row = CustomerAddress(kind=ADDRESSES[name], **{**given.model_dump(), "country": home})
            with under(name):
                row.full_clean(exclude=["customer"])
            found[row.kind] = row
    return found


def _put_addresses(row: CustomerRow, addresses: dict[str, CustomerAddress | None], actor: str) -> None:
    stored = {address.kind: address for address in row.addresses.all()}
    for kind, new in addresses.items():
        old = stored.get(kind)
        if new is None and old:
            actions.delete_address(old, by=actor)
        elif new and old:
            change(old, new.address().as_dict(), partial(actions.save_address, by=actor))
        elif new:
            new.customer = row
            actions.save_address(new, by=actor)

"""The demo's businesses with staff, customers and catalogue; a business whose slug is there is left alone."""

import io
import os
import random
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from PIL import Image, ImageDraw

from businesses import actions as businesses
from businesses.logos import store_logo
from businesses.models import Account, Business, User
from businesses.roles import Role
from core.management.commands import _demo_catalogue as catalogue
from core.management.commands import _demo_people as people
from core.management.commands._demo_catalogue import BY
from core.management.commands._demo_invoices import Stage, write
from core.management.commands._demo_mail import hush, is_folder
from customers import actions as customers
from invoices.models import Invoice
from notifications import reminding
from notifications.models import ReminderRule

SEED = 20_260_101


@dataclass(frozen=True)
class Cast:
    fields: dict[str, Any]
    accounts: tuple[dict[str, Any], ...]
    clients: tuple[people.Client, ...]
    taxes: dict[str, dict[str, Any]]
    products: tuple[catalogue.Sold, ...]


VERDE = Cast(
    people.VERDE, people.VERDE_ACCOUNTS, people.VERDE_CLIENTS, catalogue.VERDE_TAXES, catalogue.VERDE_PRODUCTS
)
OAK = Cast(people.OAK, people.OAK_ACCOUNTS, people.OAK_CLIENTS, catalogue.OAK_TAXES, catalogue.OAK_PRODUCTS)
CASTS = (VERDE, OAK)


@transaction.atomic
def load() -> tuple[list[str], str]:
    """Whatever is missing, all or nothing: a line about each business, and the password of `demo` if it is new."""
    lines = [_business(cast) for cast in CASTS]
    password = _staff([cast.fields["slug"] for cast in CASTS])
    hush()
    return lines, password


def _business(cast: Cast) -> str:
    business = Business.objects.filter(slug=cast.fields["slug"]).first()
    if business:
        count = Invoice.objects.for_business(business).current().count()
        return f"{business.name}: already there, {count} invoices"
    business = _create(cast)
    accounts = [
        businesses.save_account(Account(business=business, **fields), by=BY) for fields in cast.accounts
    ]
    clients = [
        customers.create(business, by=BY, address=client.address, **client.fields())
        for client in cast.clients
    ]
    lines = catalogue.stock(business, cast.taxes, cast.products)
    stage = Stage(business, accounts[0], tuple(clients), lines, random.Random(SEED))
    return f"{business.name}: {len(clients)} customers, {len(lines)} products, {write(stage)} invoices"


def _create(cast: Cast) -> Business:
    fields = {**cast.fields, "logo": store_logo(_logo(cast.fields["accent"]))}
    business = businesses.save_business(Business(**fields), by=BY)
    reminding.save_rule(ReminderRule(business=business, is_active=is_folder()), by=BY)
    return business


def _staff(slugs: Iterable[str]) -> str:
    """The user `demo`, who may do everything, and one person for each other role, who cannot sign in yet."""
    if User.objects.filter(username="demo").exists():
        return ""
    password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(12)
    demo = people.Person("demo", "Dora", "Demo", Role.ADMIN)
    for person in (demo, *people.STAFF):
        _user(person, password if person is demo else None)
        for business in Business.objects.filter(slug__in=slugs):
            businesses.add_staff(business, person.username, person.role, by=BY)
    return password


def _user(person: people.Person, password: str | None) -> None:
    User.objects.create_user(
        person.username,
        f"{person.username}@example.com",
        password,
        first_name=person.first_name,
        last_name=person.last_name,
        language=person.language,
        is_staff=True,
    )


def _logo(colour: str) -> bytes:
    """A leaf and a bar in the business's colour."""
    image = Image.new("RGBA", (480, 160), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.pieslice((10, 10, 150, 150), 180, 450, fill=colour)
    draw.rounded_rectangle((180, 60, 460, 100), 20, fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()

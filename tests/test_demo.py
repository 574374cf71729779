"""The demo shows everything, twice is once, and what it writes in bulk passes the audit."""

import io
from collections import Counter

import pytest
from django.core.management import call_command
from django.utils import timezone

from businesses.models import Account, Business, Event, Membership, User
from businesses.roles import Role
from core import taxids
from core.taxids import TaxIdKind
from customers.models import Customer, CustomerAddress
from invoices import audit as invoice_audit
from invoices.models import Document, Invoice, Line, LineTax, Sequence
from invoices.status import Situation, Status
from payments import audit
from payments.models import Allocation, Payment
from products.models import Product, Tax

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

ROWS = [
    Business, Account, User, Membership, Event, Customer, CustomerAddress, Product, Tax, Invoice, Line, LineTax,
    Document, Sequence, Payment, Allocation,
]  # fmt: skip


def demo(**options: int) -> str:
    out = io.StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def verde() -> Business:
    demo()
    return Business.objects.get(slug="estudio-verde")


def breaches() -> list[str]:
    return [*invoice_audit.breaches(), *audit.breaches()]


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in ROWS}


def test_running_it_again_changes_nothing() -> None:
    demo()
    before = counts()
    assert "already there" in demo()
    assert counts() == before


def test_every_situation_is_there(verde: Business) -> None:
    today = verde.today()
    seen = {invoice.situation(today) for invoice in Invoice.objects.for_business(verde)}
    assert seen == set(Situation)


def test_two_businesses_in_two_countries_currencies_and_time_zones(verde: Business) -> None:
    other = Business.objects.exclude(pk=verde.pk).get()
    assert (verde.country, verde.currency, verde.language) == ("BR", "BRL", "pt-br")
    assert (other.country, other.currency, other.language) == ("PT", "EUR", "en")
    assert other.time_zone.startswith("Europe/")
    assert all(
        Account.objects.filter(business=business, is_default=True).exists() for business in (verde, other)
    )


def test_unusual_invoices_are_there(verde: Business) -> None:
    mine = Invoice.objects.for_business(verde)
    line_counts = Counter(Line.objects.filter(invoice__in=mine).values_list("invoice", flat=True)).values()
    assert 100 in line_counts
    assert mine.filter(total=0, status=Status.PAID).exists()
    assert mine.filter(status=Status.DRAFT, lines=None).exists()
    assert mine.filter(schedule__has_key="parts", charges__isnull=False, tips_enabled=True).exists()


def test_the_parts_of_a_schedule_make_what_is_due(verde: Business) -> None:
    invoice = Invoice.objects.for_business(verde).get(name="Todos os campos")
    assert sum(part["amount"] for part in invoice.schedule["parts"]) == invoice.amount_due


def test_every_tax_id_is_valid_and_some_have_letters() -> None:
    demo(invoices=100)
    owners = [*Business.objects.all(), *Customer.objects.all()]
    assert [taxids.parse(owner.tax_id, owner.tax_id_kind) for owner in owners] == [o.tax_id for o in owners]
    assert any(owner.tax_id_kind == TaxIdKind.CNPJ and not owner.tax_id.isdigit() for owner in owners)


def test_staff_of_every_role_but_only_one_who_can_sign_in(verde: Business) -> None:
    roles = dict(verde.memberships.values_list("user__username", "role"))
    assert set(roles.values()) == set(Role.values)
    assert roles["demo"] == Role.ADMIN
    able = [user.username for user in User.objects.all() if user.has_usable_password()]
    assert able == ["demo"]


def test_the_password_is_the_one_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "lemon tree very pretty")
    assert demo().endswith("user: demo  password: lemon tree very pretty\n")
    assert User.objects.get(username="demo").check_password("lemon tree very pretty")
    assert "password" not in demo()


def test_pdfs_are_left_to_the_worker(verde: Business) -> None:
    documents = Document.objects.filter(invoice__business=verde)
    assert documents.exists()
    assert not documents.exclude(key="").exists()


def test_nothing_happens_in_the_future() -> None:
    demo(invoices=60)
    assert Event.objects.latest("at").at <= timezone.now()
    issued = Invoice.objects.exclude(finalized_at=None)
    assert issued.latest("finalized_at").finalized_at <= timezone.now()


def test_money_came_in_every_way_and_left_a_credit(verde: Business) -> None:
    mine = Payment.objects.for_business(verde)
    assert {"pix", "boleto", "credit_card"} <= set(mine.values_list("method", flat=True))
    assert mine.with_credit().exists()
    paid = Invoice.objects.for_business(verde).filter(status=Status.PAID, total__gt=0)
    assert not paid.filter(allocations=None).exists()


def test_the_audit_finds_nothing() -> None:
    demo()
    assert breaches() == []


def test_bulk_invoices_pass_the_audit_and_are_topped_up_to_the_number_asked_for() -> None:
    demo(invoices=300)
    bulk = Invoice.objects.filter(number_prefix__startswith="L")
    assert bulk.count() == 300
    before = counts()
    demo(invoices=300)
    assert counts() == before
    demo(invoices=360)
    assert bulk.count() == 360
    assert breaches() == []


def test_bulk_invoices_are_a_mix_that_search_finds() -> None:
    demo(invoices=300)
    bulk = Invoice.objects.filter(number_prefix="L1-")
    mix = Counter(bulk.values_list("status", flat=True))
    assert mix == {Status.PAID: 180, Status.OPEN: 75, Status.DRAFT: 30, Status.VOID: 15}
    assert bulk.overdue_now(Business.objects.all()).count() == 25
    some = bulk.exclude(number=None).latest("pk")
    assert list(Invoice.objects.search(f"{some.number}")) == [some]

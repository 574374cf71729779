"""Every screen, at a desk and on a phone, in both languages: whole, no wider than the window, every field named."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse

from businesses.models import Business, User
from invoices.models import Invoice
from products.models import Product
from tests.browser.screen import Screen
from tests.factories import issue, line, make_customer, make_invoice, make_product, make_tax, tax

pytestmark = pytest.mark.browser

BOTH = pytest.mark.parametrize("language", ["pt-br", "en"])
SIZES = pytest.mark.parametrize("width", ["desk", "phone"])
READABLE = 4.5
"""The contrast that WCAG 2 (AA) asks of text."""
CONTRASTS = {
    "list": (".fa-tabs a", ".fa-tabs a[aria-current]", ".fa-sums b", ".fa-sums small", "td .fa-money"),
    "issued": (
        ".fa-main", ".fa-actions .fa-button:not(.fa-main)", ".fa-danger", ".fa-head h2", ".fa-head p", ".fa-pill",
        ".fa-headline .fa-big", ".fa-lines th", ".fa-lines td", ".fa-lines small", ".fa-sum dt", ".fa-facts dt",
        ".fa-facts dd", ".fa-timeline small",
    ),
    "draft": (
        ".fa-field > label", ".fa-field input", ".fa-aside", ".fa-pick > summary", ".fa-more > summary", ".fa-link",
        ".fa-under small", ".fa-totals dt", "#total", ".fa-bar .fa-danger", ".select2-selection__rendered",
    ),
    "dashboard": (".fa-tile h2", ".fa-tile .fa-big", ".fa-tile small", ".fa-legend span", ".fa-rows small"),
}  # fmt: skip


@pytest.fixture
def draft(house: Business, person: User) -> Invoice:
    """A draft, and beside it a row of everything that has a screen."""
    make_product(house, taxes=[make_tax(house)])
    payer = make_customer(
        house, "Instituto de Pesquisa e Desenvolvimento do Vale do Paraíba", email="a@b.example"
    )
    lines = [line("1234.56", "2.5", tax("5"), name="Consultoria", detail="Em duas partes", unit="h")] * 3
    draft = make_invoice(payer, lines, language=house.language, terms="<p>Multa de 2 %.</p>")
    for _number in range(2):
        issue(
            make_invoice(payer, lines, language=house.language, due_on=house.today(), issue_on=house.today())
        )
    return draft


@pytest.fixture
def issued(draft: Invoice) -> Invoice:
    return Invoice.objects.for_business(draft.business).exclude(pk=draft.pk).order_by("pk")[0]


def addresses(draft: Invoice, issued: Invoice) -> dict[str, str]:
    """The screens that a test names."""
    change, act = "admin:invoices_invoice_change", "admin:invoices_invoice_act"
    return {
        "dashboard": reverse("admin:index"),
        "list": reverse("admin:invoices_invoice_changelist"),
        "draft": reverse(change, args=[draft.pk]),
        "issued": reverse(change, args=[issued.pk]),
        "confirm": reverse(act, args=[issued.pk, "void"]),
        "password": reverse("admin:password_change"),
    }


def every_screen(person: User) -> Iterator[str]:
    """The lists and forms of whatever is registered and open to this person."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    for model in site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").first()
        wanted = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        wanted += [reverse(f"{name}_change", args=[row.pk])] if row else []
        yield from (address for address in wanted if client.get(address).status_code == 200)


def faults(screen: Screen, address: str) -> list[str]:
    screen.open(address)
    found = [*screen.complaints()]
    found += ["scrolls sideways"] if screen.is_too_wide() else []
    found += ["has no h1"] if not screen.all("h1") else []
    found += [f"has a field without a name: {field}" for field in screen.unnamed_fields()]
    return [f"{screen.path} {fault}" for fault in found]


@BOTH
@SIZES
def test_every_screen_is_whole(
    signed_in: Screen, person: User, draft: Invoice, issued: Invoice, width: str, language: str
) -> None:
    getattr(signed_in, width)()
    known = [*addresses(draft, issued).values(), *every_screen(person)]
    assert len(known) > 15
    found = [fault for address in dict.fromkeys(known) for fault in faults(signed_in, address)]
    assert not found, "\n".join(found)


@BOTH
@SIZES
def test_the_way_in_and_the_public_page_are_whole(
    screen: Screen, issued: Invoice, width: str, language: str
) -> None:
    getattr(screen, width)()
    found = [
        fault
        for address in (reverse("admin:login"), f"/i/{issued.token}/")
        for fault in faults(screen, address)
    ]
    assert found == []


@SIZES
def test_a_link_to_nothing_is_told_in_a_page_of_our_own(
    screen: Screen, live_server: object, width: str
) -> None:
    screen.expected.append("404")
    getattr(screen, width)()
    assert faults(screen, "/i/nobody-has-this-link/") == []


@BOTH
def test_the_public_page_needs_no_script(screen: Screen, issued: Invoice, language: str) -> None:
    screen.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    screen.open(f"/i/{issued.token}/")
    text = screen.text()
    wanted = [str(issued.number), "Consultoria", screen.words("Download PDF"), issued.payer["name"]]
    assert [word for word in wanted if word not in text] == []
    seen = [button.text for button in screen.all("button") if button.is_displayed()]
    assert seen == [screen.words("Send me all my open invoices")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(
    signed_in: Screen, draft: Invoice, issued: Invoice, theme: str
) -> None:
    where = addresses(draft, issued)
    signed_in.open(where["dashboard"])
    if theme == "dark":
        signed_in.be_dark()
    pale = []
    for name, selectors in CONTRASTS.items():
        signed_in.open(where[name])
        assert signed_in.run("return document.documentElement.classList.contains('dark')") == (
            theme == "dark"
        )
        contrasts = {css: round(signed_in.contrast(css), 1) for css in selectors}
        pale += [f"{name} {css}: {contrast}" for css, contrast in contrasts.items() if contrast < READABLE]
    assert pale == []


@BOTH
def test_a_stored_price_and_rate_stand_in_their_fields(
    signed_in: Screen, house: Business, language: str
) -> None:
    """A field of the browser's own number type shows nothing when the value is written with a comma."""
    product, rate = make_product(house, price="180.25"), make_tax(house, percent="5.25")
    signed_in.open(reverse("admin:products_product_change", args=[product.pk]))
    mark = "," if language == "pt-br" else "."
    assert signed_in.value("[name=prices-0-unit_price]").startswith(f"180{mark}25")
    signed_in.leave_by("[name=_save]")
    signed_in.open(reverse("admin:products_tax_change", args=[rate.pk]))
    assert signed_in.value("[name=percent]").startswith(f"5{mark}25")
    signed_in.leave_by("[name=_save]")
    stored = Product.objects.for_business(house).get()
    assert [price.unit_price for price in stored.prices.all()] == [Decimal("180.25")]
    rate.refresh_from_db()
    assert rate.percent == Decimal("5.25")

"""What the demo businesses sell, and the taxes on it: added, included, compound and withheld ones."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from businesses.models import Business
from invoices.draft import LineDraft, TaxDraft
from products import actions
from products.models import Product, Tax

BY = "command:demo"


@dataclass(frozen=True)
class Sold:
    name: str
    price: str
    unit: str
    sku: str
    taxes: tuple[str, ...] = ()
    description: str = ""
    kind: str = "one_time"


VERDE_TAXES: dict[str, dict[str, Any]] = {
    "iss": {"name": "ISS", "percent": Decimal(5)},
    "pis": {"name": "PIS/COFINS", "percent": Decimal("3.65"), "inclusive": True},
    "ipi": {"name": "IPI", "percent": Decimal(10), "order": 1},
    "icms": {"name": "ICMS sobre IPI", "percent": Decimal(12), "compound": True, "order": 2},
    "irrf": {"name": "IRRF", "percent": Decimal("1.5"), "withheld": True, "order": 3},
}
VERDE_PRODUCTS = (
    Sold(
        "Identidade visual completa",
        "8400",
        "projeto",
        "DES-01",
        ("iss", "irrf"),
        "Marca, manual e papelaria.",
    ),
    Sold(
        "Site institucional",
        "12500",
        "projeto",
        "WEB-01",
        ("iss", "irrf"),
        "Até 12 páginas, com painel de edição.",
    ),
    Sold("Consultoria", "180", "h", "CON-01", ("iss",)),
    Sold("Manutenção mensal", "690", "mês", "MAN-01", ("iss",), kind="recurring"),
    Sold(
        "Hospedagem gerenciada", "249.90", "mês", "HOS-01", ("pis",), "Cópias diárias inclusas.", "recurring"
    ),
    Sold("Placa acrílica gravada", "137.55", "un", "PLA-01", ("ipi", "icms")),
    Sold("Banco de imagens", "0.329", "imagem", "IMG-01", ("pis",)),
)

OAK_TAXES: dict[str, dict[str, Any]] = {
    "iva": {"name": "IVA", "percent": Decimal(23)},
    "reduced": {"name": "IVA reduced rate", "percent": Decimal(6)},
    "included": {"name": "IVA", "percent": Decimal(23), "inclusive": True},
    "eco": {"name": "Eco levy", "fixed": 250},
}
OAK_PRODUCTS = (
    Sold(
        "Oak dining table", "1480", "pc", "TAB-01", ("iva", "eco"), "Solid European oak, oiled, 220 × 95 cm."
    ),
    Sold("Harbour chair", "212.50", "pc", "CHA-01", ("iva",)),
    Sold("Workshop hour", "54", "h", "HRS-01", ("iva",)),
    Sold("Care kit", "24.60", "pc", "KIT-01", ("included",)),
    Sold("Furniture book, third edition", "38", "pc", "BOO-01", ("reduced",)),
)


def stock(
    business: Business, taxes: dict[str, dict[str, Any]], products: tuple[Sold, ...]
) -> tuple[LineDraft, ...]:
    """Create taxes and products; what comes back is one line for each, ready to be put on an invoice."""
    saved = {key: actions.save_tax(Tax(business=business, **fields), by=BY) for key, fields in taxes.items()}
    return tuple(_line(business, sold, [saved[key] for key in sold.taxes]) for sold in products)


def _line(business: Business, sold: Sold, taxes: list[Tax]) -> LineDraft:
    price = Decimal(sold.price)
    fields = {"name": sold.name, "unit": sold.unit, "sku": sold.sku, "description": sold.description}
    product = actions.create(business, by=BY, prices={business.currency: price}, taxes=taxes, **fields)
    return line_of(product, kind=sold.kind)


def line_of(product: Product, kind: str = "one_time") -> LineDraft:
    price = product.prices.all()[0]
    return LineDraft(
        name=product.name,
        unit_price=price.unit_price,
        unit=product.unit,
        kind=kind,
        taxes=tuple(_tax(tax) for tax in product.taxes.all()),
        product_id=product.pk,
        product_ref=product.public_id,
        price_id=price.pk,
    )


def _tax(tax: Tax) -> TaxDraft:
    return TaxDraft(
        tax.name, tax.percent, tax.fixed, tax.inclusive, tax.compound, tax.withheld, tax_id=tax.pk
    )

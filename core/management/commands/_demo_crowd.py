"""Two thousand customers for `demo --invoices`: names put together from lists, tax ids that check."""

import random

from businesses.events import record_first
from businesses.models import Business
from core.management.commands._demo_catalogue import BY
from core.management.commands._demo_taxids import cnpj, cpf
from core.taxids import TaxIdKind
from core.text import ascii_fold
from customers.models import Customer, CustomerAddress, CustomerKind

MARK = "crowd-"
FIRST = "Ana Beatriz Caio Débora Eduardo Gustavo Helena Ícaro Joana Karina Luís Márcia Nélson Olívia".split()
LAST = "Abreu Araújo Barros Conceição Dias Falcão Gonçalves Hora Leão Magalhães Nóbrega Prado Queirós".split()
TRADES = "Padaria Oficina Clínica Mercearia Livraria Farmácia Construtora Escola Marcenaria Gráfica".split()
WORDS = "Aurora Boa Brisa Cruzeiro Diamante Esperança Fênix Girassol Ipê Jatobá Manacá Paraíso Sertão".split()
CITIES = (
    ("São Paulo", "SP"),
    ("Belo Horizonte", "MG"),
    ("Brasília", "DF"),
    ("Goiânia", "GO"),
    ("São Luís", "MA"),
    ("Maceió", "AL"),
    ("Vitória", "ES"),
)


def gather(business: Business, count: int) -> list[Customer]:
    """The business's crowd, made up to `count`, with their addresses at hand."""
    crowd = Customer.objects.for_business(business).filter(external_id__startswith=MARK)
    have = crowd.count()
    made = Customer.objects.bulk_create([_customer(business, n) for n in range(have, count)])
    CustomerAddress.objects.bulk_create([_address(customer, n) for n, customer in enumerate(made, have)])
    record_first("customer.created", made, business=business, by=BY)
    return list(crowd.prefetch_related("addresses").order_by("pk"))


def _customer(business: Business, n: int) -> Customer:
    rng = random.Random(n)
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)} {rng.choice(LAST)}"
    values = {
        "kind": CustomerKind.PERSON,
        "tax_id_kind": TaxIdKind.CPF,
        "tax_id": cpf(f"{900_000_000 + 7 * n}"),
    }
    if n % 3:
        name = f"{rng.choice(TRADES)} {rng.choice(WORDS)} {rng.choice(LAST)}"
        base = f"Q{n % 100:02d}X{n // 100:04d}0001"
        values = {"kind": CustomerKind.COMPANY, "tax_id_kind": TaxIdKind.CNPJ, "tax_id": cnpj(base)}
    email = ascii_fold(name).replace(" ", ".") + f"{n}@example.com"
    customer = Customer(business=business, name=name, email=email, external_id=f"{MARK}{n}", **values)
    customer.search_text = customer.searchable()
    return customer


def _address(customer: Customer, n: int) -> CustomerAddress:
    city, region = CITIES[n % len(CITIES)]
    street, postal_code = "Rua das Acácias", f"{10_000 + n % 80_000:05d}-{n % 1000:03d}"
    return CustomerAddress(
        customer=customer, street=street, number=str(n + 1), city=city, region=region, postal_code=postal_code
    )

"""The demo's invoices: half a year of both businesses, in every state and situation, through the usual actions."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from businesses.models import Account, Business
from core.management.commands._demo_catalogue import BY
from core.management.commands._demo_money import pay
from core.money import share_out
from customers.models import Customer
from invoices import actions
from invoices.draft import AttachmentDraft, ChargeDraft, DiscountDraft, InvoiceDraft, LineDraft, TaxDraft
from invoices.models import Invoice
from invoices.totals import compute

AGES: dict[str, dict[str, tuple[int, ...]]] = {
    "estudio-verde": {
        "pay": (
            340,
            318,
            295,
            270,
            246,
            221,
            198,
            172,
            158,
            144,
            130,
            116,
            104,
            88,
            76,
            61,
            48,
            40,
            33,
            25,
        ),
        "pay_too_much": (19,),
        "leave": (58, 44, 36, 27, 22, 9, 6, 4, 2, 1),
        "pay_a_part": (31, 8, 5),
        "await_money": (7, 3),
        "void": (109, 53),
        "give_up": (140, 126),
        "keep_draft": (3, 1, 0, 0),
        "leave_for_later": (-6, -12),
    },
    "oak-harbour": {
        "pay": (331, 297, 268, 232, 203, 168, 149, 121, 94, 66, 51, 42),
        "leave": (72, 39, 17, 11, 3),
        "pay_a_part": (14,),
        "await_money": (10,),
        "void": (83,),
        "give_up": (133,),
        "keep_draft": (2, 0),
        "leave_for_later": (-9,),
    },
}
"""What becomes of an invoice: its age on the day of the demo, in days (below zero: dated ahead)."""

SPECIAL: dict[str, tuple[tuple[str, str, int], ...]] = {
    "estudio-verde": (
        ("hundred_lines", "leave", 10),
        ("everything", "leave", 12),
        ("free", "be_free", 80),
        ("long_words", "pay", 55),
        ("empty", "keep_draft", 0),
    ),
    "oak-harbour": (("free", "be_free", 30), ("everything", "pay_a_part", 13)),
}
"""Invoices that show one thing in particular: (how it is written, what becomes of it, age)."""


@dataclass(frozen=True)
class Stage:
    """One business with all that an invoice can be made of."""

    business: Business
    account: Account
    customers: tuple[Customer, ...]
    lines: tuple[LineDraft, ...]
    rng: random.Random

    def invoice(self, issue_on: date, **fields: Any) -> InvoiceDraft:
        customer = self.rng.choice(self.customers)
        defaults: dict[str, Any] = {"customer_id": customer.pk, "terms": self.business.terms}
        return InvoiceDraft(
            currency=self.business.currency,
            language=self.business.language,
            account_id=self.account.pk,
            issue_on=issue_on,
            due_on=issue_on + timedelta(days=self.business.due_days),
            **{**defaults, **fields},
        )

    def line(self, **fields: Any) -> LineDraft:
        line = self.rng.choice(self.lines)
        whole = line.unit in {"projeto", "mês"} or line.unit_price > 1000
        return replace(line, quantity=Decimal(1 if whole else self.rng.randint(1, 24)), **fields)


def write(stage: Stage) -> int:
    """Write, issue and settle a business's invoices in the order of their dates; returns how many there are."""
    today = stage.business.today()
    plans = list(_plans(stage.business.slug))
    for place, (style, end, age) in enumerate(plans):
        issue_on = today - timedelta(days=age)
        at = _instant(stage.business, issue_on, place)
        draft = STYLES[style](stage, issue_on)
        ENDS[end](actions.create(stage.business, draft, by=BY, at=at - timedelta(minutes=20)), at)
    return len(plans)


def _plans(slug: str) -> list[tuple[str, str, int]]:
    usual = [("usual", end, age) for end, ages in AGES[slug].items() for age in ages]
    return sorted([*usual, *SPECIAL[slug]], key=lambda plan: -plan[2])


def _instant(business: Business, day: date, place: int) -> datetime:
    """In the morning of that day, each invoice a minute after the one before; never in the future."""
    at = datetime.combine(day, time(8), business.zone) + timedelta(minutes=place)
    return min(at.astimezone(UTC), datetime.now(UTC))


def _usual(stage: Stage, day: date) -> InvoiceDraft:
    lines = tuple(stage.line() for _ in range(stage.rng.choice((1, 1, 2, 2, 3, 4))))
    discount = DiscountDraft(percent=Decimal(stage.rng.choice((0, 0, 0, 0, 5, 10))))
    return stage.invoice(day, lines=lines, discount=discount)


def _hundred_lines(stage: Stage, day: date) -> InvoiceDraft:
    visit = replace(stage.lines[0], quantity=Decimal(1), unit="", unit_price=Decimal("38.50"))
    lines = tuple(replace(visit, name=f"Atendimento nº {n:03d}", detail=_detail(n)) for n in range(1, 101))
    return stage.invoice(day, lines=lines, title="Relatório de atendimentos", external_id="LOTE-100")


def _detail(n: int) -> str:
    return "Correção, revisão e publicação" if n % 4 == 0 else ""


def _everything(stage: Stage, day: date) -> InvoiceDraft:
    """One of each thing that an invoice can carry."""
    lines = (
        replace(
            stage.lines[0],
            quantity=Decimal("2.5"),
            discount_percent=Decimal("7.5"),
            detail="Fase 2 de 3\nAção",
        ),
        replace(stage.lines[3], quantity=Decimal(3), discount_amount=1990),
        replace(stage.lines[-1], quantity=Decimal("1250.5")),
        LineDraft(
            "Setup · taxa de adesão", Decimal(350), is_setup_fee=True, taxes=(TaxDraft("Selo", fixed=99),)
        ),
    )
    draft = stage.invoice(
        day,
        lines=lines,
        name="Todos os campos",
        title="Projeto Ação & Coração",
        description="Referente ao contrato 2026/118.\nOrdem de compra 4500012345.",
        discount=DiscountDraft(amount=25000),
        charges=(ChargeDraft("Frete / Postage", 4590), ChargeDraft("Taxa de processamento", 350)),
        terms="<p>Pagamento em <b>três partes</b>.</p><ul><li>multa de 2 %</li><li>juros de 1 % ao mês</li></ul>",
        attachments=(
            AttachmentDraft("Contrato 2026-118", "https://files.example/contrato-2026-118.pdf"),
            AttachmentDraft("Relatório de horas", "https://files.example/horas.xlsx"),
        ),
        period_start=day - timedelta(days=30),
        period_end=day - timedelta(days=1),
        tips_enabled=True,
        tip_percents=(Decimal(5), Decimal(10), Decimal(15)),
        payable_with=("pix", "boleto", "credit_card"),
        recipients=("copias@example.com", "arquivo@example.com"),
        external_id="ERP-2026-0118",
        metadata={"order": "4500012345", "channel": "demo"},
    )
    return replace(draft, schedule=_three_parts(draft))


def _three_parts(draft: InvoiceDraft) -> dict[str, Any]:
    amounts = share_out(compute(draft).amount_due, [1, 1, 1])
    days = [draft.due_on + timedelta(days=30 * i) for i in range(3)]
    return {
        "parts": [{"due_on": f"{day}", "amount": amount} for day, amount in zip(days, amounts, strict=True)]
    }


def _free(stage: Stage, day: date) -> InvoiceDraft:
    return stage.invoice(day, lines=(stage.line(discount_percent=Decimal(100)),), title="Cortesia")


def _long_words(stage: Stage, day: date) -> InvoiceDraft:
    customer = max(stage.customers, key=lambda customer: len(customer.legal_name))
    line = stage.line(
        name="Desenvolvimento, implantação, parametrização e acompanhamento assistido do módulo de faturamento "
        "eletrônico nas filiais de São José dos Campos, Guaratinguetá e Pindamonhangaba",
        detail="Inclui migração de dados, treinamento das equipes e plantão nos três primeiros fechamentos. "
        * 3,
    )
    title = "Prestação de contas do convênio de cooperação técnica – primeira parcela"
    return stage.invoice(day, customer_id=customer.pk, lines=(line, stage.line()), title=title)


def _empty(stage: Stage, day: date) -> InvoiceDraft:
    return stage.invoice(day, name="Ainda sem itens")


STYLES: dict[str, Callable[[Stage, date], InvoiceDraft]] = {
    "usual": _usual,
    "hundred_lines": _hundred_lines,
    "everything": _everything,
    "free": _free,
    "long_words": _long_words,
    "empty": _empty,
}


def _days_after(at: datetime, least: int) -> datetime:
    """Some days later, never in the future."""
    return min(at + timedelta(days=least + at.minute % 9), datetime.now(UTC))


def _keep_draft(invoice: Invoice, at: datetime) -> None:
    pass


def _leave(invoice: Invoice, at: datetime) -> None:
    actions.finalize(invoice, by=BY, at=at)


def _pay(invoice: Invoice, at: datetime) -> None:
    pay(actions.finalize(invoice, by=BY, at=at), _days_after(at, 3))


def _pay_too_much(invoice: Invoice, at: datetime) -> None:
    pay(actions.finalize(invoice, by=BY, at=at), _days_after(at, 3), tenths=12)


def _pay_a_part(invoice: Invoice, at: datetime) -> None:
    invoice = actions.finalize(invoice, by=BY, at=at)
    pay(invoice, _days_after(at, 1), tenths=4)


def _await_money(invoice: Invoice, at: datetime) -> None:
    invoice = actions.finalize(invoice, by=BY, at=at)
    actions.set_processing(invoice, invoice.amount_remaining, by=BY, at=_days_after(at, 1))


def _void(invoice: Invoice, at: datetime) -> None:
    actions.void(actions.finalize(invoice, by=BY, at=at), by=BY, at=_days_after(at, 1))


def _give_up(invoice: Invoice, at: datetime) -> None:
    actions.mark_uncollectible(actions.finalize(invoice, by=BY, at=at), by=BY, at=_days_after(at, 60))


ENDS: dict[str, Callable[[Invoice, datetime], None]] = {
    "keep_draft": _keep_draft,
    "leave": _leave,
    "leave_for_later": _leave,
    "be_free": _leave,
    "pay": _pay,
    "pay_too_much": _pay_too_much,
    "pay_a_part": _pay_a_part,
    "await_money": _await_money,
    "void": _void,
    "give_up": _give_up,
}

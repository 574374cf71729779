"""A quote in words: labels, explanations and rules, in both languages."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from businesses.terms import Interest, PerDay, Terms, Tier
from invoices.quote import Debt, Move, Waiver, quote
from invoices.quote_words import explain, label, rules
from invoices.schedule import Part

D = Decimal
DUE = date(2026, 11, 10)
LATE = date(2026, 11, 25)
USUAL = Terms(fine_percent=D(2), interest=Interest.PERCENT_MONTH, interest_percent=D(1))


def words(text: str) -> str:
    return text.replace("\u00a0", " ")


def labels(terms: Terms, on: date, language: str) -> list[str]:
    asked = quote(Debt("BRL", (Part(DUE, 100000),), terms, "BR"), on)
    return [label(step, language) for step in asked.steps[1:]]


def test_a_late_invoice_is_explained() -> None:
    debt = Debt(
        "BRL",
        (Part(DUE, 100000),),
        USUAL,
        "BR",
        moves=(Move(0, DUE, 20000, discount=1000),),
        credited=10000,
        waivers=(Waiver(True, False, 380),),
    )
    told = explain(quote(debt, LATE), "BRL", "pt-br")
    assert [(name, words(amount)) for name, amount in told] == [
        ("Valor original", "R$ 1.000,00"),
        ("Creditado", "-R$ 100,00"),
        ("Já pago", "-R$ 200,00"),
        ("Desconto concedido", "-R$ 10,00"),
        ("Multa de 2 %", "R$ 13,80"),
        ("Juros de 1 % ao mês, 15 dias", "R$ 3,45"),
        ("Dispensado", "-R$ 3,80"),
    ]
    assert [name for name, _amount in explain(quote(debt, LATE), "BRL", "en")] == [
        "Original amount",
        "Credited",
        "Already paid",
        "Discount granted",
        "Fine of 2 %",
        "Interest of 1 % a month, 15 days",
        "Waived",
    ]


def test_a_schedule_says_which_part_and_leaves_out_the_settled_ones() -> None:
    parts = (Part(DUE, 100), Part(date(2026, 12, 10), 200))
    asked = quote(Debt("BRL", parts, Terms(), "BR", moves=(Move(0, DUE, 100),)), DUE)
    told = explain(asked, "BRL", "pt-br")
    assert [(name, words(amount)) for name, amount in told] == [("Parcela 2 de 2: Valor original", "R$ 2,00")]


@pytest.mark.parametrize(
    ("terms", "on", "portuguese", "english"),
    [
        (Terms(fine_amount=500), LATE, "Multa por atraso", "Late fine"),
        (
            Terms(interest="amount_day", interest_amount=5),
            date(2026, 11, 11),
            "Juros por 1 dia",
            "Interest for 1 day",
        ),
        (
            Terms(interest="percent_month_workdays", interest_percent=D("1.5")),
            LATE,
            "Juros de 1,5 % ao mês, por dias úteis, 10 dias úteis",
            "Interest of 1.5 % a month, by workdays, 10 workdays",
        ),
        (
            Terms(tiers=(Tier(5, D(5)),)),
            date(2026, 11, 5),
            "Desconto de 5 % até 05/11/2026",
            "Discount of 5 % until 5 Nov 2026",
        ),
        (
            Terms(tiers=(Tier(5, amount=5),)),
            date(2026, 11, 5),
            "Desconto até 05/11/2026",
            "Discount until 5 Nov 2026",
        ),
        (
            Terms(per_day=PerDay.PERCENT, per_day_percent=D("0.1")),
            date(2026, 11, 5),
            "Desconto de 0,1 % ao dia, 5 dias",
            "Discount of 0.1 % a day, 5 days",
        ),
        (
            Terms(per_day=PerDay.AMOUNT_WORKDAY, per_day_amount=1),
            date(2026, 11, 9),
            "Desconto por 1 dia útil",
            "Discount for 1 workday",
        ),
    ],
)
def test_each_line_has_its_words(terms: Terms, on: date, portuguese: str, english: str) -> None:
    assert labels(terms, on, "pt-br") == [portuguese]
    assert labels(terms, on, "en") == [english]


@pytest.mark.parametrize("mode", list(Interest)[1:])
def test_every_way_of_counting_interest_has_a_rule(mode: Interest) -> None:
    name = "interest_amount" if mode.is_amount else "interest_percent"
    terms = Terms(interest=mode, **{name: 1 if "amount" in name else D(1)})  # type: ignore[arg-type]
    starts = {"pt-br": "Depois do vencimento: juros de ", "en": "After the due date: interest of "}
    for language, start in starts.items():
        (rule,) = rules(terms, "BRL", DUE, language)
        assert rule.startswith(start) and "%(" not in rule
        (line,) = labels(terms, LATE, language)
        assert "%(" not in line


def test_the_rules_are_told_before_they_apply() -> None:
    terms = Terms(
        tiers=(Tier(0, amount=100), Tier(9, D(5))),
        fine_percent=D(2),
        interest="percent_month",
        interest_percent=D(1),
    )
    due = date(2026, 12, 10)
    assert [words(rule) for rule in rules(terms, "BRL", due, "pt-br", amount=100000)] == [
        "Até 01/12/2026: desconto de 5 % (R$ 50,00)",
        "Até 10/12/2026: desconto de R$ 1,00",
        "Depois do vencimento: multa de 2 % e juros de 1 % ao mês.",
    ]
    assert rules(terms, "BRL", due, "en")[0] == "Until 1 Dec 2026: discount of 5 %"


def test_fixed_rules_and_those_per_day_are_told() -> None:
    terms = Terms(per_day="amount_workday", per_day_amount=50, fine_amount=990)
    assert [words(rule) for rule in rules(terms, "BRL", DUE, "pt-br")] == [
        "Com pagamento antes de 10/11/2026: desconto de R$ 0,50 por dia útil",
        "Depois do vencimento: multa de R$ 9,90.",
    ]
    both = Terms(per_day="percent", per_day_percent=D("0.1"), interest="amount_day", interest_amount=33)
    assert rules(both, "BRL", DUE, "en") == [
        "Paid before 10 Nov 2026: discount of 0.1 % a day",
        "After the due date: interest of R$0.33 a day.",
    ]


def test_no_terms_are_no_rules() -> None:
    assert rules(Terms(), "BRL", DUE, "pt-br") == []


def test_the_words_leave_the_readers_language_alone() -> None:
    with translation.override("en"):
        rules(USUAL, "BRL", DUE, "pt-br")
        assert translation.get_language() == "en"

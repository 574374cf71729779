"""Every text has its Portuguese, and no screen, public page or paper is left half in the other language."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
import unfold
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, trans_real

from businesses.models import Account, Business
from core.admin_words import WORDS
from customers.models import Customer
from invoices import actions, pdf
from invoices.admin.verbs import VERBS
from invoices.draft import AttachmentDraft, ChargeDraft, DiscountDraft
from invoices.models import Invoice, Mark
from invoices.paper import html
from tests import factories
from tests.factories import line, tax

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "locale" / "pt_BR" / "LC_MESSAGES" / "django.po"
NOT_OURS = {"docs", "locale", "tests", "var"}
LANGUAGES = ["pt-br", "en"]

SAME = {
    "%(full_result_count)s total", "Boleto", "Faturo", "Item", "Link", "Pix", "SKU", "Subtotal", "Total", "e-mail",
    "API", "E-mail", "E-mails", "Id", "Webhook", "Webhooks", "id", "link", "subtotal", "total", "webhook", "webhooks",
}  # fmt: skip
"""Spelt alike in both languages; anything else that is equal on both sides was forgotten."""
OWN_NAMES = {"english", "português", "português brasileiro"}
"""Languages are offered under their own names."""

PLACE = re.compile(r"%\(\w+\)[0-9]*[a-zA-Z]|%[sd]|\{[^{}]*\}")
IN_TEMPLATES = re.compile(r"""\{%\s*trans(?:late)?\s+(?:"([^"]+)"|'([^']+)')""")
IN_PYTHON = re.compile(r"""\b_\(\s*(?:"([^"]+)"|'([^']+)')\s*\)""")
SPOKEN = (
    "alt",
    "aria-label",
    "data-copied",
    "data-none",
    "data-page",
    "data-placeholder",
    "placeholder",
    "title",
)
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
DATES = {"pt-br": r"\d\d/\d\d/\d{4}", "en": r"\d{1,2} [A-Z][a-z]{2} \d{4}"}


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """As `make test` does it, so that a bare pytest finds the translations too."""
    target = PO.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= PO.stat().st_mtime:
        return
    with target.open("wb") as file:
        write_mo(file, catalogue())
    trans_real._translations, trans_real._default = {}, None  # type: ignore[attr-defined]


def catalogue(path: Path = PO) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="pt_BR")


def messages(found: Catalog) -> Iterator[Message]:
    return (message for message in found if message.id)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    found = message.string or ""
    return (found,) if isinstance(found, str) else tuple(found)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make messages` collects, from a copy, so that locale/ stays as it is."""
    if not shutil.which("xgettext"):
        if os.environ.get("CI"):
            pytest.fail("xgettext is missing: install gettext")
        pytest.skip("NOT TESTED, xgettext is missing: install gettext")
    copy = tmp_path_factory.mktemp("sources")
    for path in _sources():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    (copy / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "--locale=pt_BR", "--no-location", "--no-wrap"]
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, check=True, capture_output=True, env=bare)
    return catalogue(copy / PO.relative_to(ROOT))


def _sources() -> Iterator[Path]:
    rooms = (path for path in ROOT.iterdir() if path.is_dir() and path.name not in NOT_OURS)
    for room in rooms:
        if not room.name.startswith("."):
            yield from (path for path in room.rglob("*") if path.suffix in {".py", ".html", ".txt"})


def test_every_text_of_the_sources_is_translated(collected: Catalog) -> None:
    known = catalogue()
    missing = []
    for message in messages(collected):
        ours = known.get(message.id, message.context)
        if ours is None or ours.fuzzy or not all(strings(ours)):
            missing.append((message.context, message.id))
    assert not missing, f"run `make messages`, then translate {missing}"


def test_nothing_of_the_catalogue_is_empty_or_doubtful() -> None:
    doubtful = [message.id for message in messages(catalogue()) if message.fuzzy or not all(strings(message))]
    assert not doubtful


def test_no_text_is_translated_before_the_reader_is_known() -> None:
    """Outside functions only the lazy kind: else whoever imports the module chooses the language for everybody."""
    early = [path for path in _sources() if path.suffix == ".py" and _translates_early(path)]
    assert not early


def _translates_early(path: Path) -> bool:
    tree = ast.parse(path.read_text())
    eager = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in {"gettext", "ngettext", "pgettext", "npgettext"}
    }
    return any(isinstance(call.func, ast.Name) and call.func.id in eager for call in _at_import(tree))


def _at_import(node: ast.AST) -> Iterator[ast.Call]:
    """The calls made by importing a module; what stands in a function is called later."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _at_import(child)


def test_portuguese_has_a_plural_from_two_on() -> None:
    found = catalogue()
    assert (found.num_plurals, found.plural_expr) == (2, "(n > 1)")


def test_placeholders_are_the_same_on_both_sides() -> None:
    """The singular may say "once" in place of the number."""
    for message in messages(catalogue()):
        wanted = set(PLACE.findall(ids(message)[-1]))
        *singular, last = (set(PLACE.findall(text)) for text in strings(message))
        assert last == wanted and all(few <= wanted for few in singular), message.id


def test_what_is_alike_in_both_languages_is_on_purpose() -> None:
    alike = {message.id for message in messages(catalogue()) if message.id == message.string}
    assert alike <= SAME


def test_foreign_words_are_still_their_packages_words() -> None:
    """A word that an upgrade has reworded would silently fall back to English."""
    foreign = {*unfold_words(), *django_words()}
    assert {word for word in WORDS if isinstance(word, str)} - foreign - _blocks() == set()


def unfold_words() -> set[str]:
    """The texts of django-unfold's own templates and Python, without those of its optional parts."""
    found = set()
    folder = Path(unfold.__file__).parent
    for path in folder.rglob("*"):
        is_ours = "contrib" not in path.parts or "filters" in path.parts
        pattern = {".html": IN_TEMPLATES, ".py": IN_PYTHON}.get(path.suffix)
        if pattern and is_ours:
            found |= {one or other for one, other in pattern.findall(path.read_text())}
    return found


def _blocks() -> set[str]:
    """Words of unfold that its templates pass through filters: `_('Welcome back to')`."""
    folder = Path(unfold.__file__).parent
    found = (IN_PYTHON.findall(path.read_text()) for path in folder.rglob("*.html"))
    return {one or other for pairs in found for one, other in pairs}


def django_words() -> set[str]:
    found = set()
    for app in ("admin", "auth"):
        path = Path(django.__file__).parent / "contrib" / app / "locale" / "en" / "LC_MESSAGES" / "django.po"
        found |= {text for message in messages(catalogue(path)) for text in ids(message)}
    return found


@dataclass(frozen=True)
class Words:
    """The texts that must not be read on a page: whole ones, and those with something in them."""

    whole: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, texts: Iterable[str], *, but: Iterable[str]) -> "Words":
        allowed = {_plain(text) for text in {*but, *SAME}} | OWN_NAMES
        wanted = {_plain(text) for text in texts} - allowed
        whole = {text for text in wanted if not PLACE.search(text)}
        patterns = (_pattern(text) for text in sorted(wanted - whole))
        return cls(frozenset(whole), tuple(filter(None, patterns)))

    def among(self, texts: Iterable[str]) -> set[str]:
        plain = {_plain(text) for text in texts}
        return {
            text
            for text in plain
            if text in self.whole or any(pattern.fullmatch(text) for pattern in self.patterns)
        }


def _plain(text: str) -> str:
    return " ".join(text.replace("%%", "%").split()).lower()


def _pattern(text: str) -> re.Pattern[str] | None:
    parts = PLACE.split(text)
    if not any(char.isalpha() for char in "".join(parts)):
        return None
    return re.compile(".+".join(map(re.escape, parts)))


@pytest.fixture(scope="module")
def forbidden(compiled: None) -> dict[str, Words]:
    """By the language of the page: the other language's texts."""
    ours = list(messages(catalogue()))
    english = {text for message in ours for text in ids(message)}
    portuguese = {text for message in ours for text in strings(message)}
    with translation.override("pt-br"):
        foreign = {word: gettext(word) for word in unfold_words() | django_words()}
    english |= set(foreign)
    portuguese |= {text for word, text in foreign.items() if text != word}
    return {"pt-br": Words.of(english, but=portuguese), "en": Words.of(portuguese, but=english)}


class _Reader(HTMLParser):
    """What a page says, to the eye and to the ear; icons are words only to their font."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.said += [given[name] for name in SPOKEN if given.get(name)]
        is_icon = "material-symbols-outlined" in given.get("class", "")
        if tag not in VOID and (self.silent or is_icon or tag in ("script", "style", "textarea")):
            self.silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.said.append(" ".join(data.split()))


def said(page: str) -> list[str]:
    reader = _Reader()
    reader.feed(page)
    return reader.said


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield request.param


@pytest.fixture
def world(business: Business, customer: Customer, language: str) -> list[Invoice]:
    """An open invoice with everything on it, a draft, a paid and a voided one."""
    account = Account.objects.create(business=business, name="Itaú 1", bank="Itaú", pix_key=factories.CNPJ)
    factories.make_product(business, taxes=[factories.make_tax(business)])
    lines = [
        line("1234.56", "1", tax("5"), tax("1.5", withheld=True)),
        line("10", "2.5", tax("3", inclusive=True), discount_percent=Decimal(10), unit="h", detail="Phase 2"),
    ]
    full = {
        "issue_on": date(2026, 11, 21),
        "due_on": date(2026, 12, 5),
        "period_start": date(2026, 11, 1),
        "period_end": date(2026, 11, 30),
        "language": language,
        "account_id": account.pk,
        "discount": DiscountDraft(amount=100),
        "charges": (ChargeDraft("Freight", 1500),),
        "attachments": (AttachmentDraft("Contract", "https://example.com/contract.pdf"),),
    }
    rows = [factories.make_invoice(customer, lines, **full) for _number in range(3)]
    draft = factories.make_invoice(customer, lines, **full)
    opened, voided, paid = (factories.issue(row) for row in rows)
    actions.void(voided)
    actions.apply_payment(paid, paid.amount_due)
    return [opened, draft, voided, paid]


@pytest.fixture
def browser(world: list[Invoice], language: str) -> Client:
    """An administrator who has chosen the language."""
    client = Client()
    person = factories.make_staff(world[0].business, "admin", username="ana", language=language)
    client.force_login(person)
    return client


def screens(world: list[Invoice]) -> Iterator[str]:
    """Every list, every form to add, each row of one kind, and what can be done with an invoice."""
    yield from map(reverse, ["admin:index", "admin:password_change", "admin:two_factor", "admin:search"])
    for model in site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_changelist") + "?q=nothing-is-called-so"
        yield reverse(f"{name}_add")
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
    for invoice in world:
        yield reverse("admin:invoices_invoice_change", args=[invoice.pk])
        yield from (reverse("admin:invoices_invoice_act", args=[invoice.pk, name]) for name in VERBS)


def test_the_back_office_speaks_one_language(
    browser: Client, world: list[Invoice], language: str, forbidden: dict[str, Words]
) -> None:
    read, wrong = 0, {}
    for address in screens(world):
        answer = browser.get(address)
        if answer.status_code == 200:
            read += 1
            if found := forbidden[language].among(said(answer.content.decode())):
                wrong[address] = found
    assert not wrong
    assert read > 30


def test_the_way_in_speaks_one_language(db: None, language: str, forbidden: dict[str, Words]) -> None:
    client = Client(headers={"Accept-Language": language})
    address = reverse("admin:login")
    for answer in (client.get(address), client.post(address, {"username": "ana", "password": "wrong"})):
        assert answer.status_code == 200
        assert forbidden[language].among(said(answer.content.decode())) == set()


def test_the_public_page_speaks_the_invoices_language(
    world: list[Invoice], language: str, forbidden: dict[str, Words]
) -> None:
    for invoice in world:
        if invoice.number:
            answer = Client().get(f"/i/{invoice.token}/")
            assert answer.status_code == 200
            assert forbidden[language].among(said(answer.content.decode())) == set()


def test_a_wrong_link_is_answered_in_the_readers_language(
    db: None, language: str, forbidden: dict[str, Words]
) -> None:
    answer = Client(headers={"Accept-Language": language}).get("/i/there-is-no-such-invoice-here/")
    assert answer.status_code == 404
    assert forbidden[language].among(said(answer.content.decode())) == set()


@pytest.mark.parametrize("mark", list(Mark))
def test_the_paper_speaks_the_invoices_language(
    world: list[Invoice], language: str, mark: Mark, forbidden: dict[str, Words]
) -> None:
    for invoice in world[:2]:
        assert forbidden[language].among(said(html(pdf.paper(invoice, mark)))) == set()


def everywhere(browser: Client, world: list[Invoice]) -> list[str]:
    """What the list, the invoice's page, the public page and the paper say."""
    own = reverse("admin:invoices_invoice_change", args=[world[0].pk])
    asked = [reverse("admin:invoices_invoice_changelist"), own, f"/i/{world[0].token}/"]
    pages = [browser.get(address).content.decode() for address in asked]
    return [" ".join(said(page)) for page in [*pages, html(pdf.paper(world[0]))]]


def test_amounts_are_written_the_countrys_way(browser: Client, world: list[Invoice], language: str) -> None:
    wrong = {"pt-br": r"R\$\s?\d[\d,]*\.\d\d\b", "en": r"R\$\s|\d,\d\d\b(?!\d)"}[language]
    amount = {"pt-br": "R$ 1.234,56", "en": "R$1,234.56"}[language]
    for page in everywhere(browser, world)[1:]:
        assert amount in page
    for page in everywhere(browser, world):
        assert not re.search(wrong, page), re.search(wrong, page)


def test_days_are_written_without_doubt(browser: Client, world: list[Invoice], language: str) -> None:
    day = {"pt-br": "21/11/2026", "en": "21 Nov 2026"}[language]
    (other,) = DATES.keys() - {language}
    for page in everywhere(browser, world):
        assert day in page
        assert not re.search(rf"{DATES[other]}|\d{{4}}-\d\d-\d\d", page)

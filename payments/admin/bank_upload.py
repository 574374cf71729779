"""A bank file is sent, looked at and imported. The file stays in the browser until then; nothing is kept before."""

import csv
import hashlib
import io
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from businesses.admin.keys import key_of
from businesses.admin.owned import staff
from businesses.models import Account, Business
from businesses.roles import Can
from core.problems import Problem
from invoices.admin.frame import framed
from payments import bank
from payments.bankfiles import csvfile
from payments.bankfiles.csvfile import DELIMITERS, HEADINGS, LONGEST_PREAMBLE, CsvMapping
from payments.bankfiles.detect import HEAD, SIGNS
from payments.bankfiles.reading import MAX_BYTES, decode, plain
from payments.matching import Match
from payments.models import EntryState

SAMPLE = 6
AT_ONCE = 300
"""Payments applied while somebody waits for the page; a larger file goes on by the schedule."""
COLUMNS: dict[str, Any] = {
    "date": gettext_lazy("Date"),
    "amount": gettext_lazy("Amount"),
    "credit": gettext_lazy("Money in (own column)"),
    "fee": pgettext_lazy("of the bank", "Fee"),
    "description": gettext_lazy("Text"),
    "payer": gettext_lazy("Payer"),
    "tax_id": gettext_lazy("Payer’s tax id"),
    "txid": gettext_lazy("Pix reference (txid)"),
    "our_number": gettext_lazy("Boleto number"),
    "document": gettext_lazy("Document"),
    "id": gettext_lazy("The bank’s own id"),
}
SEPARATORS: dict[str, Any] = {
    ";": gettext_lazy("semicolon"),
    ",": gettext_lazy("comma"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar"),
}
MARKS = {",": "1.234,56", ".": "1,234.56"}
EXAMPLES = {"dd/mm/yyyy": "31/12/2026", "mm/dd/yyyy": "12/31/2026", "yyyy-mm-dd": "2026-12-31"}


class UploadForm(forms.Form):
    """The receiving account says whose file it is; a business without accounts is offered by itself."""

    place = forms.ChoiceField(label=gettext_lazy("Receiving account"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("OFX, CNAB 240, CNAB 400 or CSV; 5 MB and 20,000 movements at most."),
        widget=forms.FileInput(attrs={"accept": ".ofx,.ofc,.ret,.txt,.csv,.cnab,.240,.400"}),
    )

    def __init__(self, businesses: list[Business], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places: dict[str, tuple[Business, Account | None]] = {}
        choices = []
        for business in businesses:
            own = list(Account.objects.for_business(business).order_by("-is_default", "pk"))
            rows = [(f"a{account.pk}", str(account), account) for account in own]
            offered: list[Any] = rows or [(f"b{business.pk}", _("no account"), None)]
            self.places |= {key: (business, account) for key, _label, account in offered}
            choices.append((str(business), [(key, label) for key, label, _account in offered]))
        self.fields["place"].choices = choices  # type: ignore[attr-defined]

    def show(self, problem: Problem) -> None:
        self.add_error("place" if problem.field == "account" else "file", problem.text)


@dataclass
class Preview:
    """What would happen: the counts, or for a CSV first which column is what."""

    examined: bank.Examined | None = None
    mapping: "MappingForm | None" = None
    sample: list[list[str]] = field(default_factory=list)
    before: Any = None

    @property
    def sentences(self) -> list[str]:
        return [] if self.examined is None else _counted(self.examined)

    @property
    def ignored(self) -> list[dict[str, Any]]:
        return [] if self.examined is None else bank.folded(self.examined.found.ignored)

    @property
    def gross(self) -> int:
        return sum(movement.amount for movement in self.examined.fresh) if self.examined else 0

    @property
    def fees(self) -> int:
        return sum(movement.fee for movement in self.examined.fresh) if self.examined else 0

    @property
    def net(self) -> int:
        return self.gross - self.fees

    @property
    def rows(self) -> list[tuple[Any, Match, str]]:
        """The first movements, as they would be taken."""
        if self.examined is None:
            return []
        pairs = zip(self.examined.fresh[:SAMPLE], self.examined.matches, strict=False)
        return [(movement, match, _state(match)) for movement, match in pairs]


def _state(match: Match) -> str:
    if match.is_sure:
        return str(_("will be applied"))
    is_known = match.invoice_id or match.payment_id
    return str((EntryState.SUGGESTED if is_known else EntryState.UNKNOWN).label)


def _counted(found: bank.Examined) -> list[str]:
    """What is zero is not said, but for the payments themselves."""
    count = len(found.fresh)
    ignored = len(found.found.ignored)
    said = [
        (count, ngettext("%(count)d new payment", "%(count)d new payments", count)),
        (found.sure, _("%(count)d will be applied")),
        (found.to_confirm, _("%(count)d to confirm")),
        (found.unknown, _("%(count)d not recognised")),
        (found.known, _("%(count)d imported before")),
        (ignored, ngettext("%(count)d line ignored", "%(count)d lines ignored", ignored)),
    ]
    return [text % {"count": number} for place, (number, text) in enumerate(said) if number or not place]


class MappingForm(forms.Form):
    """Which column of the CSV is what, and how it writes days and amounts."""

    delimiter = forms.ChoiceField(label=gettext_lazy("Columns are separated by"), choices=SEPARATORS.items())
    skip_rows = forms.IntegerField(
        label=gettext_lazy("Rows above the headings"), min_value=0, max_value=LONGEST_PREAMBLE
    )
    date_format = forms.ChoiceField(label=gettext_lazy("Dates are written"), choices=EXAMPLES.items())
    decimal = forms.ChoiceField(label=gettext_lazy("Amounts are written"), choices=MARKS.items())

    def __init__(self, headings: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [("", "—"), *((heading, heading) for heading in dict.fromkeys(filter(None, headings)))]
        for name, label in COLUMNS.items():
            self.fields[f"col_{name}"] = forms.ChoiceField(label=label, choices=offered, required=False)

    @property
    def columns(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("col_")]

    @property
    def formats(self) -> list[Any]:
        return [self[name] for name in self.fields if not name.startswith("col_")]


def upload(request: HttpRequest) -> HttpResponse:
    """`step` is preview, which tells what would happen, or import, which does it."""
    businesses = list(Business.objects.for_staff(staff(request), Can.RECEIVE).order_by("pk"))
    if not businesses:
        raise PermissionDenied
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if request.method == "GET":
        return _page(request, UploadForm(businesses), Preview())
    form, preview = UploadForm(businesses, request.POST, request.FILES), Preview()
    if form.is_valid():
        try:
            done = _answer(request, form, preview)
        except Problem as problem:
            form.show(problem)
            done = None
        if done is not None:
            return done
    return _page(request, form, preview)


def _answer(request: HttpRequest, form: UploadForm, preview: Preview) -> HttpResponse | None:
    """Fills the preview, or imports and goes to the file's page. Raises Problem for what cannot be read."""
    business, account = form.places[form.cleaned_data["place"]]
    sent = form.cleaned_data["file"]
    data, name = sent.read(MAX_BYTES + 1), sent.name or ""
    preview.before = bank.file_with(business, hashlib.sha256(data).hexdigest())
    mapping = _mapping(request, data, preview)
    if request.POST.get("step") != "import":
        preview.examined = bank.examine(business, name, data, account=account, mapping=mapping)
        return None
    file = bank.import_file(
        business, name, data, account=account, mapping=mapping, by=request.user, at_once=AT_ONCE
    )
    if preview.before is not None:
        messages.info(request, _("This file was imported before; nothing new came of it."))
    else:
        messages.success(request, _("The file is imported."))
    return redirect("admin:payments_bankfile_change", file.pk)


def _mapping(request: HttpRequest, data: bytes, preview: Preview) -> CsvMapping | None:
    """None for what is no CSV. As it was posted, else as the headings suggest, else for somebody to choose."""
    text = decode(data)
    if any(sign.search(text[:HEAD]) for sign in SIGNS.values()):
        return None
    is_posted = "delimiter" in request.POST
    mapping = _posted(request) if is_posted else _guessed(data, text)
    preview.sample = _first_rows(text, mapping)
    headings = preview.sample[0] if preview.sample else []
    values: dict[str, Any] = {f"col_{name}": heading for name, heading in mapping.columns.items()}
    values |= {name: getattr(mapping, name) for name in ("delimiter", "skip_rows", "date_format", "decimal")}
    preview.mapping = MappingForm(headings, initial=values)
    return mapping


def _posted(request: HttpRequest) -> CsvMapping:
    """The reader refuses what makes no sense."""
    chosen = {name: request.POST.get(f"col_{name}", "")[:200] for name in HEADINGS}
    rows = key_of(request.POST.get("skip_rows", ""))
    return CsvMapping(
        {name: heading for name, heading in chosen.items() if heading},
        request.POST.get("delimiter", "")[:1] or DELIMITERS[0],
        request.POST.get("date_format", "")[:20],
        request.POST.get("decimal", "")[:1],
        min(rows or 0, LONGEST_PREAMBLE),
    )


def _guessed(data: bytes, text: str) -> CsvMapping:
    try:
        return csvfile.guess(data)
    except Problem:
        delimiter = max(DELIMITERS, key=text[:HEAD].count)
        lines = text.split("\n", LONGEST_PREAMBLE)[:LONGEST_PREAMBLE]
        filled = [sum(bool(cell.strip()) for cell in line.split(delimiter)) for line in lines]
        return CsvMapping({}, delimiter, skip_rows=filled.index(max(filled)))


def _first_rows(text: str, mapping: CsvMapping) -> list[list[str]]:
    """The headings and a few rows below them, as they stand in the file."""
    body = text.split("\n", mapping.skip_rows)[-1][: 20 * HEAD]
    delimiter = mapping.delimiter if mapping.delimiter in DELIMITERS else DELIMITERS[0]
    try:
        rows = list(islice(csv.reader(io.StringIO(body), delimiter=delimiter), SAMPLE))
    except csv.Error:
        return []
    return [[plain(cell[:200].strip().strip('"'), limit=80) for cell in row[:100]] for row in rows]


def _page(request: HttpRequest, form: UploadForm, preview: Preview) -> HttpResponse:
    """The preview alone when a script asks for it, so that the chosen file stays chosen."""
    status = 422 if form.is_bound and form.errors else 200
    chosen = form.places.get(form["place"].value() or "")
    currency = chosen[0].currency if chosen else "BRL"
    context = {"form": form, "preview": preview, "currency": currency}
    if request.headers.get("X-Requested-With") == "fetch":
        return render(request, "admin/bank/preview.html", context, status=status)
    return framed(request, "admin/bank/upload.html", context, _("Import a bank file"), status)

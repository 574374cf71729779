"""One way to do something with money: a GET says what will happen and asks, a POST does it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.functional import Promise

from core.problems import Conflict, Problem
from invoices.admin.frame import framed
from payments.admin.fields import MoneyForm

Text = str | Promise


@dataclass(frozen=True)
class Ask:
    """What the page shows; `back` is where one comes from and goes to. `rows` and `head` are a table of amounts."""

    title: str
    button: Text
    back: str
    form: MoneyForm
    facts: Sequence[tuple[Text, str]] = ()
    says: Sequence[Text] = ()
    head: Sequence[Text] = ()
    rows: Sequence[tuple[Sequence[str], Any]] = ()
    is_danger: bool = False
    media: Any = field(default="")

    @property
    def fields(self) -> list[Any]:
        """Those that are not in the table."""
        inside = {bound.name for _cells, bound in self.rows}
        return [bound for bound in self.form.visible_fields() if bound.name not in inside]


def answered(request: HttpRequest, ask: Ask, act: Callable[[], str]) -> HttpResponse:
    """`act` does it and returns what to say; what it refuses is shown on the form, with everything typed there."""
    if request.method == "GET":
        return _page(request, ask)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    if not ask.form.is_valid():
        return _page(request, ask, 422)
    try:
        messages.success(request, act())
    except (Problem, Conflict) as refusal:
        ask.form.show(refusal)
        return _page(request, ask, 422)
    return redirect(ask.back)


def _page(request: HttpRequest, ask: Ask, status: int = 200) -> HttpResponse:
    return framed(request, "admin/payments/ask.html", {"ask": ask}, ask.title, status)

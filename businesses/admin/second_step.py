"""The second step of signing in, shown to people who have it on once their password was right."""

from collections.abc import Callable
from typing import Any

from axes.helpers import get_client_ip_address
from django import forms
from django.contrib.auth import logout
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView
from django_otp import login as remember_device

from businesses import second_factor
from businesses.sign_ins import note, note_failure
from core.admin import UnfoldAdminTextInputWidget

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "placeholder": "123456"}


class CodeInput(UnfoldAdminTextInputWidget):
    """Empty again after a wrong code: the next one is another."""

    def format_value(self, value: Any) -> str:
        return ""


class CodeForm(forms.Form):
    """`check` takes the code or raises a Problem; what it returns is the form's `found`."""

    code = forms.CharField(label=_("Code"), max_length=20, widget=CodeInput(attrs=CODE))

    def __init__(self, *args: Any, check: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check = check

    def clean_code(self) -> str:
        self.found = self.check(self.cleaned_data["code"])
        return str(self.cleaned_data["code"])


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecondStep(RedirectURLMixin, FormView):  # type: ignore[type-arg]
    template_name = "admin/second_step.html"
    form_class = CodeForm
    next_page = "admin:index"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.person = request.halfway  # type: ignore[attr-defined]
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "leave" in request.POST:
            logout(request)
            return redirect("admin:login")
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "check": lambda code: second_factor.verify(self.person, code)}

    def form_valid(self, form: CodeForm) -> HttpResponse:
        self.request.user = self.person
        remember_device(self.request, form.found)
        self.request.session.cycle_key()
        address = get_client_ip_address(self.request)
        note("staff.signed_in", self.person, by=self.person, data={"address": address, "step": "code"})
        return super().form_valid(form)

    def form_invalid(self, form: CodeForm) -> HttpResponse:
        if form.has_error("code", "wrong"):
            address = get_client_ip_address(self.request) or ""
            note_failure("staff.sign_in_failed", self.person.username, address, step="code")
        return super().form_invalid(form)

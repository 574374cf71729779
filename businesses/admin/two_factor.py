"""A person's own screen for the second step: switch it on with an app, keep the backup codes, switch it off."""

from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import TemplateView
from django_otp import login as remember_device

from businesses import second_factor
from businesses.admin.owned import staff
from businesses.admin.second_step import CodeForm
from core.admin import UnfoldAdminPasswordWidget

QUIET = 4
"""Modules left empty around a QR code."""


class PasswordForm(forms.Form):
    """Checked like a sign-in, so wrong ones lock out here too."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if authenticate(self.request, username=staff(self.request).username, password=password) is None:
            raise forms.ValidationError(_("This is not your password."), code="wrong")
        return password


@method_decorator(sensitive_post_parameters(), name="dispatch")
class TwoFactor(TemplateView):
    template_name = "admin/two_factor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = staff(self.request)
        context = {**super().get_context_data(**kwargs), "is_on": second_factor.is_on(person)}
        if context["is_on"]:
            left = second_factor.backup_codes_left(person)
            return {"form": PasswordForm(request=self.request), **context, "left": left}
        device = second_factor.pending(person)
        if device is None:
            return context
        secret, drawing = second_factor.secret_of(device), qr_path(second_factor.address_of(device))
        return {"form": CodeForm(check=str), **context, "secret": secret, "qr": drawing}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        steps = {"begin": self.begin, "confirm": self.confirm, "off": self.off}
        step = steps.get(request.POST.get("step", ""))
        return step(request) if step else redirect("admin:two_factor")

    def begin(self, request: HttpRequest) -> HttpResponse:
        if not second_factor.is_on(staff(request)):
            second_factor.begin(staff(request))
        return redirect("admin:two_factor")

    def confirm(self, request: HttpRequest) -> HttpResponse:
        """The answer to the right code shows the backup codes; there is no address to see them again."""
        person = staff(request)
        if second_factor.is_on(person):
            return redirect("admin:two_factor")
        form = CodeForm(request.POST, check=lambda code: second_factor.confirm(person, code))
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form, **self.extra_context or {}))
        device, codes = form.found
        remember_device(request, device)
        return self.render_to_response({**(self.extra_context or {}), "codes": codes})

    def off(self, request: HttpRequest) -> HttpResponse:
        form = PasswordForm(request.POST, request=request)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form, **self.extra_context or {}))
        second_factor.switch_off(staff(request), by=request.user)
        messages.success(request, _("Two-step sign-in is off."))
        return redirect("admin:two_factor")


def qr_path(text: str) -> dict[str, Any]:
    """A QR code as the size of its square and one SVG path, a little square for each dark module."""
    rows = segno.make(text, error="m", micro=False).matrix
    dark = [(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module]
    return {
        "size": len(rows) + 2 * QUIET,
        "path": "".join(f"M{x + QUIET} {y + QUIET}h1v1h-1z" for x, y in dark),
    }

"""The screens of API keys: made, shown once, revoked. A secret is only ever in the answer to the POST that made it."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnedAdmin, OwnedForm, may, staff
from businesses.models import Business
from businesses.roles import Can
from core.admin import ChoicesDropdownFilter, UnfoldAdminTextInputWidget, action, display, register
from core.dates import short_date, short_time
from core.languages import language
from customers.models import Customer
from gateway import actions
from gateway.dialect import Dialect, dialects
from gateway.models import ApiKey
from invoices.admin.frame import framed


class DayInput(UnfoldAdminTextInputWidget):
    input_type = "date"


class KeyForm(OwnedForm):
    last_day = forms.DateField(
        label=_("Works until"),
        required=False,
        widget=DayInput,
        help_text=_("Leave it empty for a key that works until it is revoked."),
    )

    class Meta:
        model = ApiKey
        fields = ("business", "name", "dialect", "role")
        help_texts = {
            "name": _("What the key is for: a shop, a person, a program."),
            "role": _("As for staff: a viewer’s key only reads."),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day, business = data.get("last_day"), data.get("business")
        if day and business:
            if day < business.today():
                self.add_error("last_day", gettext("This day is over."))
            data["expires_at"] = datetime.combine(day, time.min, business.zone) + timedelta(days=1)
        return data


@register(ApiKey)
class ApiKeyAdmin(OwnedAdmin):
    form = KeyForm
    list_display = ("name", "business", "dialect_shown", "role", "hint_shown", "used_shown", "state_shown")
    list_filter = (("dialect", ChoicesDropdownFilter),)
    list_select_related = ("business",)
    actions_detail = ("revoke",)

    class Media:
        js = ("backoffice/once.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        managed = Business.objects.for_staff(staff(request), Can.MANAGE)
        return super().get_queryset(request).filter(business__in=managed)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.MANAGE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.MANAGE, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.MANAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a key may do is part of it: another key is made instead."""
        return False

    def has_revoking_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.get_queryset(request).filter(pk=key_of(str(object_id)), revoked_at=None).exists()  # type: ignore[no-any-return]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.queryset = Business.objects.for_staff(staff(request), Can.MANAGE)
        field.initial = field.queryset.first()
        return field

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("business", "name", ("dialect", "role"), "last_day")})]
        fields = (
            "name",
            "business",
            ("dialect", "role"),
            "hint_shown",
            "expires_shown",
            "used_shown",
            "state_told",
        )
        return [(None, {"fields": fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("hint_shown", "expires_shown", "used_shown", "state_told") if obj is not None else ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """One button: after it stands the secret, and nothing else."""
        context = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, context)  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        expires = form.cleaned_data.get("expires_at")
        options = {"role": obj.role, "expires_at": expires, "by": request.user}
        made = actions.create_key(obj.business, obj.name, obj.dialect, **options)
        request.made = made  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        """The one page that shows the secret; it is nowhere to be asked for again."""
        made = shown(*request.made)  # type: ignore[attr-defined]
        return framed(request, "admin/gateway/secret.html", made, gettext("New API key"))

    @action(description=_("Revoke"), url_path="revoke", icon="block", permissions=["revoking"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.get_queryset(request).get(pk=object_id)
        if request.method != "POST":
            return framed(request, "admin/gateway/revoke.html", {"key": key}, gettext("Revoke API key"))
        actions.revoke_key(key, by=request.user)
        messages.success(request, gettext("“%(name)s” opens nothing any more.") % {"name": key.name})
        return redirect("admin:gateway_apikey_changelist")

    @display(description=_("API"), ordering="dialect")
    def dialect_shown(self, key: ApiKey) -> str:
        return key.get_dialect_display()

    @display(description=_("begins with"))
    def hint_shown(self, key: ApiKey) -> str:
        return f"{key.hint}…"

    @display(description=_("last used"))
    def used_shown(self, key: ApiKey) -> str:
        at = key.last_used_at
        return short_time(at, language(), key.business.zone) if at else gettext("never")

    @display(description=_("works until"))
    def expires_shown(self, key: ApiKey) -> str:
        """Its last moment, so that the day is the one that was entered."""
        if key.expires_at is None:
            return gettext("until it is revoked")
        last = timezone.localtime(key.expires_at - timedelta(seconds=1), key.business.zone)
        return short_date(last.date(), language())

    @display(description=_("status"), label={"active": "success", "expired": "warning", "revoked": "danger"})
    def state_shown(self, key: ApiKey) -> tuple[str, str]:
        return state(key)

    @display(description=_("status"))
    def state_told(self, key: ApiKey) -> str:
        return state(key)[1]


def state(key: ApiKey) -> tuple[str, str]:
    if key.revoked_at:
        return "revoked", gettext("Revoked")
    return ("active", gettext("Active")) if key.is_valid(timezone.now()) else ("expired", gettext("Expired"))


def shown(key: ApiKey, secret: str) -> dict[str, Any]:
    """What somebody's code needs, and a line that shows at once whether it works."""
    dialect = dialects()[key.dialect]
    customer = Customer.objects.for_business(key.business).order_by("pk").first()
    headers = dialect.headers(key, secret)
    return {
        "key": key,
        "secret": secret,
        "address": settings.SITE_URL + dialect.prefix,
        "headers": [f"{name}: {value}" for name, value in headers.items()],
        "ids": {name: value for name, value in dialect.ids(key.business, customer).items() if value},
        "curl": curl(dialect, key.business, headers),
    }


def curl(dialect: Dialect, business: Business, headers: dict[str, str]) -> str:
    path = dialect.first_call.format(**dialect.ids(business, None))
    lines = [f'curl "{settings.SITE_URL}{dialect.prefix}{path}"']
    return " \\\n  ".join([*lines, *(f'-H "{name}: {value}"' for name, value in headers.items())])

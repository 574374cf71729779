"""The screens of webhooks: where they go, how they do, and what was said. A secret is shown once, when it is made."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnedAdmin, OwnedForm, may, staff
from businesses.models import Business
from businesses.roles import Can
from core.admin import UnfoldAdminTextareaWidget, display, register
from core.dates import short_time
from core.languages import language
from core.problems import Conflict
from core.secrets import SecretUnreadable
from core.targets import validate_headers
from invoices.admin.frame import framed
from notifications import actions
from notifications.admin.events import EventPicker, choices
from notifications.admin.log import log_of
from notifications.forms import FORMS
from notifications.models import SEALED, Health, WebhookEndpoint
from notifications.webhooks import WEBHOOKS
from outbox.actions import deliver, reopen

COLUMNS = ("name", "url", "events", "is_active")
PILLS = {Health.WELL: "success", Health.FAILING: "warning", Health.PAUSED: "danger", Health.OFF: "info"}


class WebhookForm(OwnedForm):
    events = forms.MultipleChoiceField(label=_("Events"), widget=EventPicker, choices=choices)
    header_lines = forms.CharField(
        label=_("Headers"),
        required=False,
        max_length=20_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off"}),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("business", "dialect", *COLUMNS)
        help_texts = {
            "dialect": _(
                "In whose words it is told: Faturo’s, or those of an API whose client listens there."
            ),
            "url": _("http or https, on the public internet."),
            "is_active": _("Off: it hears of nothing."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "dialect" in self.fields:
            field: Any = self.fields["dialect"]
            field.choices = [choice for choice in field.choices if choice[0] in FORMS]
        self.fields["header_lines"].help_text = _help(self.instance)

    def clean_header_lines(self) -> dict[str, str] | None:
        """None to keep what is stored."""
        lines = [line for line in self.cleaned_data["header_lines"].splitlines() if line.strip()]
        if not lines:
            return None
        pairs = [line.partition(":") for line in lines]
        return {name.strip(): value.strip() for name, _colon, value in pairs}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            validate_headers(data.get("header_lines") or {})
        except ValidationError as error:
            self.add_error("header_lines", error)
        return data


def _help(row: WebhookEndpoint) -> str:
    said = gettext(
        "One a line, like “Authorization: Bearer …”; sent along with every call and never shown again."
    )
    names = ", ".join(_headers(row)) if row.pk else ""
    kept = gettext("Stored: %(names)s. Leave it empty to keep them.") % {"names": names}
    return f"{said} {kept}" if names else said


def _headers(row: WebhookEndpoint) -> dict[str, str]:
    try:
        return row.headers
    except SecretUnreadable:
        return {}


@register(WebhookEndpoint)
class WebhookAdmin(OwnedAdmin):
    form = WebhookForm
    list_display = ("shown", "business", "dialect_shown", "health_shown", "told_shown")
    list_select_related = ("business",)
    change_form_before_template = "admin/notifications/bar.html"

    class Media:
        css = {"all": ("backoffice/webhooks.css",)}  # noqa: RUF012
        js = ("backoffice/once.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the secrets: one that no key opens is there too, to get another."""
        managed = WebhookEndpoint.objects.for_staff(staff(request), Can.MANAGE)
        return super().get_queryset(request).filter(pk__in=managed).defer(*SEALED)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.MANAGE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.MANAGE, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.MANAGE)

    has_change_permission = has_view_permission

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.queryset = Business.objects.for_staff(staff(request), Can.MANAGE)
        field.initial = field.queryset.first()
        return field

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        head = ("business", "name", "dialect", "url") if obj is None else ("name", "url", "is_active")
        return [(None, {"fields": (*head, "events", "header_lines")})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """One button: after it stands the secret, and nothing else."""
        context = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, context)  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        data = form.cleaned_data
        fields = {name: data[name] for name in COLUMNS if name in data}
        if change:
            row = self.get_queryset(request).get(pk=obj.pk)
            actions.change(row, by=request.user, headers=data["header_lines"], **fields)
            reopen(row.route)
            return
        fields |= {"dialect": data["dialect"], "is_active": True}
        made = actions.create(obj.business, by=request.user, headers=data["header_lines"], **fields)
        obj.pk = made[0].pk
        request.made = made  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        """The one page that shows the secret."""
        return _secret(request, *request.made)  # type: ignore[attr-defined]

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "notifications_webhookendpoint"
        own = [
            path("<str:pk>/log/", view(self.log), name=f"{name}_log"),
            path("<str:pk>/do/<str:verb>/", view(self.act), name=f"{name}_act"),
        ]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def log(self, request: HttpRequest, pk: str) -> HttpResponse:
        row = self._find(request, pk)
        context = {"webhook": row, "zone": row.business.zone, "entries": log_of(row), "tone": tone(row)}
        return framed(request, "admin/notifications/log.html", context, gettext("Webhook"))

    def act(self, request: HttpRequest, pk: str, verb: str) -> HttpResponse:
        row = self._find(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if verb == "rotate":
            return _secret(request, row, actions.rotate_secret(row, by=request.user))
        if verb not in VERBS:
            raise Http404
        try:
            messages.success(request, VERBS[verb](row, request.user))
        except Conflict as conflict:
            messages.error(request, conflict.text)
        gone = verb == "delete"
        return redirect("admin:notifications_webhookendpoint_changelist") if gone else _to_log(row)

    def _find(self, request: HttpRequest, pk: str) -> WebhookEndpoint:
        key = key_of(pk)
        rows = super().get_queryset(request).select_related("business").defer(*SEALED)
        row = rows.filter(pk=key).first() if key is not None else None
        if row is None:
            raise Http404
        if not may(request, Can.MANAGE, row):
            raise PermissionDenied
        return row  # type: ignore[no-any-return]

    @display(description=_("webhook"), header=True)
    def shown(self, row: WebhookEndpoint) -> tuple[str, str]:
        return (row.name, row.url) if row.name else (row.url, "")

    @display(description=_("API"), ordering="dialect")
    def dialect_shown(self, row: WebhookEndpoint) -> str:
        return row.get_dialect_display()

    @display(description=_("state"), label=PILLS)
    def health_shown(self, row: WebhookEndpoint) -> tuple[str, str]:
        return row.health, str(row.health.label)

    @display(description=_("last success"), ordering="told_at")
    def told_shown(self, row: WebhookEndpoint) -> str:
        return short_time(row.told_at, language(), row.business.zone) if row.told_at else gettext("never")


def tone(row: WebhookEndpoint) -> str:
    return {Health.WELL: "good", Health.FAILING: "warn", Health.PAUSED: "bad"}.get(row.health, "neutral")


def _to_log(row: WebhookEndpoint) -> HttpResponse:
    return redirect("admin:notifications_webhookendpoint_log", row.pk)


def _secret(request: HttpRequest, row: WebhookEndpoint, secret: str) -> HttpResponse:
    context = {"webhook": row, "secret": secret}
    return framed(request, "admin/notifications/secret.html", context, gettext("Webhook’s secret"))


def _test(row: WebhookEndpoint, by: Any) -> str:
    deliver(list(WEBHOOKS.wanted([actions.test(row, by=by)])))
    return gettext("A test is on its way; its answer appears below.")


def _pause(row: WebhookEndpoint, by: Any) -> str:
    actions.pause(row, by=by)
    return gettext("Paused: what it would be told waits.")


def _resume(row: WebhookEndpoint, by: Any) -> str:
    actions.resume(row, by=by)
    reopen(row.route)
    return gettext("It goes on; what has waited is sent now.")


def _delete(row: WebhookEndpoint, by: Any) -> str:
    actions.delete(row, by=by)
    return gettext("Deleted; nothing more is sent there.")


VERBS = {"test": _test, "pause": _pause, "resume": _resume, "delete": _delete}

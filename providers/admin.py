"""The screens of connections to providers. Credentials go in and never come out."""

from functools import cache
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnedAdmin, OwnedForm, add_errors, may, staff
from businesses.models import Business
from businesses.roles import Can
from core.admin import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    action,
    display,
    register,
)
from core.secrets import masked
from invoices.admin.frame import framed
from outbox import actions as outbox
from outbox.words import words
from providers import actions, calling
from providers.connector import Credential, Option
from providers.inbox import inbound_url
from providers.models import Connection, Health, ProviderName
from providers.registry import CONNECTORS

COLUMNS = ("name", "base_url", "is_live", "push_on", "is_active")
COPYABLE = (
    '<code class="fa-address">{}</code> <button type="button" class="fa-button" data-copy="{}" data-copied="{}">'
    "<span>{}</span></button>"
)
SEALED = ("sealed_credentials", "sealed_tokens")


class ConnectionForm(OwnedForm):
    """Its credentials and options are the provider's: one form class for each."""

    provider = ""

    class Meta:
        model = Connection
        fields = ("business", *COLUMNS)
        help_texts = {
            "name": _("Only to tell several apart."),
            "base_url": _("Change it for a sandbox, or for a server of your own that speaks this API."),
            "is_live": _("Off for the provider’s sandbox. Test invoices never go to a live account."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = actions.readable_credentials(self.instance) if self.instance.pk else {}
        for credential in CONNECTORS[self.provider].credentials:
            self._show_stored(credential)
        for option in CONNECTORS[self.provider].options:
            self.initial.setdefault(f"option_{option.name}", self.instance.options.get(option.name))

    def _show_stored(self, credential: Credential) -> None:
        field, value = self.fields[f"credential_{credential.name}"], self.stored.get(credential.name, "")
        field.required = credential.is_required and not value
        if value and credential.is_secret:
            field.help_text = gettext("Stored: %(secret)s. Leave it empty to keep it.") % {
                "secret": masked(value)
            }
        elif value:
            field.initial = value

    def credentials(self) -> dict[str, str]:
        return self._given("credential_")

    def options(self) -> dict[str, str]:
        return self._given("option_")

    def _given(self, prefix: str) -> dict[str, str]:
        data = self.cleaned_data
        return {
            name.removeprefix(prefix): data[name] for name in data if name.startswith(prefix) and data[name]
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.instance.provider = self.provider
        self.instance.options = self.options()
        if not self.errors:
            self._check()
        return data

    def _check(self) -> None:
        """What is entered reaches the row only after this; its rules are about all of it together."""
        for name in (*COLUMNS, "business"):
            setattr(self.instance, name, self.cleaned_data.get(name, getattr(self.instance, name, None)))
        try:
            actions.checked_credentials(self.provider, {**self.stored, **self.credentials()})
            actions.check(self.instance)
        except ValidationError as error:
            add_errors(self, error)


@cache
def form_for(provider: str) -> type[ConnectionForm]:
    connector = CONNECTORS[provider]
    fields: dict[str, Any] = {f"credential_{one.name}": _credential(one) for one in connector.credentials}
    fields |= {f"option_{one.name}": _option(one) for one in connector.options}
    return type(f"{provider.title()}Form", (ConnectionForm,), {**fields, "provider": provider})


def _credential(one: Credential) -> forms.CharField:
    off = {"autocomplete": "off", "spellcheck": "false"}
    widget = UnfoldAdminPasswordWidget if one.is_secret else UnfoldAdminTextInputWidget
    return forms.CharField(
        label=capfirst(one.label),
        help_text=one.help,
        required=False,
        max_length=4000,
        widget=widget(attrs=off),
    )


def _option(one: Option) -> forms.ChoiceField:
    return forms.ChoiceField(label=capfirst(one.label), choices=one.choices, widget=UnfoldAdminSelectWidget)


@register(Connection)
class ConnectionAdmin(OwnedAdmin):
    form = ConnectionForm
    list_display = ("shown", "business", "provider_shown", "push_on", "live_shown", "state_shown")
    list_select_related = ("business",)
    actions_detail = ("test",)

    class Media:
        js = ("backoffice/copy.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the secrets: also a connection whose secrets no key opens is there, to enter them again."""
        managed = Connection.objects.for_staff(staff(request), Can.MANAGE)
        return super().get_queryset(request).filter(pk__in=managed).defer(*SEALED)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.MANAGE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.MANAGE, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.MANAGE)

    has_change_permission = has_view_permission

    def has_testing_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.get_queryset(request).filter(pk=key_of(str(object_id))).exists()  # type: ignore[no-any-return]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.queryset = Business.objects.for_staff(staff(request), Can.MANAGE)
        field.initial = field.queryset.first()
        return field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=form_for(_provider(request, obj)), **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"base_url": CONNECTORS[_provider(request)].live_url, "is_live": True}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        connector = CONNECTORS[_provider(request, obj)]
        secrets = [f"credential_{one.name}" for one in connector.credentials]
        choices = [f"option_{one.name}" for one in connector.options]
        head = ("business", "name", "base_url", ("is_live", "is_active"), "push_on")
        told = () if obj is None else ("health_shown", "inbound_shown")
        name = ProviderName(connector.name).label
        found = [(name, {"fields": (*head, *told)}), (_("Credentials"), {"fields": secrets})]
        return [*found, (_("Choices"), {"fields": choices})] if choices else found

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "health_shown", "inbound_shown")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First the provider, for each asks other things."""
        if request.GET.get("provider") in CONNECTORS or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)  # type: ignore[no-any-return]
        return framed(
            request,
            "admin/providers/choose.html",
            {"choices": ProviderName.choices},
            gettext("New connection"),
        )

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        fields = {name: form.cleaned_data[name] for name in COLUMNS} | {"options": form.options()}
        if change:
            row = Connection.objects.for_business(obj.business_id).get(pk=obj.pk)
            actions.change(row, credentials=form.credentials(), by=request.user, **fields)
            outbox.reopen(row.route)
            return
        made = actions.create(obj.business, form.provider, form.credentials(), by=request.user, **fields)
        obj.pk, obj.public_id = made.pk, made.public_id

    @action(
        description=_("Test the connection"), url_path="test", icon="network_check", permissions=["testing"]
    )
    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = self.get_queryset(request).get(pk=object_id)
        if request.method == "POST":
            _try(request, connection)
            return redirect("admin:providers_connection_change", connection.pk)
        context = {"connection": connection, "told": told(connection)}
        return framed(request, "admin/providers/test.html", context, gettext("Test the connection"))

    @display(description=_("name"), ordering="name")
    def shown(self, connection: Connection) -> str:
        return str(connection)

    @display(description=_("provider"), ordering="provider")
    def provider_shown(self, connection: Connection) -> str:
        return connection.get_provider_display()

    @display(description=_("account"), label={"live": "success", "test": "warning"})
    def live_shown(self, connection: Connection) -> tuple[str, str]:
        return ("live", gettext("Live")) if connection.is_live else ("test", gettext("Test"))

    @display(
        description=_("state"),
        label={"well": "success", "off": "info", "": "info", "failing": "warning", "paused": "danger"},
    )
    def state_shown(self, connection: Connection) -> tuple[str, str]:
        if not connection.is_active:
            return "off", gettext("Switched off")
        return connection.health, connection.get_health_display()

    @display(description=_("state"))
    def health_shown(self, connection: Connection) -> str:
        return told(connection)

    @display(description=_("Webhook address"))
    def inbound_shown(self, connection: Connection) -> str:
        """Where the provider is to tell of what happens there, for its owner to register."""
        address = inbound_url(connection)
        return format_html(COPYABLE, address, address, gettext("Copied"), gettext("Copy"))


def _provider(request: HttpRequest, obj: Connection | None = None) -> str:
    if obj is not None:
        return obj.provider
    wanted = request.GET.get("provider", "")
    return wanted if wanted in CONNECTORS else next(iter(CONNECTORS))


def told(connection: Connection) -> str:
    """How the last call went, in a sentence."""
    state = connection.get_health_display()
    if connection.health in (Health.UNKNOWN, Health.WELL):
        return state
    return " ".join(
        filter(None, [f"{state.capitalize()}:", words(connection.health_code), connection.health_detail])
    )


def _try(request: HttpRequest, connection: Connection) -> None:
    """Its answer is a message; an end of the fault lets what waits go on."""
    try:
        who = calling.run(connection, CONNECTORS[connection.provider].check(actions.access_of(connection)))
    except calling.FAILURES as failed:
        code, detail = calling.word_of(failed)
        messages.error(request, f"{words(code)} {detail}".strip())
        return
    actions.resume(connection, by=request.user)
    outbox.reopen(connection.route)
    messages.success(request, gettext("It works. %(who)s") % {"who": who})

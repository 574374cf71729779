"""The screen where an account is connected to a hosted card checkout. Secrets go in and never come out."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.admin.owned import OwnedAdmin, OwnedForm, may, staff
from businesses.models import Account
from businesses.roles import Can
from core.admin import UnfoldAdminPasswordWidget, display, register
from core.problems import Problem
from core.secrets import SecretUnreadable, masked
from payments.card_connections import SECRETS, check, save_connection
from payments.models import CardConnection
from payments.stripe_checkout import EVENTS

COPYABLE = (
    '<code class="fa-address">{}</code> <button type="button" class="fa-button" data-copy="{}" data-copied="{}">'
    '<span>{}</span></button><p class="fa-help">{} {}</p>'
)


class AccountField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Says whose an account is: most are called alike."""

    def label_from_instance(self, account: Any) -> str:
        return f"{account} · {account.business}"


class SecretField(forms.CharField):
    """Typed like a password, for no page ever shows what is stored."""

    def __init__(self, label: Any, help_text: Any) -> None:
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(label=label, help_text=help_text, required=False, max_length=300, widget=widget)


class ConnectionForm(OwnedForm):
    new_secret_key = SecretField(
        _("Secret key"), _("From the API keys in Stripe’s dashboard; a restricted one (rk_…) is enough.")
    )
    new_webhook_secret = SecretField(
        _("Webhook secret"), _("Stripe shows it (whsec_…) after you have registered the address there.")
    )

    class Meta:
        model = CardConnection
        fields = ("account", "provider", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        self.fields["new_secret_key"].required = is_new
        for name in () if is_new else SECRETS:
            field = self.fields[f"new_{name}"]
            field.help_text = _stored(self.instance, name) or field.help_text

    def clean(self) -> dict[str, Any]:
        """An empty secret keeps the one that is stored."""
        data = super().clean() or {}
        for name in SECRETS:
            if data.get(f"new_{name}"):
                setattr(self.instance, name, data[f"new_{name}"])
        if data.get("account"):
            self.instance.business = data["account"].business
        if not self.errors:
            self._check()
        return data

    def _check(self) -> None:
        try:
            check(self.instance)
        except Problem as problem:
            self.add_error(f"new_{problem.field}", problem.text)


@register(CardConnection)
class CardConnectionAdmin(OwnedAdmin):
    form = ConnectionForm
    list_display = ("account", "business", "provider_shown", "state_shown")
    list_select_related = ("account", "business")

    class Media:
        js = ("backoffice/copy.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the secrets: also a connection whose secrets no key opens is there, to enter them again."""
        managed = CardConnection.objects.for_staff(staff(request), Can.MANAGE)
        return super().get_queryset(request).filter(pk__in=managed).defer(*SECRETS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.MANAGE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.MANAGE, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.MANAGE)

    has_change_permission = has_view_permission

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        address = () if obj is None else ("address_shown",)
        fields = (("account", "provider"), "new_secret_key", *address, "new_webhook_secret", "is_active")
        return [(None, {"fields": fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The address stays with the account that it was given to."""
        return ("account", "provider", "address_shown") if obj is not None else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, form_class=AccountField, **kwargs)
        accounts = Account.objects.for_staff(staff(request), Can.MANAGE)
        field.queryset = accounts.filter(cards=None).select_related("business")
        return field

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        """On to the address: Stripe wants it before it shows its webhook secret."""
        post = request.POST.copy()
        post["_continue"] = "1"
        request.POST = post  # type: ignore[assignment]
        return super().response_add(request, obj, post_url_continue)

    def save_model(self, request: HttpRequest, obj: CardConnection, form: Any, change: bool) -> None:
        save_connection(obj, by=request.user)

    @display(description=_("cards through"))
    def provider_shown(self, connection: CardConnection) -> str:
        return connection.get_provider_display()

    @display(description=_("status"), label={"on": "success", "off": "info", "incomplete": "warning"})
    def state_shown(self, connection: CardConnection) -> tuple[str, str]:
        if not connection.is_active:
            return "off", str(_("Switched off"))
        if not _stored(connection, "webhook_secret"):
            return "incomplete", str(_("Webhook secret missing"))
        return "on", str(_("Takes cards"))

    @display(description=_("Webhook address"))
    def address_shown(self, connection: CardConnection) -> str:
        """Where Stripe is to tell of payments, for its owner to register there."""
        address = settings.SITE_URL + reverse(f"payments:{connection.provider}", args=[connection.public_id])
        copy = (address, address, gettext("Copied"), gettext("Copy"))
        return format_html(COPYABLE, *copy, gettext("Events to send there:"), ", ".join(EVENTS))


def _stored(connection: CardConnection, name: str) -> str:
    """What is said of a stored secret; read apart, for what a row has loaded counts as entered."""
    rows = CardConnection.objects.for_business(connection.business_id).filter(pk=connection.pk)
    try:
        shown = masked(rows.values_list(name, flat=True).get())
    except SecretUnreadable as error:
        return error.text
    message = gettext("Stored: %(secret)s. Leave this empty to keep it.")
    return message % {"secret": shown} if shown else ""

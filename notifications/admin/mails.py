"""The e-mails' screens: what was sent and what became of it, the business's own words, addresses that get none."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnBusinessFilter, OwnedAdmin, OwnedForm, may, staff
from businesses.models import Business
from businesses.roles import Can
from core.admin import ChoicesDropdownFilter, display, register
from notifications.mail import actions
from notifications.mail.models import MailSettings, Message, MessageState, Suppression
from notifications.mail.tones import TONES
from outbox.words import words

LABELS = {
    MessageState.QUEUED: "info",
    MessageState.SENT: "success",
    MessageState.OPENED: "success",
    MessageState.FAILED: "danger",
    MessageState.BOUNCED: "danger",
    MessageState.SKIPPED: "default",
}


@register(Message)
class MessageAdmin(OwnedAdmin):
    list_display = ("address", "kind_shown", "invoice_shown", "state_shown", "why_shown", "created_at")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("business", OwnBusinessFilter),
    )
    search_fields = ("address",)
    search_help_text = _("Address")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("invoice", "business").defer("text", "html")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found = queryset.filter(address__icontains=search_term.strip()) if search_term else queryset
        return found, False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("kind"), ordering="kind")
    def kind_shown(self, message: Message) -> str:
        return message.get_kind_display()

    @display(description=_("invoice"))
    def invoice_shown(self, message: Message) -> str:
        if message.invoice_id is None:
            return "—"
        url = reverse("admin:invoices_invoice_change", args=[message.invoice_id])
        return format_html('<a class="fa-about" href="{}">{}</a>', url, message.invoice)

    @display(description=_("status"), label=LABELS)
    def state_shown(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()

    @display(description=_("error"))
    def why_shown(self, message: Message) -> str:
        return words(message.code) or "—"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """The message to the letter; nothing on it can be changed."""
        rows = Message.objects.for_staff(staff(request)).select_related("invoice", "business")
        message = rows.filter(pk=key_of(object_id or "") or 0).first()
        if message is None or request.method not in ("GET", "HEAD"):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": message.subject or str(message),
            "message": message,
            "tone": TONES[MessageState(message.state)],
            "why": words(message.code),
            "opts": self.opts,
        }
        return render(request, "admin/mail/message.html", context)


class Managed(OwnedAdmin):
    """For those who may change the business itself."""

    def get_queryset(self, request: HttpRequest) -> Any:
        mine = self.model.objects.for_staff(staff(request), Can.MANAGE)
        return super().get_queryset(request).filter(pk__in=mine)

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


@register(MailSettings)
class MailSettingsAdmin(Managed):
    list_display = ("business", "sends_issued", "sends_thanks")
    list_select_related = ("business",)
    fields = ("business", "sends_issued", "sends_thanks")
    form = OwnedForm

    def save_model(self, request: HttpRequest, obj: MailSettings, form: Any, change: bool) -> None:
        actions.save_settings(obj, by=request.user)


@register(Suppression)
class SuppressionAdmin(OwnedAdmin):
    """Addresses come here by themselves; staff who know better take them off again."""

    list_display = ("address", "reason_shown", "detail", "business", "created_at")
    list_filter = (("reason", ChoicesDropdownFilter), ("business", OwnBusinessFilter))
    list_select_related = ("business",)
    fields = ("address", "reason", "detail", "business", "created_at")
    actions = None

    @display(description=_("reason"), ordering="reason")
    def reason_shown(self, row: Suppression) -> str:
        return row.get_reason_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.WRITE, obj)

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        actions.lift(obj, by=request.user)

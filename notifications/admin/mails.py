"""The e-mails' screens: what was sent and what became of it, the business's own words, addresses that get none."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnBusinessFilter, OwnedAdmin, OwnedForm, may, staff
from businesses.roles import Can
from core.admin import ChoicesDropdownFilter, display, register
from core.problems import Problem
from notifications.mail import actions, post, samples, wording
from notifications.mail.models import Kind, MailSettings, Message, MessageState, Suppression, Wording
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
FRAME = (
    '<iframe class="fa-mail" title="{}" srcdoc="{}" '
    'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
)


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


class WordingForm(OwnedForm):
    class Meta:
        model = Wording
        fields = ("business", "kind", "language", "subject", "intro")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = [pair for pair in Kind.choices if pair[0] != Kind.TROUBLE]  # type: ignore[attr-defined]
        help_text = gettext("Empty: our own words. Placeholders: %(known)s.")
        known = " ".join(f"{{{name}}}" for name in wording.PLACES)
        for name in ("subject", "intro"):
            self.fields[name].help_text = help_text % {"known": known}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("subject", "intro"):
            try:
                wording.check(data.get(name) or "", name)
            except Problem as problem:
                self.add_error(name, problem.text)
        if not self.errors and not data.get("subject") and not data.get("intro"):
            self.add_error("subject", gettext("Write a subject or opening words of your own."))
        return data


@register(Wording)
class WordingAdmin(Managed):
    form = WordingForm
    list_display = ("kind_shown", "language_shown", "subject", "business")
    list_filter = (("kind", ChoicesDropdownFilter), ("business", OwnBusinessFilter))
    list_select_related = ("business",)

    class Media:
        css = {"all": ("backoffice/mail.css",)}

    @display(description=_("kind"), ordering="kind")
    def kind_shown(self, row: Wording) -> str:
        return row.get_kind_display()

    @display(description=_("language"), ordering="language")
    def language_shown(self, row: Wording) -> str:
        return row.get_language_display()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None else (*fixed, "kind", "language", "preview")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        preview = () if obj is None else ("preview",)
        return [(None, {"fields": ("business", ("kind", "language"), "subject", "intro", *preview)})]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.test))
        return [path("<str:pk>/test/", view, name="notifications_wording_test"), *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.MANAGE, obj)

    def save_model(self, request: HttpRequest, obj: Wording, form: Any, change: bool) -> None:
        actions.save_wording(obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Wording) -> None:
        actions.forget_wording(obj, by=request.user)

    def test(self, request: HttpRequest, pk: str) -> HttpResponse:
        """A sample with the stored words, to whoever asks."""
        rows = Wording.objects.for_staff(staff(request), Can.MANAGE).select_related("business")
        row = rows.filter(pk=key_of(pk) or 0).first()
        if row is None:
            raise Http404
        try:
            address = samples.send(row.business, row.kind, row.language, staff(request))
            messages.success(request, gettext("A test is on its way to %(address)s.") % {"address": address})
        except Problem as problem:
            messages.error(request, problem.text)
        return redirect("admin:notifications_wording_change", row.pk)

    @display(description=_("As stored"))
    def preview(self, row: Wording) -> str:
        sample = samples.letter(row.business, row.kind, row.language)
        url = reverse("admin:notifications_wording_test", args=[row.pk])
        return format_html(
            '<p class="fa-subject">{}</p>'
            + FRAME
            + '<p><button class="fa-button" type="submit" formnovalidate '
            'formaction="{}">{}</button></p>',
            sample.subject,
            sample.subject,
            post.html(sample),
            url,
            gettext("Send me a test"),
        )


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

"""The screens on which a business words its e-mails: ours to begin with, tried before any payer reads them."""

from typing import Any

from django.contrib.admin import site
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnBusinessFilter, OwnedForm, may, staff
from businesses.models import LANGUAGES, Business, User
from businesses.roles import Can
from core.admin import ChoicesDropdownFilter, display, register
from core.problems import Problem
from notifications.admin.mails import Managed
from notifications.mail import actions as mail
from notifications.mail import post, samples, wording
from notifications.mail.models import Kind, Wording
from notifications.mail.wording import Words

NAME = "notifications_wording"


class WordingForm(OwnedForm):
    class Meta:
        model = Wording
        fields = ("business", "kind", "language", "subject", "intro")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = [pair for pair in Kind.choices if pair[0] != Kind.TROUBLE]  # type: ignore[attr-defined]
        usual = _usual(self)
        help_text = gettext("Empty: our own words. Placeholders: %(known)s.")
        known = " ".join(f"{{{name}}}" for name in wording.PLACES)
        for name in ("subject", "intro"):
            self.fields[name].help_text = help_text % {"known": known}
            if usual:
                self.fields[name].widget.attrs["placeholder"] = getattr(usual, name)

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


def _usual(form: WordingForm) -> Words | None:
    """Our own words, once it is known which are meant."""
    row = form.instance
    kind = row.kind if row.pk else str(form.initial.get("kind", ""))
    language = row.language if row.pk else str(form.initial.get("language", ""))
    return wording.usual(kind, language) if _is_known(kind, language) else None


def _is_known(kind: str, language: str) -> bool:
    return kind in wording.USUAL and language in dict(LANGUAGES)


@register(Wording)
class WordingAdmin(Managed):
    form = WordingForm
    list_display = ("kind_shown", "language_shown", "subject", "business")
    list_filter = (("kind", ChoicesDropdownFilter), ("business", OwnBusinessFilter))
    list_select_related = ("business",)
    list_before_template = "admin/mail/kinds.html"
    actions = None

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
        return (*fixed, "tries") if obj is None else (*fixed, "kind", "language", "tries")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": ("business", ("kind", "language"), "subject", "intro", "tries")})]

    def get_urls(self) -> list[Any]:
        mine = [
            path(
                f"{start}{name}/", self.admin_site.admin_view(require_POST(view)), name=f"{NAME}_{name}{end}"
            )
            for name, view in (("test", self.test), ("preview", self.preview))
            for start, end in (("", "_new"), ("<str:pk>/", ""))
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {**(extra_context or {}), "chosen": _chosen(staff(request))}
        return super().changelist_view(request, context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.MANAGE, obj)

    def save_model(self, request: HttpRequest, obj: Wording, form: Any, change: bool) -> None:
        mail.save_wording(obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Wording) -> None:
        mail.forget_wording(obj, by=request.user)

    def test(self, request: HttpRequest, pk: str = "") -> HttpResponse:
        """A sample with the words as they stand in the form, to whoever asks."""
        row = _posted(request, pk)
        try:
            words = _words(row)
            address = samples.send(row.business, row.kind, row.language, staff(request), words)
            return _shown(
                request,
                row,
                words,
                said=gettext("A test is on its way to %(address)s.") % {"address": address},
            )
        except Problem as problem:
            return _shown(request, row, None, problem=problem.text)

    def preview(self, request: HttpRequest, pk: str = "") -> HttpResponse:
        """The message with the words as they stand in the form."""
        row = _posted(request, pk)
        try:
            return _shown(request, row, _words(row))
        except Problem as problem:
            return _shown(request, row, None, problem=problem.text)

    @display(description=_("Try it"))
    def tries(self, row: Wording) -> str:
        """Both open another tab: what is typed stays."""
        args, end = ([row.pk], "") if row.pk else ([], "_new")
        button = (
            '<button class="fa-button" type="submit" formnovalidate formtarget="_blank" '
            'formaction="{}">{}</button>'
        )
        pairs = (("preview", gettext("Preview")), ("test", gettext("Send me a test")))
        rows = [(reverse(f"admin:{NAME}_{name}{end}", args=args), said) for name, said in pairs]
        return format_html('<div class="fa-verbs">{}</div>', format_html_join(" ", button, rows))


def _chosen(user: User) -> list[dict[str, Any]]:
    """Each kind in each language: whose words it has, and where they are changed."""
    business = Business.objects.for_staff(user, Can.MANAGE).order_by("pk").first()
    rows = Wording.objects.for_business(business) if business else Wording.objects.none()
    own = {(row.kind, row.language): row for row in rows}
    return [
        {"kind": Kind(kind), "language": language, "name": name, "row": own.get((kind, language))}
        for kind in wording.USUAL
        for language, name in LANGUAGES
    ]


def _posted(request: HttpRequest, pk: str) -> Wording:
    """A row as the form has it, not stored."""
    user, data = staff(request), request.POST
    if pk:
        row = (
            Wording.objects.for_staff(user, Can.MANAGE)
            .select_related("business")
            .filter(pk=key_of(pk) or 0)
            .first()
        )
    else:
        key = key_of(data.get("business", "")) or 0
        business = Business.objects.for_staff(user, Can.MANAGE).filter(pk=key).first()
        row = business and Wording(
            business=business, kind=data.get("kind", ""), language=data.get("language", "")
        )
    if not isinstance(row, Wording) or not _is_known(row.kind, row.language):
        raise Http404
    row.subject, row.intro = (
        data.get(name, "").strip().replace("\0", "")[:2000] for name in ("subject", "intro")
    )
    return row


def _words(row: Wording) -> Words:
    """Raises Problem at a placeholder that nothing would fill."""
    wording.check(row.subject, "subject")
    wording.check(row.intro, "intro")
    usual = wording.usual(row.kind, row.language)
    return Words(row.subject or usual.subject, row.intro or usual.intro)


def _shown(
    request: HttpRequest, row: Wording, words: Words | None, *, said: str = "", problem: str = ""
) -> HttpResponse:
    sample = samples.letter(row.business, row.kind, row.language, words) if words else None
    context = {
        **site.each_context(request),
        "title": str(row),
        "subject": sample.subject if sample else "",
        "html": post.html(sample) if sample else "",
        "said": said,
        "problem": problem,
    }
    return render(request, "admin/mail/preview.html", context, status=422 if problem else 200)

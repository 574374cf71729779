"""Who works where: people and their roles, business by business."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from businesses import actions
from businesses.admin.keys import SafeKeys
from businesses.admin.owned import Unlogged, add_errors, staff
from businesses.models import Business, Membership
from businesses.roles import Can
from core.admin import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
    display,
    register,
)
from core.dates import short_time
from core.languages import language


class NewMemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A sign-in name that is known already joins with its own password; a new one needs a first password."""

    username = forms.CharField(label=_("Sign-in name"), max_length=150, widget=UnfoldAdminTextInputWidget)
    full_name = forms.CharField(
        label=_("Name"), max_length=150, required=False, widget=UnfoldAdminTextInputWidget
    )
    password = forms.CharField(
        label=_("First password"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Only for a person who does not sign in here yet."),
    )

    class Meta:
        model = Membership
        fields = ("business", "role")

    def clean(self) -> dict[str, Any]:
        """Try the action itself and take it back: what it refuses, the form shows."""
        data = super().clean() or {}
        if not self.errors:
            try:
                with transaction.atomic():
                    self.add()
                    transaction.set_rollback(True)
            except ValidationError as error:
                add_errors(self, error)
        return data

    def add(self, by: object = None) -> Membership:
        data = self.cleaned_data
        return actions.add_staff(
            data["business"],
            data["username"],
            data["role"],
            name=data["full_name"],
            password=data["password"],
            by=by,
        )


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Membership
        fields = ("role",)

    def clean(self) -> dict[str, Any]:
        """Tried and taken back as well: the last administrator's role is not for changing."""
        data = super().clean() or {}
        if not self.errors:
            try:
                with transaction.atomic():
                    actions.change_role(self.instance, data["role"])
                    transaction.set_rollback(True)
            except ValidationError as error:
                add_errors(self, error)
        return data


@register(Membership)
class MembershipAdmin(Unlogged, SafeKeys):
    list_display = ("person", "business", "role_shown", "last_login")
    list_fullwidth = True
    search_fields = ("user__username", "user__first_name")
    list_select_related = ("user", "business")

    @display(description=_("person"), header=True)
    def person(self, membership: Membership) -> tuple[str, str]:
        user = membership.user
        return (user.get_full_name() or user.username, user.username)

    @display(description=_("role"), ordering="role", label=True)
    def role_shown(self, membership: Membership) -> str:
        return membership.get_role_display()

    @display(description=_("last sign-in"), ordering="user__last_login")
    def last_login(self, membership: Membership) -> str:
        at = membership.user.last_login
        return short_time(at, language(), membership.business.zone) if at else "—"

    def get_queryset(self, request: HttpRequest) -> Any:
        managed = Business.objects.for_staff(staff(request), Can.MANAGE)
        return super().get_queryset(request).filter(business__in=managed)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = NewMemberForm if obj is None else RoleForm
        form = super().get_form(request, obj, change, **kwargs)
        if "business" in form.base_fields:
            field = form.base_fields["business"]
            field.queryset = Business.objects.for_staff(staff(request), Can.MANAGE)
            field.initial = field.queryset.first()
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("business", "role", "username", "full_name", "password")
        return ("user", "business", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("user", "business") if obj is not None else ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and staff(request).can(Can.MANAGE)

    def _manages(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff(request).can(Can.MANAGE, obj.business_id if obj is not None else None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._manages(request)

    has_view_permission = has_change_permission = has_delete_permission = _manages

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            actions.change_role(obj, form.cleaned_data["role"], by=request.user)
        else:
            added = form.add(by=request.user)
            obj.pk, obj.user = added.pk, added.user

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect("admin:businesses_membership_changelist")

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        actions.remove_staff(obj, by=request.user)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

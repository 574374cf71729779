"""What every screen of owned rows shares: whose rows are shown, who may do what, and writing through actions."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest

from businesses.admin.keys import SafeKeys, key_of
from businesses.models import Business, User
from businesses.roles import Can
from core.admin import (
    AutocompleteSelectFilter,
    BoundedPaginator,
    QuietChangeList,
    RelatedDropdownFilter,
)

PALETTE_ROWS = 20


def staff(request: HttpRequest) -> User:
    """The signed-in person; admin views are never reached by anyone else."""
    assert isinstance(request.user, User)
    return request.user


def may(request: HttpRequest, can: Can, obj: Any = None) -> bool:
    """Whether the person may do `can` with that row, or with any row when none is given."""
    user = request.user
    if not isinstance(user, User) or not user.is_staff:
        return False
    return user.can(can, obj if obj is None or isinstance(obj, Business) else obj.business_id)


class OwnedForm(forms.ModelForm):  # type: ignore[type-arg]
    """Rules that hold within one business are checked here too, although its own field is not on a change form."""

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"business"} if self.instance.business_id else excluded


class Unlogged:
    """Events are the record; Django's own log would be a second truth."""

    def log_addition(self, *_args: Any) -> None:
        """Nothing."""

    log_change = log_deletions = log_addition


class OwnedInline:
    """Rows on the page of the row that they belong to: who may see or write that one may do so with them."""

    writes: ClassVar[Can] = Can.WRITE
    is_removable = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.VIEW, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.writes, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.writes, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_removable and may(request, self.writes, obj)


class OwnedAdmin(Unlogged, SafeKeys):
    """Rows of the person's own businesses only; anything else does not exist for them."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True
    actions_on_top = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).for_staff(staff(request))  # type: ignore[no-any-return]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.VIEW)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.VIEW, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.WRITE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.WRITE, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Through the row's own search; a lookup field asks among what one business offers (`?business=`)."""
        screen = request.resolver_match.url_name if request.resolver_match else ""
        business = key_of(request.GET.get("business", ""))
        if business is not None:
            queryset = queryset.filter(business=business)
            queryset = self.offered(queryset) if screen == "autocomplete" else queryset
        found = queryset.search(search_term) if search_term else queryset  # type: ignore[attr-defined]
        return (found[:PALETTE_ROWS] if screen == "search" else found), False

    def offered(self, rows: Any) -> Any:
        """Of the rows there are, those for new invoices."""
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[QuietChangeList]:
        return QuietChangeList

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:  # type: ignore[type-arg]
        """Choices are never other businesses' rows, whatever is posted."""
        if db_field.name == "business":
            kwargs["queryset"] = Business.objects.for_staff(staff(request), Can.WRITE)
        elif hasattr(db_field.related_model._default_manager, "for_staff"):
            kwargs["queryset"] = db_field.related_model._default_manager.for_staff(staff(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A row never moves to another business."""
        fixed = ("business",) if obj is not None else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        only = Business.objects.for_staff(staff(request), Can.WRITE)
        field = form.base_fields.get("business")
        if field is not None:
            field.initial = only.first()
            if only.count() == 1:
                field.widget = forms.HiddenInput()
        return form


class OwnBusinessFilter(RelatedDropdownFilter):
    """Offers the person's own businesses; the names of others stay unknown."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        return [(business.pk, str(business)) for business in Business.objects.for_staff(staff(request))]


class OwnRowFilter(AutocompleteSelectFilter):
    """Type to find; a row of another business has no name here, even when its id is in the address."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            field = choice["form"].fields[self.lookup_kwarg]
            field.queryset = field.queryset.for_staff(staff(self.request))
            yield choice


def add_errors(form: Any, error: ValidationError) -> None:
    """Put an action's complaint on the form, on its field where the form has it."""
    by_field = (
        error.error_dict if hasattr(error, "error_dict") else {getattr(error, "field", ""): error.error_list}
    )
    for field, errors in by_field.items():
        form.add_error(field if field in form.fields else None, errors)

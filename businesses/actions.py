"""The only writers of businesses, receiving accounts and staff."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from businesses.events import record, save_recorded
from businesses.models import Account, Business, Membership, User
from businesses.roles import Role


def save_business(business: Business, *, by: object = None) -> Business:
    new = business.pk is None
    business.full_clean()
    with transaction.atomic():
        save_recorded(business, ("business.created", "business.updated"), by=by)
        if new and isinstance(by, User) and not by.is_superuser:
            _join(business, by, Role.ADMIN, by)
    return business


def save_account(account: Account, *, by: object = None) -> Account:
    """Store a receiving account; a new default takes the place of the old one."""
    account.full_clean(exclude=["business"], validate_constraints=False)
    with transaction.atomic():
        _keep_counting(account)
        if account.is_default:
            others = Account.objects.for_business(account.business).filter(is_default=True)
            for other in others.exclude(pk=account.pk):
                other.is_default = False
                save_recorded(other, ("account.created", "account.updated"), by=by)
        save_recorded(account, ("account.created", "account.updated"), by=by)
    return account


def _keep_counting(account: Account) -> None:
    """Boleto numbers never go back: invoices may have taken some since this row was read."""
    rows = Account.objects.for_business(account.business_id).select_for_update()
    stored = rows.filter(pk=account.pk).values_list("next_our_number", flat=True).first()
    account.next_our_number = max(account.next_our_number, stored or 1)


def add_staff(
    business: Business, username: str, role: str, *, name: str = "", password: str = "", by: object = None
) -> Membership:
    """Give a person a role in a business; a person who is not known yet gets an account with that password."""
    with transaction.atomic():
        user = _known(username, password) or _new_user(username, name, password)
        if user.memberships.filter(business=business).exists():
            raise ValidationError({"username": _("This person already works here.")})
        return _join(business, user, role, by)


def _join(business: Business, user: User, role: str, by: object) -> Membership:
    membership = Membership.objects.create(user=user, business=business, role=role)
    data = {"person": user.username, "role": role}
    record("staff.added", membership, business=business, by=by, data=data)
    return membership


def _known(username: str, password: str) -> User | None:
    """Somebody who signs in already keeps their own password: one typed here was meant for somebody new."""
    user = User.objects.filter(username=username).first()
    if user and password:
        message = _(
            "Somebody signs in under this name already. Leave the password empty if you mean that person, "
            "or choose another name."
        )
        raise ValidationError({"password": message})
    return user


def _new_user(username: str, name: str, password: str) -> User:
    user = User(username=username, first_name=name, is_staff=True)
    if not password:
        raise ValidationError({"password": _("A new person needs a first password.")})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    return user


def change_role(membership: Membership, role: str, *, by: object = None) -> None:
    """A business keeps at least one administrator."""
    with _locked(membership.business):
        Membership.objects.filter(pk=membership.pk).update(role=role)
        _require_admin(membership.business)
        data = {"person": membership.user.username, "role": role}
        record("staff.role_changed", membership, business=membership.business_id, by=by, data=data)


def remove_staff(membership: Membership, *, by: object = None) -> None:
    with _locked(membership.business):
        data = {"person": membership.user.username}
        record("staff.removed", membership, business=membership.business_id, by=by, data=data)
        membership.delete()
        _require_admin(membership.business)


@contextmanager
def _locked(business: Business) -> Iterator[None]:
    """Two administrators who demote each other at once are served one after the other."""
    with transaction.atomic():
        Business.objects.select_for_update().get(pk=business.pk)
        yield


def _require_admin(business: Business) -> None:
    if not business.memberships.filter(role=Role.ADMIN, user__is_active=True).exists():
        raise ValidationError({"role": _("A business needs at least one administrator.")})

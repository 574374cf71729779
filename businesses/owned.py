"""Every row belongs to one business, and there is one way to get at rows: naming whose they are."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.roles import Can
from core.ids import new_public_id
from core.text import ascii_fold

MAX_WORDS = 10
"""More would only narrow what is found already, each at the price of a condition."""


def has_words(text: str) -> models.Q:
    """Rows whose `search_text` has every one of these words or parts: `maria souza` finds Maria de Souza."""
    wanted = models.Q()
    for word in ascii_fold(text).split()[:MAX_WORDS]:
        wanted &= models.Q(search_text__contains=word)
    return wanted


class OwnedQuerySet(models.QuerySet[Any]):
    def for_business(self, business: Any) -> Self:
        """Rows of one business, given as a row or its id."""
        return self.filter(business=business)

    def for_staff(self, user: Any, can: Can = Can.VIEW) -> Self:
        """Rows of the businesses in which this member of staff may do `can`; a superuser sees every business.

        One business is asked for by equality: only then does a "newest first" index serve filter and order at once.
        """
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self.all()
        keys = user.business_keys(can)
        return self.filter(business=keys[0]) if len(keys) == 1 else self.filter(business__in=keys)

    def search(self, text: str) -> Self:
        """Rows that have no text of their own to search are few: all of them."""
        return self


class Owned(models.Model):
    """Mixed into every row that a business owns; `public_id` is the only id that leaves the house."""

    public_id = models.CharField(_("id"), max_length=24, unique=True, default=new_public_id, editable=False)
    business = models.ForeignKey(
        "businesses.Business", models.PROTECT, related_name="+", verbose_name=_("business")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True, editable=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True

"""Who may do what: one table, asked by every screen, action and download."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    VIEWER = "viewer", _("Viewer")
    BILLER = "biller", _("Biller")
    FINANCE = "finance", _("Finance")
    ADMIN = "admin", _("Administrator")


class Can(models.TextChoices):
    VIEW = "view", _("see everything of the business")
    WRITE = "write", _("write drafts, customers and products")
    ISSUE = "issue", _("issue invoices")
    RECEIVE = "receive", _("register payments")
    REFUND = "refund", _("give money back, credit and waive")
    VOID = "void", _("void invoices and mark them uncollectible")
    MANAGE = "manage", _("change the business and its staff")


_BILLER = frozenset({Can.VIEW, Can.WRITE, Can.ISSUE, Can.RECEIVE})
GRANTS: dict[str, frozenset[Can]] = {
    Role.VIEWER: frozenset({Can.VIEW}),
    Role.BILLER: _BILLER,
    Role.FINANCE: _BILLER | {Can.VOID, Can.REFUND},
    Role.ADMIN: frozenset(Can),
}


def roles_that(can: Can) -> list[str]:
    return [role for role, grants in GRANTS.items() if can in grants]

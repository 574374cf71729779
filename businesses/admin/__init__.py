"""The screens for businesses and their staff."""

from businesses.admin.business import BusinessAdmin
from businesses.admin.staff import MembershipAdmin

__all__ = ["BusinessAdmin", "MembershipAdmin"]

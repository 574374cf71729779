"""The screens for businesses and their staff, and for the record of what happened."""

from businesses.admin.business import BusinessAdmin
from businesses.admin.events import EventAdmin
from businesses.admin.staff import MembershipAdmin

__all__ = ["BusinessAdmin", "EventAdmin", "MembershipAdmin"]

"""The project's addresses and those of Django REST framework's invoices."""

from benchmarks.api_drf import urlpatterns as plain
from billing.urls import urlpatterns as addresses

urlpatterns = [*plain, *addresses]

"""Where each room's pages hang."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from businesses.views import set_language

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/language/", set_language, name="admin_language"),
    path("admin/", admin.site.urls),
    path("i/", include("portal.urls")),
]

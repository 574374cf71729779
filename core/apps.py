"""Django's handle on this room, and on the admin with our own site."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.core.checks import register
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from core.checks import CHECKS


class CoreConfig(AppConfig):
    name = "core"
    default = True
    verbose_name = _("Core")

    def ready(self) -> None:
        for check, tag, deploy in CHECKS:
            register(check, tag, deploy=deploy)


class BackOfficeConfig(SimpleAdminConfig):
    default_site = "businesses.admin.site.Site"
    default = False

    def ready(self) -> None:
        super().ready()
        # First of all: its package registers screens, and while the site is being made that would be on another one.
        import_string(self.default_site)
        self.module.autodiscover()  # type: ignore[union-attr]

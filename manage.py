#!/usr/bin/env python3
"""Django's command line for Faturo; a setting that cannot be used ends it with one line that says which."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  (reads the settings)
    except ImproperlyConfigured as error:
        sys.exit(f"Faturo cannot start: {error}")
    execute_from_command_line(sys.argv)

"""The Celery app of the scale-out mode; its beat reads the same schedule as `manage.py relay`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing.settings")

app = Celery("faturo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

"""The Django project: wiring only. Importing the Celery app here lets `shared_task` find it."""

from billing.celery import app as celery_app

__all__ = ["celery_app"]

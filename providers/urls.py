"""Where providers tell what happened to invoices there."""

from django.urls import path

from providers.views import webhooks

app_name = "providers"
urlpatterns = [path("<str:token>/", webhooks.webhook, name="webhook")]

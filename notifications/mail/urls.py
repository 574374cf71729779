"""What mail programs and readers of mails call: anybody may, with a signed link."""

from django.urls import path

from notifications.mail import views

app_name = "mail"
urlpatterns = [path("unsubscribe/<str:signed>/", views.unsubscribe, name="unsubscribe")]

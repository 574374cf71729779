"""Where providers tell what happened to charges."""

from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [path("stripe/<str:public_id>/", views.stripe, name="stripe")]

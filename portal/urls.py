"""Public addresses: whoever has the link may look, nobody can guess one."""

from django.urls import path, re_path

from portal import views

app_name = "portal"
urlpatterns = [
    path("<str:token>/", views.page, name="page"),
    path(
        "<str:token>", views.page
    ),  # people lose the slash when they copy; a redirect would be one more stop
    path("<str:token>/pdf/", views.pdf, name="pdf"),
    path("<str:token>/logo.png", views.logo, name="logo"),
    path("<str:token>/files/<str:public_id>/", views.file, name="file"),
    re_path("", views.missing),
]

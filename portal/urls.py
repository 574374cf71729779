"""Public addresses: whoever has the link may look, nobody can guess one."""

from django.urls import path, re_path

from portal import views

app_name = "portal"
urlpatterns = [
    path("mine/<str:key>/", views.mine, name="mine"),
    path("mine/<str:key>/open/", views.open_mine, name="open_mine"),
    path("<str:token>/mine/", views.ask_mine, name="ask_mine"),
    path("<str:token>/", views.page, name="page"),
    path(
        "<str:token>", views.page
    ),  # people lose the slash when they copy; a redirect would be one more stop
    path("<str:token>/status/", views.status, name="status"),
    path("<str:token>/card/", views.card, name="card"),
    path("<str:token>/carne/", views.carne, name="carne"),
    path("<str:token>/receipts/<str:public_id>/", views.receipt, name="receipt"),
    path("<str:token>/credits/<str:public_id>/", views.credit_note, name="credit_note"),
    path("<str:token>/pdf/", views.pdf, name="pdf"),
    path("<str:token>/logo.png", views.logo, name="logo"),
    path("<str:token>/files/<str:public_id>/", views.file, name="file"),
    re_path("", views.missing),
]

"""Addresses of this application: the door under /accounts/, the user's own pages under /profile/, the language."""

from django.urls import include, path

from accounts import views

own_pages = [
    path("", views.profile, name="profile"),
    path("kept/", views.kept, name="kept"),
    path("kept/<int:pk>/discard/", views.discard, name="discard"),
    path("keep-alive/", views.keepalive, name="keepalive"),
    path("theme/", views.theme, name="theme"),
    path("play/", views.play, name="play"),
]
urlpatterns = [
    path("accounts/", include("accounts.doors")),
    path("profile/", include((own_pages, "accounts"))),
    path("i18n/setlang/", views.language, name="set_language"),
]

"""Addresses of the signed-in user's own pages, under /profile/."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("kept/", views.kept, name="kept"),
    path("kept/<int:pk>/discard/", views.discard, name="discard"),
    path("keep-alive/", views.keepalive, name="keepalive"),
    path("theme/", views.theme, name="theme"),
]

"""Addresses of the public check of a letter."""

from django.urls import path

from programmes.base.papers import views

app_name = "papers"
urlpatterns = [
    path("verify/", views.verify, name="verify"),
    path("verify/<str:code>/", views.verified, name="verified"),
]

"""Addresses of deeds on many cases."""

from django.urls import path

from programmes.desk.bulk import views

app_name = "bulk"
urlpatterns = [path("cases/bulk/<slug:name>/", views.deed, name="deed")]

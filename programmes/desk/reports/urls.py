"""Addresses of reports."""

from django.urls import path

from programmes.desk.reports import views

app_name = "reports"
urlpatterns = [
    path("reports/", views.listing, name="list"),
    path("reports/make/", views.make, name="make"),
    path("reports/<uuid:public_id>/", views.detail, name="detail"),
    path("reports/<uuid:public_id>/table.csv", views.table, name="table"),
]

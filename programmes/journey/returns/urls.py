"""Addresses of the way home."""

from django.urls import path

from programmes.journey.returns import views

app_name = "returns"
urlpatterns = [
    path("returns/", views.awaited, name="list"),
    path("cases/<uuid:public_id>/return/", views.detail, name="detail"),
    path("cases/<uuid:public_id>/return/plan/", views.plan, name="plan"),
    path("cases/<uuid:public_id>/return/book/", views.book, name="book"),
    path("cases/<uuid:public_id>/return/depart/", views.depart, name="depart"),
    path("cases/<uuid:public_id>/return/postpone/", views.postpone, name="postpone"),
    path("cases/<uuid:public_id>/return/miss/", views.miss, name="miss"),
]

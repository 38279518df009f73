"""Addresses of the answer to a recall. The offer itself is a move of the case."""

from django.urls import path

from programmes.journey.recall import views

app_name = "recall"
urlpatterns = [
    path("cases/<uuid:public_id>/recall/accept/", views.accept, name="accept"),
    path("cases/<uuid:public_id>/recall/decline/", views.decline, name="decline"),
]

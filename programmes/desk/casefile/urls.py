"""Addresses of the case file."""

from django.urls import path

from programmes.desk.casefile import views

app_name = "casefile"
urlpatterns = [
    path("cases/<uuid:public_id>/", views.overview, name="overview"),
    path("cases/<uuid:public_id>/history/", views.history, name="history"),
    path("cases/<uuid:public_id>/move/<slug:target>/", views.move, name="move"),
    path("cases/<uuid:public_id>/note/", views.note, name="note"),
    path("cases/<uuid:public_id>/assign/", views.assign, name="assign"),
    path("cases/<uuid:public_id>/tags/", views.tags, name="tags"),
]

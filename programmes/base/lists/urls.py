"""Addresses about lists."""

from django.urls import path

from programmes.base.lists import views

app_name = "lists"
urlpatterns = [
    path("lists/<slug:code>/columns/", views.columns, name="columns"),
    path("lists/<slug:code>/save/", views.save, name="save"),
    path("lists/<slug:code>/views/", views.views, name="views"),
    path("lists/<slug:code>/counts/", views.counts, name="counts"),
    path("lists/<slug:code>/export/", views.take, name="take"),
    path("views/<uuid:public_id>/", views.edit_view, name="edit_view"),
    path("views/<uuid:public_id>/delete/", views.drop_view, name="drop_view"),
    path("views/<uuid:public_id>/place/", views.place, name="place"),
    path("exports/", views.exports, name="exports"),
    path("exports/<uuid:public_id>/", views.one_export, name="export"),
    path("exports/<uuid:public_id>/file/", views.fetch, name="fetch"),
    path("exports/<uuid:public_id>/decide/", views.decide, name="decide"),
]

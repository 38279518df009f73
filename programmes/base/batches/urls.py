"""Addresses of batches."""

from django.urls import path

from programmes.base.batches import import_views, views

app_name = "batches"
urlpatterns = [
    path("imports/<str:kind>/", import_views.upload, name="upload"),
    path("imports/<str:kind>/template/", import_views.template, name="template"),
    path("batches/", views.listing, name="list"),
    path("batches/<uuid:public_id>/", views.detail, name="detail"),
    path("batches/<uuid:public_id>/columns/", import_views.columns, name="columns"),
    path("batches/<uuid:public_id>/decide/", import_views.decide, name="decide"),
    path("batches/<uuid:public_id>/rows/", views.rows_file, name="rows"),
    path("batches/<uuid:public_id>/file/", views.original, name="file"),
    path("batches/<uuid:public_id>/result/", views.result, name="result"),
    path("batches/<uuid:public_id>/<str:name>/", views.deed, name="deed"),
]

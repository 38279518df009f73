"""Addresses of the duplicates desk, part of those of people."""

from django.urls import path

from programmes.journey.people.duplicates import views

urlpatterns = [
    path("people/duplicates/", views.pairs, name="duplicates"),
    path("people/duplicates/merges/", views.merges, name="merges"),
    path("people/duplicates/merges/<uuid:public_id>/", views.merge, name="merge"),
    path("people/duplicates/merges/<uuid:public_id>/undo/", views.unmerge, name="unmerge"),
    path("people/duplicates/<uuid:public_id>/", views.pair, name="pair"),
    path("people/duplicates/<uuid:public_id>/merge/", views.merge_pair, name="merge_pair"),
    path("people/duplicates/<uuid:public_id>/different/", views.different, name="different"),
    path("people/duplicates/<uuid:public_id>/propose/", views.propose, name="propose"),
    path("people/duplicates/<uuid:public_id>/later/", views.later, name="later"),
    path("people/possible/", views.possible, name="possible"),
    path("people/<uuid:public_id>/alike/", views.alike, name="alike"),
]

"""Addresses of people."""

from django.urls import path

from programmes.journey.people import part_views, photo_views, views
from programmes.journey.people.duplicates.urls import urlpatterns as duplicates

app_name = "people"


def _rows(word: str, part: str) -> list:
    """Add, correct and remove one kind of row of a person: `people:add_phone`, `people:edit_phone` …"""
    begin, which = f"people/<uuid:public_id>/{word}/", {"part": part}
    return [
        path(f"{begin}new/", part_views.add, which, name=f"add_{part}"),
        path(f"{begin}<uuid:part_id>/", part_views.edit, which, name=f"edit_{part}"),
        path(f"{begin}<uuid:part_id>/remove/", part_views.remove, which, name=f"remove_{part}"),
    ]


urlpatterns = [
    path("people/", views.people, name="list"),
    path("people/search/", views.find, name="search"),
    path("people/new/", views.new, name="new"),
    path("people/municipalities/", part_views.municipalities, name="municipalities"),
    path("people/<uuid:public_id>/", views.detail, name="detail"),
    path("people/<uuid:public_id>/edit/", views.edit, name="edit"),
    path("people/<uuid:public_id>/consent/", views.consent, name="consent"),
    path("people/<uuid:public_id>/consent/<uuid:consent_id>/withdraw/", views.withdraw, name="withdraw"),
    path("people/<uuid:public_id>/photo/", photo_views.photo, name="photo"),
    path("people/<uuid:public_id>/photo/small/", photo_views.thumbnail, name="thumbnail"),
    path("people/<uuid:public_id>/photo/new/", photo_views.upload, name="upload_photo"),
    path("people/<uuid:public_id>/photo/remove/", photo_views.remove, name="remove_photo"),
    path("people/<uuid:public_id>/languages/", part_views.languages, name="languages"),
    *duplicates,
    *_rows("identities", "document"),
    *_rows("phones", "phone"),
    *_rows("addresses", "address"),
    *_rows("household", "member"),
]

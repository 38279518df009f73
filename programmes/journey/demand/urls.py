"""Addresses of demands and authorisations."""

from django.urls import path

from programmes.journey.demand import position_views, views

app_name = "demand"
urlpatterns = [
    path("demands/", views.listing, name="list"),
    path("demands/new/", views.new, name="new"),
    path("demands/<uuid:public_id>/", views.detail, name="detail"),
    path("demands/<uuid:public_id>/edit/", views.edit, name="edit"),
    path("demands/<uuid:public_id>/submit/", views.submit, name="submit"),
    path("demands/<uuid:public_id>/review/", views.review, name="review"),
    path("demands/<uuid:public_id>/approve/", views.approve, name="approve"),
    path("demands/<uuid:public_id>/return/", views.return_for_correction, name="return"),
    path("demands/<uuid:public_id>/reject/", views.reject, name="reject"),
    path("demands/<uuid:public_id>/open/", views.open_for_candidates, name="open"),
    path("demands/<uuid:public_id>/cancel/", views.cancel, name="cancel"),
    path("demands/<uuid:public_id>/close/", views.close, name="close"),
    path("demands/<uuid:public_id>/renew/", views.renew, name="renew"),
    path("demands/<uuid:public_id>/named/", position_views.name, name="name"),
    path("demands/<uuid:public_id>/positions/<int:number>/", position_views.position, name="position"),
    path("demands/<uuid:public_id>/positions/<int:number>/open/", position_views.open_to_others, name="open_position"),
    path("demands/<uuid:public_id>/positions/<int:number>/generic/", position_views.make_generic, name="make_generic"),
    path("demands/<uuid:public_id>/deductions/", position_views.deductions, name="deductions"),
    path(
        "demands/<uuid:public_id>/deductions/<uuid:line_id>/remove/",
        position_views.remove_deduction,
        name="remove_deduction",
    ),
    path("employers/<uuid:employer_id>/authorisations/new/", views.add_authorisation, name="add_authorisation"),
    path(
        "employers/<uuid:employer_id>/authorisations/<uuid:public_id>/",
        views.edit_authorisation,
        name="edit_authorisation",
    ),
]

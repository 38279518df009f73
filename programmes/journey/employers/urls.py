"""Addresses of employers and their sites, associations and recruiters."""

from django.urls import path

from programmes.journey.employers import part_views, views

app_name = "employers"
urlpatterns = [
    path("employers/", views.listing, name="list"),
    path("employers/new/", views.new, name="new"),
    path("employers/<uuid:public_id>/", views.detail, name="detail"),
    path("employers/<uuid:public_id>/compliance/", views.compliance, name="compliance"),
    path("employers/<uuid:public_id>/edit/", views.edit, name="edit"),
    path("employers/<uuid:public_id>/suspend/", views.suspend, name="suspend"),
    path("employers/<uuid:public_id>/reactivate/", views.reactivate, name="reactivate"),
    path("employers/<uuid:public_id>/sites/new/", views.add_site, name="add_site"),
    path("employers/<uuid:public_id>/sites/<uuid:site_id>/", views.edit_site, name="edit_site"),
    path("associations/", part_views.associations, name="associations"),
    path("associations/new/", part_views.new_association, name="new_association"),
    path("associations/<uuid:public_id>/", part_views.association, name="association"),
    path("associations/<uuid:public_id>/edit/", part_views.edit_association, name="edit_association"),
    path("recruiters/", part_views.recruiters, name="recruiters"),
    path("recruiters/new/", part_views.new_recruiter, name="new_recruiter"),
    path("recruiters/<uuid:public_id>/", part_views.recruiter, name="recruiter"),
    path("recruiters/<uuid:public_id>/edit/", part_views.edit_recruiter, name="edit_recruiter"),
    path("recruiters/<uuid:public_id>/fair/", part_views.recruiter_fair, name="recruiter_fair"),
    path("registry/<uuid:public_id>/add/<slug:part>/", part_views.add_part, name="add_part"),
    path("registry/<uuid:public_id>/<uuid:part_id>/<slug:part>/", part_views.edit_part, name="edit_part"),
]

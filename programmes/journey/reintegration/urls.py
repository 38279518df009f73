"""Addresses of reintegration."""

from django.urls import path

from programmes.journey.reintegration import views

app_name = "reintegration"
CASE = "cases/<uuid:public_id>/reintegration/"
urlpatterns = [
    path("reintegration/", views.reintegrations, name="list"),
    path(CASE, views.detail, name="detail"),
    path(f"{CASE}plan/", views.plan, name="plan"),
    path(f"{CASE}lines/new/", views.line_new, name="line_new"),
    path(f"{CASE}lines/<uuid:line_id>/", views.line, name="line"),
    path(f"{CASE}lines/<uuid:line_id>/deliver/", views.deliver, name="deliver"),
    path(f"{CASE}lines/<uuid:line_id>/remove/", views.remove, name="remove"),
    path(f"{CASE}follow-ups/<uuid:follow_up_id>/", views.follow_up, name="follow_up"),
    path(f"{CASE}<slug:deed>/", views.deed, name="deed"),
]

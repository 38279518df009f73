"""Addresses of training sessions."""

from django.urls import path

from programmes.journey.departure.training import views

app_name = "training"
_SESSION = "training/<uuid:public_id>/"
urlpatterns = [
    path("training/", views.sessions, name="list"),
    path("training/new/", views.new, name="new"),
    path("training/here/<str:code>/", views.here, name="here"),
    path("training/here/<str:code>/qr.svg", views.qr, name="qr"),
    path(_SESSION, views.session, name="session"),
    path(f"{_SESSION}change/", views.change, name="change"),
    path(f"{_SESSION}workers/", views.join, name="join"),
    path(f"{_SESSION}workers/<uuid:seat_id>/off/", views.take_off, name="take_off"),
    path(f"{_SESSION}attendance/", views.attendance, name="attendance"),
    path(f"{_SESSION}invitations/", views.invitations, name="invitations"),
    path(f"{_SESSION}certificates/", views.certificates, name="certificates"),
    path(f"{_SESSION}end/", views.end, name="end"),
]

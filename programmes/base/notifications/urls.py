"""Addresses of notifications and of the demonstration's mailbox."""

from django.urls import path

from programmes.base.notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.listing, name="list"),
    path("notifications/read/", views.read, name="read"),
    path("notifications/mute/", views.mute, name="mute"),
    path("notifications/muted/<int:pk>/again/", views.unmute, name="unmute"),
    path("notifications/preferences/", views.preferences, name="preferences"),
    path("notifications/digest/", views.preview, name="preview"),
    path("notifications/digest/send/", views.send_digest, name="send_digest"),
    path("notifications/stop/<str:token>/", views.stop, name="stop"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<uuid:public_id>/", views.mailbox_letter, name="mailbox_letter"),
    path("mailbox/<uuid:public_id>/html/", views.mailbox_html, name="mailbox_html"),
]

"""Addresses that record facts of a case itself."""

from django.urls import path

from programmes.journey.enrolment import intake_views, views

app_name = "enrolment"
urlpatterns = [
    path("people/intake/", intake_views.search_first, name="intake"),
    path("people/intake/person/", intake_views.person, name="intake_person"),
    path("people/intake/possible/", intake_views.possible, name="intake_possible"),
    path("people/<uuid:person_id>/cases/new/", views.new, name="new"),
    path("cases/<uuid:public_id>/dates/", views.dates, name="dates"),
    path("cases/<uuid:public_id>/tests/<uuid:requirement_id>/", views.test, name="test"),
    path("cases/<uuid:public_id>/checks/<uuid:requirement_id>/", views.tick, name="tick"),
    path("cases/<uuid:public_id>/not-needed/<uuid:requirement_id>/", views.waive, name="waive"),
    path("steps/<int:step_id>/put-off/", views.snooze, name="snooze"),
]

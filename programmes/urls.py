"""The hall of addresses: every room under its own prefix."""

from django.conf import settings
from django.urls import include, path

from programmes.base.common.gallery import gallery

urlpatterns: list = [
    path("", include("programmes.base.notifications.urls")),
    path("", include("programmes.journey.people.urls")),
    path("", include("programmes.journey.enrolment.urls")),
    path("", include("programmes.desk.casefile.urls")),
    path("", include("programmes.desk.worklist.urls")),
]
if settings.DEMO or settings.TEST:
    urlpatterns += [path("gallery/", gallery, name="gallery")]

"""The hall of addresses: every room under its own prefix."""

from django.conf import settings
from django.urls import include, path

from programmes.base.common.gallery import gallery

urlpatterns: list = [
    path("", include("programmes.base.common.urls")),
    path("", include("programmes.base.notifications.urls")),
    path("", include("programmes.base.lists.urls")),
    path("", include("programmes.base.batches.urls")),
    path("", include("programmes.base.papers.urls")),
    path("", include("programmes.journey.people.urls")),
    path("", include("programmes.journey.employers.urls")),
    path("", include("programmes.journey.demand.urls")),
    path("", include("programmes.journey.enrolment.urls")),
    path("", include("programmes.journey.selection.urls")),
    path("", include("programmes.journey.departure.urls")),
    path("", include("programmes.journey.departure.training.urls")),
    path("", include("programmes.journey.departure.travel.urls")),
    path("", include("programmes.journey.placement.urls")),
    path("", include("programmes.journey.returns.urls")),
    path("", include("programmes.journey.recall.urls")),
    path("", include("programmes.journey.reintegration.urls")),
    path("", include("programmes.desk.bulk.urls")),
    path("", include("programmes.desk.readiness.urls")),
    path("", include("programmes.desk.worklist.urls")),
    path("", include("programmes.desk.casefile.urls")),
    path("", include("programmes.desk.reports.urls")),
]
if settings.DEMO or settings.TEST:
    urlpatterns += [path("gallery/", gallery, name="gallery")]

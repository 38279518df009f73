"""Addresses of everything a worker needs to travel."""

from django.urls import path

from programmes.journey.departure import contract_views, file_views, letter_views, views

app_name = "departure"
PAPERS = "cases/<uuid:public_id>/documents/"
urlpatterns = [
    path(PAPERS, views.documents, name="documents"),
    path(PAPERS + "record/<uuid:requirement_id>/", views.record, name="record"),
    path(PAPERS + "request/<uuid:requirement_id>/", views.request_one, name="request"),
    path(PAPERS + "other/", views.other, name="other"),
    path(PAPERS + "<uuid:paper_id>/edit/", views.edit, name="edit"),
    path(PAPERS + "<uuid:paper_id>/verify/", views.verify, name="verify"),
    path(PAPERS + "<uuid:paper_id>/reject/", views.reject, name="reject"),
    path(PAPERS + "<uuid:paper_id>/revoke/", views.revoke, name="revoke"),
    path(PAPERS + "<uuid:paper_id>/files/", file_views.attach, name="attach"),
    path(PAPERS + "permit/<uuid:paper_id>/files/", file_views.attach_permit, name="attach_permit"),
    path(PAPERS + "opened/", file_views.opened, name="opened"),
    path(PAPERS + "files/<uuid:file_id>/", file_views.file, name="file"),
    path(PAPERS + "files/<uuid:file_id>/picture/", file_views.picture, name="picture"),
    path(PAPERS + "files/<uuid:file_id>/remove/", file_views.remove_file, name="remove_file"),
    path(PAPERS + "medical/", views.medical, name="medical"),
    path(PAPERS + "medical/<uuid:paper_id>/result/", views.result, name="result"),
    path(PAPERS + "medical/<uuid:paper_id>/missed/", views.missed, name="missed"),
    path(PAPERS + "permit/begin/<uuid:requirement_id>/", views.permit, name="permit"),
    path(PAPERS + "permit/<uuid:paper_id>/", views.permit_step, name="permit_step"),
    path(PAPERS + "permit/<uuid:paper_id>/withdraw/", views.permit_withdraw, name="permit_withdraw"),
    path(PAPERS + "contract/", contract_views.contract, name="contract"),
    path(PAPERS + "contract/<uuid:paper_id>/", contract_views.terms, name="terms"),
    path(PAPERS + "contract/<uuid:paper_id>/explain/", contract_views.explain, name="explain"),
    path(PAPERS + "contract/<uuid:paper_id>/worker/", contract_views.worker_signs, name="worker_signs"),
    path(PAPERS + "contract/<uuid:paper_id>/employer/", contract_views.employer_signs, name="employer_signs"),
    path(PAPERS + "orientation/", views.orientation, name="orientation"),
    path("cases/<uuid:public_id>/letters/", letter_views.letter_list, name="letters"),
    path("cases/<uuid:public_id>/letters/issue/", letter_views.issue, name="issue"),
    path("cases/<uuid:public_id>/letters/<uuid:letter_id>/", letter_views.letter, name="letter"),
    path("cases/<uuid:public_id>/letters/<uuid:letter_id>/file/", letter_views.letter_file, name="letter_file"),
    path("cases/<uuid:public_id>/letters/<uuid:letter_id>/again/", letter_views.letter_retry, name="letter_retry"),
    path(
        "cases/<uuid:public_id>/letters/<uuid:letter_id>/withdraw/",
        letter_views.letter_withdraw,
        name="letter_withdraw",
    ),
    path(PAPERS + "trip/", views.trip, name="trip"),
    path(PAPERS + "trip/<uuid:paper_id>/cancel/", views.trip_cancel, name="trip_cancel"),
]

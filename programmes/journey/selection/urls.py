"""Addresses that match candidates and positions."""

from django.urls import path

from programmes.journey.selection import shortlist_views, views

app_name = "selection"
_SHORTLIST = "demands/<uuid:public_id>/shortlist/"
_INTERVIEWS = "demands/<uuid:public_id>/interviews/"
urlpatterns = [
    path("demands/<uuid:public_id>/candidates/", views.candidates, name="candidates"),
    path("demands/<uuid:public_id>/candidates/search/", views.find, name="find"),
    path("demands/<uuid:public_id>/candidates/shortlist/", views.put_forward, name="put_forward"),
    path("demands/<uuid:public_id>/candidates/<uuid:case_id>/", views.select, name="select"),
    path("demands/<uuid:public_id>/positions/<int:number>/story/", views.seat, name="seat"),
    path("demands/<uuid:public_id>/positions/<int:number>/offer/", views.offer, name="offer"),
    path(_SHORTLIST, shortlist_views.page, name="shortlist"),
    path(f"{_SHORTLIST}propose/", shortlist_views.propose, name="propose"),
    path(f"{_SHORTLIST}proposals/<uuid:proposal_id>/", shortlist_views.give, name="give"),
    path(f"{_SHORTLIST}<uuid:candidacy_id>/", shortlist_views.decide, name="decide"),
    path(f"{_SHORTLIST}<uuid:candidacy_id>/interview/", shortlist_views.invite, name="invite"),
    path(f"{_SHORTLIST}<uuid:candidacy_id>/up/", shortlist_views.move_up, name="move_up"),
    path(f"{_INTERVIEWS}new/", shortlist_views.plan_day, name="plan_day"),
    path(f"{_INTERVIEWS}<uuid:day_id>/", shortlist_views.day, name="day"),
    path(f"{_INTERVIEWS}<uuid:day_id>/fill/", shortlist_views.fill_day, name="fill_day"),
]

"""Addresses of Today and the case list."""

from django.urls import path

from programmes.desk.worklist import views

app_name = "worklist"
urlpatterns = [
    path("", views.today, name="today"),
    path("cases/", views.cases, name="cases"),
    path("palette/", views.find_anything, name="palette"),
    path("help/", views.help_page, name="help"),
    path("help/problem/", views.report_problem, name="problem"),
    path("first-steps/close/", views.close_first_steps, name="close_first_steps"),
]

"""The address of the board."""

from django.urls import path

from programmes.desk.readiness import views

app_name = "readiness"
urlpatterns = [path("readiness/", views.board, name="board")]

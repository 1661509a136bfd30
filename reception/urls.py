"""Addresses of the front desk; ``/desk/`` itself and the guide stand in ``voc_portal.urls``."""

from __future__ import annotations

from django.urls import path

from reception import views

app_name = "reception"

urlpatterns = [
    path("board/", views.board, name="board"),
    path("visits/", views.arrive, name="arrive"),
    path("visits/late/", views.late_visit, name="late-visit"),
    path("visits/<int:pk>/", views.visit, name="visit"),
    path("notes/", views.notes, name="notes"),
    path("notes/new/", views.new_note, name="new-note"),
    path("notes/<int:pk>/", views.note, name="note"),
    path("spot/", views.spot, name="spot"),
    path("progress/", views.progress, name="progress"),
    path("absences/", views.absences, name="absences"),
    path("difficult/", views.difficult_calls, name="difficult-calls"),
    path("difficult/new/", views.new_difficult_call, name="new-difficult-call"),
]

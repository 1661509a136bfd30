"""Citizens' pages, below /complaints/."""

from __future__ import annotations

from django.urls import path

from complaints import again, views

app_name = "complaints"
urlpatterns = [
    path("new/", views.new, name="new"),
    path("received/", views.received, name="received"),
    path("track/", views.track, name="track"),
    path("code/", views.new_code, name="code"),
    path("<str:receipt_number>/", views.case, name="case"),
    path("<str:receipt_number>/again/", again.raise_again, name="again"),
    path("<str:receipt_number>/letters/<int:letter_id>/", again.letter, name="letter"),
    path("<str:receipt_number>/files/<uuid:file_id>/", views.file, name="file"),
]

"""Citizens' pages, below /surveys/."""

from __future__ import annotations

from django.urls import path

from surveys import result_views, views

urlpatterns = [
    path("", views.home, name="surveys"),
    path("answer/<str:token>/", views.by_invitation, name="survey-answer"),
    path("answer/<str:token>/thanks/", views.thanks, name="survey-thanks"),
    path("answer/<str:token>/again/", views.again, name="survey-again"),
    path("<slug:slug>/", views.by_link, name="survey"),
    path("<slug:slug>/results/", result_views.public, name="survey-results"),
]

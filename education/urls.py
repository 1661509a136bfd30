"""Citizens' pages of courses; ``/courses/`` itself stands in ``voc_portal.urls``."""

from __future__ import annotations

from django.urls import path

from education import views

app_name = "education"

urlpatterns = [
    path("<int:pk>/", views.course, name="course"),
    path("<int:pk>/course.ics", views.calendar, name="calendar"),
    path("<int:pk>/received/", views.received, name="received"),
    path("enrolment/<str:token>/", views.enrolment, name="enrolment"),
    path("enrolment/<str:token>/certificate/", views.certificate, name="certificate"),
]

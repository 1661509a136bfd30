"""The charter and how it is kept, under ``/charter/``."""

from __future__ import annotations

from django.urls import path

from standards import views
from standards.evidence import pages

app_name = "standards"

urlpatterns = [
    path("", views.charter, name="charter"),
    path("different/", pages.report_page, name="report"),
]

"""The charter and how it is kept, under ``/charter/``."""

from __future__ import annotations

from django.urls import path

from standards import data_views, views
from standards.evidence import pages

app_name = "standards"

urlpatterns = [
    path("", views.charter, name="charter"),
    path("data/", data_views.description, name="data"),
    path("data.csv", data_views.as_csv, name="data-csv"),
    path("data.json", data_views.as_json, name="data-json"),
    path("different/", pages.report_page, name="report"),
]

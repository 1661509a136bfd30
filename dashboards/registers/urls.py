"""Addresses of the registers, inside the back-office."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from dashboards.registers import views

app_name = "registers"
urlpatterns = [
    path("<slug:name>/", admin.site.admin_view(views.download), name="download"),
]

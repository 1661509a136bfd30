"""The published evaluations, under ``/charter/evaluations/``."""

from __future__ import annotations

from django.urls import path

from dashboards.evaluation import public

urlpatterns = [
    path("", public.evaluations, name="evaluations"),
    path("<int:year>/", public.evaluation, name="evaluation"),
    path("<int:year>/<int:number>/", public.evaluation, name="evaluation-edition"),
    path("<int:year>/<int:number>/pdf/", public.pdf, name="evaluation-pdf"),
]

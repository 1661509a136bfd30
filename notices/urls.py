"""``/dev/mail/``: what the demo's mails look like."""

from __future__ import annotations

from django.urls import path

from notices import views

app_name = "notices"
urlpatterns = [
    path("", views.mails, name="mails"),
    path("<slug:name>/", views.mail, name="mail"),
    path("<slug:name>/html/", views.mail_html, name="mail-html"),
    path("<slug:name>/raw/", views.mail_raw, name="mail-raw"),
]

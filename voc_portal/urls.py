"""Every address of the portal."""

from __future__ import annotations

from allauth.account import views as account
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from centre import views as centre
from dashboards.board import views as board
from dashboards.statistics import views as statistics
from education import views as education
from reception import views as reception
from surveys import views as surveys
from voc_portal import views
from voc_portal.health import healthz

handler500 = "voc_portal.views.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("complaints/", include("complaints.urls")),
    path("charter/evaluations/", include("dashboards.evaluation.urls")),
    path("charter/", include("standards.urls")),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/data/", statistics.data, name="statistics-data"),
    path("statistics/data.csv", statistics.data_csv, name="statistics-csv"),
    path("statistics/data.json", statistics.data_json, name="statistics-json"),
    path("staff-guide/", reception.staff_guide, name="staff-guide"),
    path(
        "staff-guide/print/", reception.staff_guide, {"for_print": True}, name="staff-guide-print"
    ),
    path("courses/", education.course_list, name="courses"),
    path("courses/", include("education.urls")),
    path("surveys/", include("surveys.urls")),
    path("s/<slug:slug>/", surveys.short, name="survey-short"),
    path("dashboard/", board.dashboard, name="dashboard"),
    path("dashboard/figures/", board.figures, name="dashboard-figures"),
    path("dashboard/wall/", board.wall, name="dashboard-wall"),
    path("desk/", reception.desk, name="desk"),
    path("desk/", include("reception.urls")),
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/session/", centre.session, name="session"),
    path("accounts/kept/", centre.kept_form, name="kept-form"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("dev/mail/", include("notices.urls")),
    path("admin/registers/", include("dashboards.registers.urls")),
    path("admin/", admin.site.urls),
    # Without the token of forms: it would need a cookie on every page, and a choice forged by
    # another site is undone with one press.
    path("language/", csrf_exempt(require_POST(set_language)), name="set_language"),
    path("healthz", healthz, name="healthz"),
]

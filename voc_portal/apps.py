"""The admin site of the back-office, and the Celery application that tasks belong to."""

from django.contrib.admin.apps import AdminConfig


class VocAdminConfig(AdminConfig):
    default_site = "voc_portal.admin.BackOffice"

    def ready(self) -> None:
        super().ready()
        from voc_portal.celery import app

        app.set_default()

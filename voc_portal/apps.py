"""The admin site of the back-office, and the Celery application that tasks belong to."""

from django.apps import apps
from django.contrib.admin.apps import AdminConfig

#: Pages that packages bring along: roles are not groups, and a second factor is set up by its
#: owner and taken away by ``centre.second_factor``, with a record.
_NOT_OURS = ("auth.group", "account.emailaddress", "mfa.authenticator")


class VocAdminConfig(AdminConfig):
    default_site = "voc_portal.admin.BackOffice"

    def ready(self) -> None:
        super().ready()
        from django.contrib import admin

        from voc_portal.celery import app

        app.set_default()
        for label in _NOT_OURS:
            admin.site.unregister(apps.get_model(label))

"""Django's `flush`, which empties the whole database, made possible despite the append-only log.

The triggers of migration 0002 let the logs be emptied only while `records_flush` holds a row. It
holds one inside this command's transaction and at no other time, so no other connection ever sees
the door open.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush
from django.db import connections, transaction


class Command(flush.Command):
    help = "Removes ALL data from the database, the append-only logs included."

    def handle(self, **options: Any) -> None:
        using = options["database"]
        if options["interactive"] and not self._confirmed(connections[using].settings_dict["NAME"]):
            self.stdout.write("Flush cancelled.")
            return
        options["interactive"] = False
        connection = connections[using]
        if "records_flush" not in connection.introspection.table_names():
            super().handle(**options)
            return
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute("INSERT INTO records_flush (id) VALUES (1)")
            super().handle(**options)
            cursor.execute("DELETE FROM records_flush")

    @staticmethod
    def _confirmed(database: object) -> bool:
        """Asked before the transaction, so that no lock is held while somebody thinks."""
        return input(f'ALL DATA in "{database}" will be lost. Type "yes" to go on: ') == "yes"

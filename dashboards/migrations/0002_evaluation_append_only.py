"""What was laid before the approvers, and what was published, is never overwritten.

``records.0002_append_only`` made what this uses: the function, and the table that lets the tests'
``flush`` through. A later migration that alters a table on SQLite has to make its triggers again.
"""

from django.db import migrations

TABLES = ("dashboards_submission", "dashboards_edition")
SQLITE = [
    """
    CREATE TRIGGER {table}_keep BEFORE DELETE ON {table}
    WHEN NOT EXISTS (SELECT 1 FROM records_flush)
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
    """
    CREATE TRIGGER {table}_fix BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
]
POSTGRESQL = [
    """
    CREATE TRIGGER {table}_keep BEFORE DELETE OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION records_refuse()
    """,
    """
    CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse()
    """,
]
INSTALL = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
REMOVE = {
    "sqlite": ["DROP TRIGGER {table}_keep", "DROP TRIGGER {table}_fix"],
    "postgresql": [
        "DROP TRIGGER {table}_keep ON {table}",
        "DROP TRIGGER {table}_keep_all ON {table}",
    ],
}


def _run(statements, schema_editor):
    for table in TABLES:
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement.format(table=table), params=None)


def install(apps, schema_editor):
    _run(INSTALL, schema_editor)


def remove(apps, schema_editor):
    _run(REMOVE, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("dashboards", "0001_evaluation"), ("records", "0002_append_only")]
    operations = [migrations.RunPython(install, remove)]

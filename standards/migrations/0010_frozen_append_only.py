"""What was frozen stays, and corrections are added: the database refuses anything else.

See ``0004_evidence_append_only``: the same function and the same way through for the tests' flush.
"""

from django.db import migrations

TABLES = (
    "standards_frozenmonth",
    "standards_monthfigure",
    "standards_correction",
    "standards_correctionnote",
)


def install(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "sqlite":
            statements = [
                f"""
                CREATE TRIGGER {table}_keep BEFORE DELETE ON {table}
                WHEN NOT EXISTS (SELECT 1 FROM records_flush)
                BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
                """,
                f"""
                CREATE TRIGGER {table}_fix BEFORE UPDATE ON {table}
                BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
                """,
            ]
        else:
            statements = [
                f"""
                CREATE TRIGGER {table}_keep BEFORE DELETE OR UPDATE ON {table}
                FOR EACH ROW EXECUTE FUNCTION records_refuse()
                """,
                f"""
                CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION records_refuse()
                """,
            ]
        for statement in statements:
            schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    lite = schema_editor.connection.vendor == "sqlite"
    for table in TABLES:
        for name in ("keep", "fix") if lite else ("keep", "keep_all"):
            on = "" if lite else f" ON {table}"
            schema_editor.execute(f"DROP TRIGGER {table}_{name}{on}", params=None)


class Migration(migrations.Migration):
    dependencies = [("standards", "0009_frozen_months"), ("records", "0002_append_only")]
    operations = [migrations.RunPython(install, remove)]

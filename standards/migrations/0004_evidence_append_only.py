"""Evidence is never overwritten: the database itself refuses, as it does for the records.

``records.0002_append_only`` made what this uses: the function, and the table that lets the tests'
``flush`` through. A later migration that alters the table on SQLite has to make the triggers again.
"""

from django.db import migrations

SQLITE = [
    """
    CREATE TRIGGER standards_evidence_keep BEFORE DELETE ON standards_evidence
    WHEN NOT EXISTS (SELECT 1 FROM records_flush)
    BEGIN SELECT RAISE(ABORT, 'standards_evidence is append-only'); END
    """,
    """
    CREATE TRIGGER standards_evidence_fix BEFORE UPDATE ON standards_evidence
    BEGIN SELECT RAISE(ABORT, 'standards_evidence is append-only'); END
    """,
]
POSTGRESQL = [
    """
    CREATE TRIGGER standards_evidence_keep BEFORE DELETE OR UPDATE ON standards_evidence
    FOR EACH ROW EXECUTE FUNCTION records_refuse()
    """,
    """
    CREATE TRIGGER standards_evidence_keep_all BEFORE TRUNCATE ON standards_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse()
    """,
]
INSTALL = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
REMOVE = {
    "sqlite": ["DROP TRIGGER standards_evidence_keep", "DROP TRIGGER standards_evidence_fix"],
    "postgresql": [
        "DROP TRIGGER standards_evidence_keep ON standards_evidence",
        "DROP TRIGGER standards_evidence_keep_all ON standards_evidence",
    ],
}


def install(apps, schema_editor):
    for statement in INSTALL[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    for statement in REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("standards", "0003_evidence"), ("records", "0002_append_only")]
    operations = [migrations.RunPython(install, remove)]

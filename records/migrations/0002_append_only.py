"""The database itself refuses to change or delete what is on record.

Allowed are only: blanking `records_event.text` (disposal), and emptying everything while the
`flush` command holds a row in `records_flush`. Both databases raise IntegrityError.

Django rebuilds a table on SQLite when a field changes, and the triggers go with the old table: a
later migration that alters `records_event` or `records_accesslog` must run `remove` before and
`install` (with its columns) after. The tests notice when one forgets.
"""

from django.db import migrations

LOGS = ("records_event", "records_accesslog")
# Every column of records_event but `text`.
FIXED = (
    "id", "subject_type", "subject_id", "kind", "at", "recorded_at",
    "actor_kind", "actor_id", "actor_label", "data", "key",
)

SQLITE = [
    *(
        f"""
        CREATE TRIGGER {log}_keep BEFORE DELETE ON {log}
        WHEN NOT EXISTS (SELECT 1 FROM records_flush)
        BEGIN SELECT RAISE(ABORT, '{log} is append-only'); END
        """
        for log in LOGS
    ),
    """
    CREATE TRIGGER records_accesslog_fix BEFORE UPDATE ON records_accesslog
    BEGIN SELECT RAISE(ABORT, 'records_accesslog is append-only'); END
    """,
    f"""
    CREATE TRIGGER records_event_fix BEFORE UPDATE ON records_event
    WHEN NOT (NEW."text" = '' AND {" AND ".join(f'NEW."{c}" IS OLD."{c}"' for c in FIXED)})
    BEGIN SELECT RAISE(ABORT, 'records_event is append-only'); END
    """,
]

POSTGRESQL = [
    """
    CREATE FUNCTION records_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND TG_NARGS = 1 THEN
            IF to_jsonb(NEW) ->> TG_ARGV[0] = ''
               AND to_jsonb(NEW) - TG_ARGV[0] = to_jsonb(OLD) - TG_ARGV[0] THEN
                RETURN NEW;
            END IF;
        END IF;
        IF TG_OP = 'TRUNCATE' AND EXISTS (SELECT 1 FROM records_flush) THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER records_event_fix BEFORE UPDATE ON records_event
    FOR EACH ROW EXECUTE FUNCTION records_refuse('text')
    """,
    """
    CREATE TRIGGER records_accesslog_fix BEFORE UPDATE ON records_accesslog
    FOR EACH ROW EXECUTE FUNCTION records_refuse()
    """,
    *(
        f"""
        CREATE TRIGGER {log}_keep BEFORE DELETE ON {log}
        FOR EACH ROW EXECUTE FUNCTION records_refuse()
        """
        for log in LOGS
    ),
    *(
        f"""
        CREATE TRIGGER {log}_keep_all BEFORE TRUNCATE ON {log}
        FOR EACH STATEMENT EXECUTE FUNCTION records_refuse()
        """
        for log in LOGS
    ),
]

INSTALL = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
REMOVE = {
    "sqlite": [f"DROP TRIGGER {log}_{part}" for log in LOGS for part in ("keep", "fix")],
    "postgresql": [
        *(f"DROP TRIGGER {log}_{p} ON {log}" for log in LOGS for p in ("keep", "keep_all", "fix")),
        "DROP FUNCTION records_refuse()",
    ],
}


def install(apps, schema_editor):
    schema_editor.execute("CREATE TABLE records_flush (id integer PRIMARY KEY)")
    for statement in INSTALL[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    for statement in REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)
    schema_editor.execute("DROP TABLE records_flush")


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]

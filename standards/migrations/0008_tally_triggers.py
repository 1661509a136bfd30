"""Whatever changes a day's counts says so in ``standards_tallychange``: no verb can forget it.

In the same transaction, so that who sees the change sees what changed. A mere step of the sweep
(``next_step``) fires nothing. On PostgreSQL rows put in and taken out are noted once a statement,
so that loading many costs little. A later migration that alters one of the two tables on SQLite has
to make the triggers again; the tests notice when one forgets.

What is there already is marked as changed; the first passes count it.
"""

from django.db import migrations

PG_DUE = "(({0}due_at - interval '1 microsecond') AT TIME ZONE 'Asia/Seoul')::date"
PG_AT = "({0}at AT TIME ZONE 'Asia/Seoul')::date"
PG_INTO = "INSERT INTO standards_tallychange (standard_id, day, was, became)"

POSTGRESQL = [
    f"""
    CREATE FUNCTION standards_commitment_came() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {PG_INTO} SELECT DISTINCT standard_id, {PG_DUE.format("")}, '', state FROM came;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION standards_commitment_went() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {PG_INTO} SELECT DISTINCT standard_id, {PG_DUE.format("")}, state, '' FROM went;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION standards_commitment_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        before date := {PG_DUE.format("OLD.")};
        after date := {PG_DUE.format("NEW.")};
    BEGIN
        IF before = after AND OLD.standard_id = NEW.standard_id THEN
            {PG_INTO} VALUES (NEW.standard_id, after,
                CASE WHEN OLD.state <> NEW.state THEN OLD.state
                     WHEN OLD.category <> NEW.category THEN 'category' ELSE 'team' END,
                NEW.state);
        ELSE
            {PG_INTO} VALUES (OLD.standard_id, before, OLD.state, 'moved'),
                             (NEW.standard_id, after, 'moved', NEW.state);
        END IF;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION standards_observation_came() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {PG_INTO} SELECT DISTINCT standard_id, {PG_AT.format("")}, '', 'observed' FROM came;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION standards_observation_went() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {PG_INTO} SELECT DISTINCT standard_id, {PG_AT.format("")}, 'observed', '' FROM went;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION standards_observation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {PG_INTO} VALUES (OLD.standard_id, {PG_AT.format("OLD.")}, 'observed', 'observed'),
                         (NEW.standard_id, {PG_AT.format("NEW.")}, 'observed', 'observed');
        RETURN NULL;
    END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_came AFTER INSERT ON {table}
        REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION {table}_came()
        """
        for table in ("standards_commitment", "standards_observation")
    ),
    *(
        f"""
        CREATE TRIGGER {table}_went AFTER DELETE ON {table}
        REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION {table}_went()
        """
        for table in ("standards_commitment", "standards_observation")
    ),
    """
    CREATE TRIGGER standards_commitment_changed AFTER UPDATE ON standards_commitment
    FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.due_at <> NEW.due_at
        OR OLD.team_id IS DISTINCT FROM NEW.team_id OR OLD.category <> NEW.category
        OR OLD.standard_id <> NEW.standard_id)
    EXECUTE FUNCTION standards_commitment_changed()
    """,
    """
    CREATE TRIGGER standards_observation_changed AFTER UPDATE ON standards_observation
    FOR EACH ROW EXECUTE FUNCTION standards_observation_changed()
    """,
]

# Instants are stored as UTC texts; a due instant of exactly midnight in Seoul ends with 15:00:00.
LITE_DUE = (
    "CASE WHEN substr({0}due_at, 12) = '15:00:00' THEN substr({0}due_at, 1, 10)"
    " ELSE date(substr({0}due_at, 1, 19), '+9 hours') END"
)
LITE_AT = "date(substr({0}at, 1, 19), '+9 hours')"

SQLITE = [
    f"""
    CREATE TRIGGER standards_commitment_came AFTER INSERT ON standards_commitment
    BEGIN {PG_INTO} VALUES (NEW.standard_id, {LITE_DUE.format("NEW.")}, '', NEW.state); END
    """,
    f"""
    CREATE TRIGGER standards_commitment_went AFTER DELETE ON standards_commitment
    BEGIN {PG_INTO} VALUES (OLD.standard_id, {LITE_DUE.format("OLD.")}, OLD.state, ''); END
    """,
    f"""
    CREATE TRIGGER standards_commitment_changed AFTER UPDATE ON standards_commitment
    WHEN (OLD.state <> NEW.state OR OLD.team_id IS NOT NEW.team_id OR OLD.category <> NEW.category)
        AND OLD.standard_id = NEW.standard_id AND OLD.due_at = NEW.due_at
    BEGIN
        {PG_INTO} VALUES (NEW.standard_id, {LITE_DUE.format("NEW.")},
            CASE WHEN OLD.state <> NEW.state THEN OLD.state
                 WHEN OLD.category <> NEW.category THEN 'category' ELSE 'team' END,
            NEW.state);
    END
    """,
    f"""
    CREATE TRIGGER standards_commitment_moved AFTER UPDATE ON standards_commitment
    WHEN OLD.standard_id <> NEW.standard_id OR OLD.due_at <> NEW.due_at
    BEGIN
        {PG_INTO} VALUES (OLD.standard_id, {LITE_DUE.format("OLD.")}, OLD.state, 'moved'),
                         (NEW.standard_id, {LITE_DUE.format("NEW.")}, 'moved', NEW.state);
    END
    """,
    f"""
    CREATE TRIGGER standards_observation_came AFTER INSERT ON standards_observation
    BEGIN {PG_INTO} VALUES (NEW.standard_id, {LITE_AT.format("NEW.")}, '', 'observed'); END
    """,
    f"""
    CREATE TRIGGER standards_observation_went AFTER DELETE ON standards_observation
    BEGIN {PG_INTO} VALUES (OLD.standard_id, {LITE_AT.format("OLD.")}, 'observed', ''); END
    """,
    f"""
    CREATE TRIGGER standards_observation_changed AFTER UPDATE ON standards_observation
    BEGIN
        {PG_INTO} VALUES (OLD.standard_id, {LITE_AT.format("OLD.")}, 'observed', 'observed'),
                         (NEW.standard_id, {LITE_AT.format("NEW.")}, 'observed', 'observed');
    END
    """,
]
DAYS = {"postgresql": (PG_DUE, PG_AT), "sqlite": (LITE_DUE, LITE_AT)}
INSTALL = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
NAMES = {
    "standards_commitment": ["came", "went", "changed", "moved"],
    "standards_observation": ["came", "went", "changed"],
}


def install(apps, schema_editor):
    for statement in INSTALL[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    for table, names in NAMES.items():
        for name in names:
            if schema_editor.connection.vendor == "sqlite":
                schema_editor.execute(f"DROP TRIGGER {table}_{name}", params=None)
            elif name != "moved":
                schema_editor.execute(f"DROP FUNCTION {table}_{name}() CASCADE", params=None)


def mark(apps, schema_editor):
    due, at = (day.format("") for day in DAYS[schema_editor.connection.vendor])
    schema_editor.execute(
        f"""
        {PG_INTO}
        SELECT standard_id, {due}, '', '' FROM standards_commitment
        UNION SELECT standard_id, {at}, '', '' FROM standards_observation
        """,
        params=None,
    )


def unmark(apps, schema_editor):
    pass  # what is marked goes with its table


class Migration(migrations.Migration):
    dependencies = [("standards", "0007_tallies")]
    operations = [migrations.RunPython(install, remove), migrations.RunPython(mark, unmark)]

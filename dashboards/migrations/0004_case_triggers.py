"""Whatever changes a day's counts of opinions says so in ``dashboards_casechange``.

In the same transaction, so that who sees the change sees what changed; no verb can forget it. On
PostgreSQL opinions put in and taken out are noted once a statement, so that loading many costs
little. On SQLite no trigger may name another table than its own and the one it writes to, or that
other table could not be altered; so a contact or an answer notes its opinion, not the day. A later
migration that alters one of the three tables on SQLite has to make the triggers again; the tests
notice when one forgets.

What is there already is marked as changed, and counted by the first passes. Frozen months are only
added to: ``records.0002_append_only`` made what that uses.
"""

from django.db import migrations

CASE = "complaints_complaint"
CHANGE = "INSERT INTO dashboards_casechange (day, what)"
OF_CASE = "INSERT INTO dashboards_casechange (complaint_id, what)"
SORTED = ("kind", "channel", "topic_id", "previous_id", "anonymous")
HANDLED = ("state", "stage", "decision", "told_at", "team_confirmed_at")
WATCHED = (*SORTED, *HANDLED, "team_id")
PG_DAY = "({0}received_at AT TIME ZONE 'Asia/Seoul')::date"
LITE_DAY = "date(substr({0}received_at, 1, 19), '+9 hours')"


def differ(columns, word):
    return " OR ".join(f"OLD.{name} {word} NEW.{name}" for name in columns)


def what(word):
    return (
        f"CASE WHEN {differ(SORTED, word)} THEN 'sorted'"
        f" WHEN {differ(HANDLED, word)} THEN 'handled' ELSE 'team' END"
    )


PG_DIFFER = "IS DISTINCT FROM"
POSTGRESQL = [
    f"""
    CREATE FUNCTION dashboards_case_came() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN {CHANGE} SELECT DISTINCT {PG_DAY.format("")}, 'came' FROM came; RETURN NULL; END $$
    """,
    f"""
    CREATE FUNCTION dashboards_case_went() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN {CHANGE} SELECT DISTINCT {PG_DAY.format("")}, 'went' FROM went; RETURN NULL; END $$
    """,
    f"""
    CREATE FUNCTION dashboards_case_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.received_at = NEW.received_at THEN
            {CHANGE} VALUES ({PG_DAY.format("NEW.")}, {what(PG_DIFFER)});
        ELSE
            {CHANGE} VALUES ({PG_DAY.format("OLD.")}, 'moved'), ({PG_DAY.format("NEW.")}, 'moved');
        END IF;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION dashboards_case_handled() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN {OF_CASE} VALUES (OLD.complaint_id, 'handled'); END IF;
        IF TG_OP <> 'DELETE' THEN {OF_CASE} VALUES (NEW.complaint_id, 'handled'); END IF;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE TRIGGER dashboards_case_came AFTER INSERT ON {CASE}
    REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION dashboards_case_came()
    """,
    f"""
    CREATE TRIGGER dashboards_case_went AFTER DELETE ON {CASE}
    REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION dashboards_case_went()
    """,
    f"""
    CREATE TRIGGER dashboards_case_changed AFTER UPDATE ON {CASE} FOR EACH ROW
    WHEN (OLD.received_at <> NEW.received_at OR {differ(WATCHED, PG_DIFFER)})
    EXECUTE FUNCTION dashboards_case_changed()
    """,
    """
    CREATE TRIGGER dashboards_contact_came AFTER INSERT ON complaints_contact
    FOR EACH ROW WHEN (NEW.reached) EXECUTE FUNCTION dashboards_case_handled()
    """,
    """
    CREATE TRIGGER dashboards_contact_changed AFTER UPDATE OR DELETE ON complaints_contact
    FOR EACH ROW EXECUTE FUNCTION dashboards_case_handled()
    """,
    """
    CREATE TRIGGER dashboards_response_came AFTER INSERT ON complaints_response
    FOR EACH ROW WHEN (NEW.told_at IS NOT NULL) EXECUTE FUNCTION dashboards_case_handled()
    """,
    """
    CREATE TRIGGER dashboards_response_changed AFTER UPDATE ON complaints_response
    FOR EACH ROW WHEN (OLD.told_at IS DISTINCT FROM NEW.told_at
        OR OLD.complaint_id <> NEW.complaint_id)
    EXECUTE FUNCTION dashboards_case_handled()
    """,
    """
    CREATE TRIGGER dashboards_response_went AFTER DELETE ON complaints_response
    FOR EACH ROW WHEN (OLD.told_at IS NOT NULL) EXECUTE FUNCTION dashboards_case_handled()
    """,
    """
    CREATE TRIGGER dashboards_frozencases_keep BEFORE DELETE OR UPDATE ON dashboards_frozencases
    FOR EACH ROW EXECUTE FUNCTION records_refuse()
    """,
    """
    CREATE TRIGGER dashboards_frozencases_keep_all BEFORE TRUNCATE ON dashboards_frozencases
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse()
    """,
]


def lite(name, when, table, *notes, only=""):
    condition = f"WHEN {only}" if only else ""
    return f"CREATE TRIGGER {name} AFTER {when} ON {table} {condition} BEGIN {' '.join(notes)} END"


NEW_CASE = f"{OF_CASE} VALUES (NEW.complaint_id, 'handled');"
OLD_CASE = f"{OF_CASE} VALUES (OLD.complaint_id, 'handled');"
NEW_DAY, OLD_DAY = LITE_DAY.format("NEW."), LITE_DAY.format("OLD.")
CONTACT, RESPONSE = "complaints_contact", "complaints_response"
SQLITE = [
    lite("dashboards_case_came", "INSERT", CASE, f"{CHANGE} VALUES ({NEW_DAY}, 'came');"),
    lite("dashboards_case_went", "DELETE", CASE, f"{CHANGE} VALUES ({OLD_DAY}, 'went');"),
    lite(
        "dashboards_case_changed", "UPDATE", CASE, f"{CHANGE} VALUES ({NEW_DAY}, {what('IS NOT')});",
        only=f"OLD.received_at = NEW.received_at AND ({differ(WATCHED, 'IS NOT')})",
    ),
    lite(
        "dashboards_case_moved", "UPDATE", CASE,
        f"{CHANGE} VALUES ({OLD_DAY}, 'moved'), ({NEW_DAY}, 'moved');",
        only="OLD.received_at <> NEW.received_at",
    ),
    lite("dashboards_contact_came", "INSERT", CONTACT, NEW_CASE, only="NEW.reached"),
    lite("dashboards_contact_changed", "UPDATE", CONTACT, OLD_CASE, NEW_CASE),
    lite("dashboards_contact_went", "DELETE", CONTACT, OLD_CASE),
    lite("dashboards_response_came", "INSERT", RESPONSE, NEW_CASE, only="NEW.told_at IS NOT NULL"),
    lite(
        "dashboards_response_changed", "UPDATE", RESPONSE, OLD_CASE, NEW_CASE,
        only=differ(("told_at", "complaint_id"), "IS NOT"),
    ),
    lite("dashboards_response_went", "DELETE", RESPONSE, OLD_CASE, only="OLD.told_at IS NOT NULL"),
    """
    CREATE TRIGGER dashboards_frozencases_keep BEFORE DELETE ON dashboards_frozencases
    WHEN NOT EXISTS (SELECT 1 FROM records_flush)
    BEGIN SELECT RAISE(ABORT, 'dashboards_frozencases is append-only'); END
    """,
    """
    CREATE TRIGGER dashboards_frozencases_fix BEFORE UPDATE ON dashboards_frozencases
    BEGIN SELECT RAISE(ABORT, 'dashboards_frozencases is append-only'); END
    """,
]  # fmt: skip
INSTALL = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
DAY = {"postgresql": PG_DAY, "sqlite": LITE_DAY}
REMOVE = {
    "postgresql": [
        *(
            f"DROP FUNCTION dashboards_case_{name}() CASCADE"
            for name in ("came", "went", "changed", "handled")
        ),
        "DROP TRIGGER dashboards_frozencases_keep ON dashboards_frozencases",
        "DROP TRIGGER dashboards_frozencases_keep_all ON dashboards_frozencases",
    ],
    "sqlite": [
        f"DROP TRIGGER dashboards_{name}"
        for name in (
            *(f"case_{part}" for part in ("came", "went", "changed", "moved")),
            *(f"{of}_{part}" for of in ("contact", "response") for part in ("came", "changed", "went")),
            "frozencases_keep",
            "frozencases_fix",
        )
    ],
}  # fmt: skip


def install(apps, schema_editor):
    for statement in INSTALL[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    for statement in REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def mark(apps, schema_editor):
    day = DAY[schema_editor.connection.vendor].format("")
    schema_editor.execute(f"{CHANGE} SELECT DISTINCT {day}, 'came' FROM {CASE}", params=None)


def unmark(apps, schema_editor):
    pass  # what is marked goes with its table


class Migration(migrations.Migration):
    dependencies = [
        ("dashboards", "0003_case_tallies"),
        ("complaints", "0003_answer_in_team_name"),
        ("records", "0002_append_only"),
    ]
    operations = [migrations.RunPython(install, remove), migrations.RunPython(mark, unmark)]

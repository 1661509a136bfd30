"""The words of cases as pairs of characters, and an index by which the queue is turned to any page.

On PostgreSQL triggers keep the words, so that nobody who writes a case has to think of it; on
SQLite the texts themselves are searched. Folding and pairing stand in functions of the database,
which the search asks as well: what is looked for is folded as what was kept.
"""

import django.db.models.deletion
from django.db import migrations, models

import complaints.words

INSTALL = [
    """
    CREATE FUNCTION complaints_folded(said text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE folded text := lower(said);
    BEGIN
        -- Nearly all is NFC already, and to see that costs a third of making it so.
        RETURN CASE WHEN folded IS NFC NORMALIZED THEN folded ELSE normalize(folded, NFC) END;
    END $$
    """,
    # A word's last character stands with a space: a single character is found as a beginning.
    """
    CREATE FUNCTION complaints_pairs(said text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE
        folded text := translate(complaints_folded(said), E'\\t\\n\\v\\f\\r', '     ') || ' ';
    BEGIN
        RETURN (
            SELECT coalesce(array_to_tsvector(array_agg(a || b)), ''::tsvector)
              FROM unnest(string_to_array(folded, NULL), string_to_array(substr(folded, 2), NULL))
                   AS pair(a, b)
             WHERE a <> ' '
        );
    END $$
    """,
    # The question for one word without spaces; each pair is quoted, so that nothing in it commands.
    """
    CREATE FUNCTION complaints_sought(word text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE
        folded text := complaints_folded(word);
    BEGIN
        IF length(folded) = 1 THEN
            RETURN ('''' || replace(replace(folded, '\\', '\\\\'), '''', '''''') || ''':*')::tsquery;
        END IF;
        RETURN (
            SELECT string_agg(
                       '''' || replace(replace(a || b, '\\', '\\\\'), '''', '''''') || '''', ' & '
                   )::tsquery
              FROM unnest(string_to_array(folded, NULL), string_to_array(substr(folded, 2), NULL))
                   AS pair(a, b)
             WHERE b IS NOT NULL
        );
    END $$
    """,
    """
    CREATE FUNCTION complaints_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO complaints_words (complaint_id, pairs)
        VALUES (NEW.id, complaints_pairs(NEW.subject || E'\\n' || NEW.body))
        ON CONFLICT (complaint_id) DO UPDATE SET pairs = excluded.pairs;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER complaints_words_new AFTER INSERT ON complaints_complaint
    FOR EACH ROW EXECUTE FUNCTION complaints_keep_words()
    """,
    """
    CREATE TRIGGER complaints_words_changed AFTER UPDATE ON complaints_complaint
    FOR EACH ROW WHEN (OLD.subject IS DISTINCT FROM NEW.subject OR OLD.body IS DISTINCT FROM NEW.body)
    EXECUTE FUNCTION complaints_keep_words()
    """,
    """
    INSERT INTO complaints_words (complaint_id, pairs)
    SELECT id, complaints_pairs(subject || E'\\n' || body) FROM complaints_complaint
    """,
    # What waits to be put in is read by every search: it is kept short.
    """
    CREATE INDEX complaint_pairs ON complaints_words USING gin (pairs)
    WITH (gin_pending_list_limit = 512)
    """,
    # Any page of the queue, and who may see what on it, is counted off in the index alone.
    """
    CREATE INDEX complaint_queue ON complaints_complaint (received_at DESC, id DESC)
    INCLUDE (state, kind, channel, topic_id, team_id, handler_id, about_staff_unclear)
    """,
]
REMOVE = [
    "DROP INDEX complaint_queue",
    "DROP TRIGGER complaints_words_changed ON complaints_complaint",
    "DROP TRIGGER complaints_words_new ON complaints_complaint",
    "DROP FUNCTION complaints_keep_words()",
    "DROP FUNCTION complaints_sought(text)",
    "DROP FUNCTION complaints_pairs(text)",
    "DROP FUNCTION complaints_folded(text)",
]


def _run(schema_editor, statements):
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement, params=None)


def install(apps, schema_editor):
    _run(schema_editor, INSTALL)


def remove(apps, schema_editor):
    _run(schema_editor, REMOVE)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0003_answer_in_team_name")]

    operations = [
        migrations.CreateModel(
            name="Words",
            fields=[
                (
                    "complaint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="complaints.complaint",
                    ),
                ),
                ("pairs", complaints.words.PairsField()),
            ],
            options={"verbose_name": "words of a case"},
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("external_number", ""), _negated=True),
                fields=["external_number"],
                name="complaint_external",
            ),
        ),
        migrations.RunPython(install, remove),
    ]

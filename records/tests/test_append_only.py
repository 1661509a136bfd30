"""The triggers of migration 0002: what opens them, and what does not."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from records import services
from records.actors import SYSTEM
from records.models import AccessLog, Event

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LOGS = ("records_event", "records_accesslog")


def fill():
    services.record(subject_type="complaint", subject_id=1, kind="filed", at=NOW, by=SYSTEM)
    services.log_access(
        by=SYSTEM,
        address="",
        subject_type="complaint",
        subject_id=1,
        whose="홍*동",
        what="reveal",
        now=NOW,
    )


def run(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def flush(**options):
    call_command("flush", **{"interactive": False, "verbosity": 0} | options)


def assert_closed():
    for log in LOGS:
        for statement in ("DELETE FROM %s", "UPDATE %s SET actor_label = 'x'"):
            with pytest.raises(IntegrityError, match="append-only"):
                run(statement % log)
        if connection.vendor == "postgresql":
            with pytest.raises(IntegrityError, match="append-only"):
                run(f"TRUNCATE {log}")


@pytest.mark.django_db(transaction=True)
def test_only_flush_empties_the_logs():
    fill()
    assert_closed()
    flush()
    assert not Event.objects.exists()
    assert not AccessLog.objects.exists()
    fill()
    assert_closed()  # it is shut again


@pytest.mark.django_db(transaction=True)
def test_a_flush_that_fails_leaves_the_door_shut(monkeypatch):
    def fail(*_args, **_kwargs):
        raise DatabaseError

    fill()
    with monkeypatch.context() as patch:
        patch.setattr(type(connection.ops), "execute_sql_flush", fail)
        with pytest.raises(Exception, match="flush"):
            flush()
    assert_closed()
    assert Event.objects.count() == 1


@pytest.mark.parametrize(("answer", "kept"), [("no", 1), ("", 1), ("y", 1), ("yes", 0)])
@pytest.mark.django_db(transaction=True)
def test_flush_asks_first(monkeypatch, answer, kept):
    fill()
    monkeypatch.setattr("builtins.input", lambda _: answer)
    flush(interactive=True)
    assert Event.objects.count() == kept


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_taken_back():
    fill()
    migration = import_module("records.migrations.0002_append_only")
    standing_on_it = [
        import_module("standards.migrations.0004_evidence_append_only"),
        import_module("standards.migrations.0010_frozen_append_only"),
        import_module("dashboards.migrations.0002_evaluation_append_only"),
        import_module("dashboards.migrations.0004_case_triggers"),
    ]
    with connection.schema_editor() as editor:
        for later in standing_on_it:
            later.remove(None, editor)
        migration.remove(None, editor)
    run("UPDATE records_event SET kind = 'other'")
    run("DELETE FROM records_accesslog")
    assert Event.objects.get().kind == "other"
    flush()  # as on a database that was never migrated that far
    with connection.schema_editor() as editor:
        migration.install(None, editor)
        for later in standing_on_it:
            later.install(None, editor)
    fill()
    assert_closed()


@pytest.mark.django_db
def test_every_column_of_the_event_is_guarded():
    """A column added later must be added to the trigger on SQLite too."""
    migration = import_module("records.migrations.0002_append_only")
    columns = {field.column for field in Event._meta.concrete_fields}
    assert columns == {*migration.FIXED, "text"}

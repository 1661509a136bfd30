import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from records import services
from records.actors import CITIZEN, SYSTEM, Actor
from records.models import AppendOnlyError, Event
from records.queries import events_of
from records.services import NewEvent

NOW = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KIM = Actor.staff(7, "김하나")

pytestmark = pytest.mark.django_db


def record(subject_id=1, **changes):
    given: dict[str, Any] = {"kind": "filed", "at": NOW, "by": CITIZEN} | changes
    return services.record(subject_type="complaint", subject_id=subject_id, **given)


def new(subject_id=1, **changes):
    given: dict[str, Any] = {"kind": "missed", "at": NOW, "by": SYSTEM} | changes
    return NewEvent(subject_type="complaint", subject_id=subject_id, **given)


def test_an_event_keeps_who_what_and_both_times():
    event = record(
        by=KIM, at=NOW, recorded_at=NOW + HOUR, data={"team": 3}, text="사유", key="complaint:1:x"
    )
    read = Event.objects.get()
    assert event == read
    assert (read.actor_kind, read.actor_id, read.actor_label) == ("staff", 7, "김하나")
    assert (read.at, read.recorded_at) == (NOW, NOW + HOUR)
    assert (read.data, read.text, read.key) == ({"team": 3}, "사유", "complaint:1:x")


def test_what_is_not_given_is_the_ordinary():
    read = record()
    assert read.recorded_at == NOW
    assert (read.data, read.text, read.key) == ({}, "", None)
    assert (read.actor_kind, read.actor_id, read.actor_label) == ("citizen", None, "민원인")


def test_the_text_is_not_in_the_database_as_it_is():
    record(text="홍길동의 사유")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM records_event")
        assert "홍길동" not in cursor.fetchone()[0]


def test_events_come_in_the_order_they_happened():
    late = record(at=NOW - HOUR, recorded_at=NOW + HOUR)
    first, second = record(), record()
    record(subject_id=2)
    services.record(subject_type="visit", subject_id=1, kind="came", at=NOW, by=SYSTEM)
    assert list(events_of("complaint", 1)) == [late, first, second]


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": datetime(2026, 3, 2)},  # noqa: DTZ001
        {"recorded_at": datetime(2026, 3, 2)},  # noqa: DTZ001
        {"kind": ""},
        {"key": ""},
    ],
)
def test_what_would_be_guessed_is_refused(wrong):
    with pytest.raises(ValueError, match=r"offset|needs"):
        record(**wrong)
    with pytest.raises(ValueError, match=r"offset|needs"):
        new(**wrong)


# --- once ---------------------------------------------------------------------------------------


def test_a_key_makes_it_once_and_the_transaction_goes_on():
    with transaction.atomic():
        assert record(key="k") is not None
        assert record(key="k", kind="other") is None
        assert record() is not None  # the transaction is not broken
    assert Event.objects.filter(key="k").get().kind == "filed"
    assert Event.objects.count() == 2


def test_another_breach_is_not_taken_for_a_second_time():
    with pytest.raises(IntegrityError), transaction.atomic():
        record(subject_id=None, key="k")
    assert not Event.objects.exists()


def test_a_batch_leaves_out_what_is_there():
    record(key="b")
    batch = [new(key="a"), new(key="b"), new(key="a"), new(), new()]
    with transaction.atomic():
        assert services.record_many(batch) == 3
        assert services.record_many(batch) == 2  # those without a key
        assert record() is not None
    assert Event.objects.filter(key__isnull=False).count() == 2


def test_a_batch_is_few_queries(django_assert_max_num_queries):
    events = [new(subject_id=n, key=f"k{n}", text="사유") for n in range(400)]
    with django_assert_max_num_queries(10):  # SQLite takes 999 parameters at a time
        assert services.record_many(events) == 400
    assert services.record_many(events) == 0
    assert services.record_many([]) == 0
    assert {event.text for event in Event.objects.all()} == {"사유"}


@pytest.mark.postgres
@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_two_at_once_record_a_key_once():
    both = threading.Barrier(2)
    results: list[Event | None] = []

    def run():
        try:
            with transaction.atomic():
                both.wait()
                results.append(record(key="k"))
                services.record_many([new(key="m")])
                record()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result is None for result in results) == [False, True]
    assert Event.objects.filter(key="k").count() == Event.objects.filter(key="m").count() == 1
    assert Event.objects.filter(key=None).count() == 2


# --- only added ---------------------------------------------------------------------------------


def test_the_model_neither_changes_nor_deletes():
    event = record()
    event.kind = "other"
    for change in (
        event.save,
        event.delete,
        Event.objects.all().delete,
        lambda: event.save(update_fields=["kind"]),
        lambda: Event.objects.update(kind="other"),
        lambda: Event.objects.filter(pk=event.pk).update(text=""),
        lambda: Event.objects.bulk_update([event], ["kind"]),
        lambda: Event.objects.update_or_create(pk=event.pk, defaults={"kind": "other"}),
        lambda: events_of("complaint", 1).delete(),
        lambda: Event.objects.bulk_create(
            [Event(pk=event.pk)],
            update_conflicts=True,
            update_fields=["kind"],
            unique_fields=["id"],
        ),
    ):
        with pytest.raises(AppendOnlyError), transaction.atomic():
            change()
    assert Event.objects.get().kind == "filed"


def test_a_row_with_a_number_taken_does_not_replace_the_other():
    event = record()
    forged = new(kind="forged").as_row()
    forged.pk = event.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        forged.save()
    assert Event.objects.get().kind == "filed"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM records_event",
        "UPDATE records_event SET kind = 'other'",
        "UPDATE records_event SET text = 'other'",
        "UPDATE records_event SET text = '', kind = 'other'",
        "UPDATE records_event SET text = '', id = id + 100",
        "UPDATE records_event SET text = '', data = '{}'",
        "UPDATE records_event SET text = '', key = NULL",
        "UPDATE records_event SET text = '', actor_id = 8",
        "UPDATE records_event SET text = '', actor_id = NULL",
        "UPDATE records_event SET text = '', at = recorded_at",
        "UPDATE records_event SET text = '', recorded_at = at",
        "UPDATE records_event SET text = '', subject_id = 2",
        "UPDATE records_event SET text = '', subject_type = 'visit'",
        "UPDATE records_event SET text = '', actor_label = ''",
        "UPDATE records_event SET text = '', actor_kind = 'system'",
    ],
)
def test_the_database_refuses_as_well(statement):
    event = record(by=KIM, recorded_at=NOW + HOUR, data={"a": 1}, text="사유", key="k")
    before = Event.objects.values().get()
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Event.objects.values().get() == before
    assert events_of("complaint", 1).get() == event


def test_disposal_blanks_the_texts_of_one_subject_only():
    record(text="사유", data={"a": 1}, key="k", by=KIM)
    record()
    record(subject_id=2, text="남는다")
    before = events_of("complaint", 1).defer("text").values("kind", "at", "data", "key", "actor_id")
    rows = list(before)
    assert services.blank_texts(subject_type="complaint", subject_id=1) == 1
    assert services.blank_texts(subject_type="complaint", subject_id=1) == 0
    assert {event.text for event in events_of("complaint", 1)} == {""}
    assert list(before.all()) == rows
    assert events_of("complaint", 2).get().text == "남는다"

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from records import services
from records.actors import Actor
from records.models import AccessLog, AppendOnlyError
from records.queries import consents_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KIM = Actor.staff(7, "김하나")

pytestmark = pytest.mark.django_db


def log(**changes):
    given: dict[str, Any] = {
        "by": KIM,
        "address": "2001:db8::1",
        "subject_type": "complaint",
        "subject_id": 1,
        "whose": "홍*동",
        "what": "reveal",
        "reason": "전화 회신",
        "now": NOW,
    }
    return services.log_access(**given | changes)


def test_who_when_from_where_whose_and_what():
    log()
    read = AccessLog.objects.get()
    assert (read.actor_id, read.actor_label, read.at) == (7, "김하나", NOW)
    assert (read.address, read.whose, read.what) == ("2001:db8::1", "홍*동", "reveal")
    assert read.reason == "전화 회신"
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM records_accesslog")
        assert cursor.fetchone()[0].startswith("gAAAAA")


def test_a_list_has_no_single_subject_and_long_values_lose_no_log():
    entry = log(subject_id=None, whose="홍*동 " * 100, address="x" * 100)
    entry.refresh_from_db()
    assert entry.subject_id is None
    assert len(entry.whose) == 100
    assert len(entry.address) == 45


def test_it_is_only_added_to():
    entry = log()
    for change in (
        entry.save,
        entry.delete,
        lambda: AccessLog.objects.update(reason=""),
        lambda: AccessLog.objects.all().delete(),
    ):
        with pytest.raises(AppendOnlyError):
            change()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM records_accesslog",
        "UPDATE records_accesslog SET reason = ''",
        "UPDATE records_accesslog SET whose = 'x'",
    ],
)
def test_the_database_refuses_as_well(statement):
    log()
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_latest_consent_stands_and_the_earlier_is_kept():
    def give(purpose, given, days=0):
        return services.give_consent(
            subject_type="complaint",
            subject_id=1,
            purpose=purpose,
            version="2026-01",
            given=given,
            now=NOW + timedelta(days=days),
        )

    give("handling", given=True)
    give("publish", given=True)
    give("publish", given=False, days=1)
    standing = consents_of("complaint", 1)
    assert {purpose: answer.given for purpose, answer in standing.items()} == {
        "handling": True,
        "publish": False,
    }
    assert consents_of("complaint", 2) == {}

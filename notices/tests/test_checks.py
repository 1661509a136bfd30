"""Each breach is found, and a busy outbox has none."""

from datetime import timedelta

import pytest
from django.db.models import F

from notices import checks, queries, services
from notices.models import Heartbeat, Notice, Status
from notices.tests.making import CODE, OPEN, owe_receipt, reminder

pytestmark = pytest.mark.django_db
LATER = OPEN + timedelta(hours=2)


def breaches(now=LATER):
    return list(checks.breaches(now=now))


@pytest.fixture
def busy(post, app, nam):
    """Sent, bundled, failed, bounced, told by phone, cancelled, waiting for the opening."""
    post.recipients["nobody@example.com"] = "550 no such user"
    owe_receipt(1)
    owe_receipt(2, to=services.Citizen("이도겸", "email", "nobody@example.com"))
    services.owe_many([reminder(nam, 1), reminder(nam, 2)], now=OPEN)
    owe_receipt(3, to=services.Citizen("박순례", "phone", "1"), task_for=nam)
    owe_receipt(4)
    services.cancel(subject_type="case", subject_id=4, templates=None, now=OPEN)
    services.deliver(now=OPEN)
    services.mark_bounced(notice_id=Notice.objects.get(key="case:1:receipt").pk, by=nam, now=OPEN)
    services.owe_many([reminder(nam, 9, hours="opening")], now=LATER.replace(hour=22))
    assert queries.last_delivery() is not None


def test_a_busy_outbox_is_in_order(busy):
    assert breaches() == []


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda: delivered().update(secret=CODE), "access code is still kept"),
        (lambda: delivered().update(delivered_at=None), "delivered, but without a time"),
        (
            lambda: Notice.objects.filter(pk=Notice.objects.exclude(carried_by=None)[0].pk).update(
                status=Status.FAILED
            ),
            "rides with notice",
        ),
        (
            lambda: Notice.objects.filter(key="case:3:receipt").update(status=Status.OWED),
            "but it is no mail",
        ),
        (
            lambda: delivered().update(follow_up="delivered", next_attempt_at=OPEN),
            "keeps failing",
        ),
    ],
    ids=["secret", "time", "carried", "no mail", "follow-up"],
)
def test_a_breach_is_found(busy, spoil, found):
    spoil()
    assert any(found in line for line in breaches())


def delivered():
    return Notice.objects.filter(
        pk=Notice.objects.filter(status=Status.DELIVERED, carried_by=None)[0].pk
    )


def test_late_is_a_breach_only_while_delivery_runs(db):
    owe_receipt()
    assert breaches() == []
    Heartbeat.objects.create(name="deliver", at=LATER - timedelta(minutes=5))
    assert breaches() == []
    Heartbeat.objects.update(at=LATER - timedelta(seconds=30))
    (line,) = breaches()
    assert "still owed although delivery runs" in line
    assert breaches(OPEN + timedelta(minutes=59)) == []


def test_told_twice_is_found(busy):
    first = delivered().get()
    Notice.objects.filter(key="case:2:receipt").update(
        replaces=first, status=Status.DELIVERED, delivered_at=F("owed_at"), secret=""
    )
    assert any("which it replaces" in line for line in breaches())


def test_lines_hold_no_personal_data(busy):
    Notice.objects.update(secret=CODE, delivered_at=None, follow_up="failed")
    text = "\n".join(breaches())
    assert text
    for hidden in ("김하람", "example", CODE):
        assert hidden not in text

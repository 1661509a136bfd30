"""Real threads against each other on PostgreSQL: one winner, one event, one mail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import Refused
from complaints.models import Complaint
from complaints.services import Draft, ending
from complaints.services._base import lock
from complaints.tests.conftest import MORNING, seoul
from notices.models import Notice
from notices.services import deliver, log_attempt
from records.actors import CITIZEN
from records.models import Event
from standards.models import Commitment
from standards.services import sweep

pytestmark = [pytest.mark.races, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ANSWER = Draft(decision="accepted", answer="바로잡았습니다.")


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all of these at the same moment, each on a connection of its own."""
    gate = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            results[place] = work()
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_the_same_form_at_once_is_one_case(file: Any) -> None:
    filed = at_once(*[lambda: file(form_token="ab" * 16)] * 4)
    assert all(isinstance(one, services.Filed) for one in filed), filed
    assert sum(one.created for one in filed) == 1
    assert len({one.access_code for one in filed}) == 1
    assert Complaint.objects.count() == 1
    assert Notice.objects.filter(template="receipt").count() == 1
    assert Event.objects.filter(kind="complaint-received").count() == 1


def test_different_filings_at_once_get_different_numbers_without_a_gap(file: Any) -> None:
    filed = at_once(
        *[lambda n=n: file(email=f"p{n}@example.com", form_token=f"{n:032x}") for n in range(1, 7)]
    )
    assert all(isinstance(one, services.Filed) for one in filed), filed
    numbers = sorted(one.complaint.receipt_number[5:11] for one in filed)
    assert numbers == [f"{n:06d}" for n in range(1, 7)]


def test_two_assigns_at_once_have_one_winner(file: Any, person: Any) -> None:
    case = file().complaint
    version = Complaint.objects.get(pk=case.pk).version

    def give(to: str) -> Complaint:
        return services.assign(
            complaint_id=case.pk,
            handler_id=person(to).pk,
            by=person("seo.yh"),
            now=MORNING,
            version=version,
        )

    results = at_once(lambda: give("baek.sw"), lambda: give("song.hn"))
    won = [one for one in results if isinstance(one, Complaint)]
    lost = [one for one in results if isinstance(one, Refused)]
    assert (len(won), len(lost)) == (1, 1), results
    assert Event.objects.filter(kind="reassigned").count() == 1
    assert Complaint.objects.get(pk=case.pk).handler == won[0].handler


def test_two_approvals_at_once_owe_one_result(file: Any, person: Any) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    results = at_once(
        *[lambda: services.approve(approval_id=approval.pk, by=person("baek.sw"), now=MORNING)] * 3
    )
    assert sum(isinstance(one, Complaint) for one in results) == 1, results
    assert Notice.objects.filter(template="result").count() == 1


def test_withdrawn_and_approved_at_once_is_one_of_the_two(file: Any, person: Any) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    at_once(
        lambda: services.approve(approval_id=approval.pk, by=person("baek.sw"), now=MORNING),
        lambda: services.withdraw(complaint_id=case.pk, by=CITIZEN, now=MORNING),
    )
    deliver(now=MORNING)
    assert list(breaches()) == []


def test_two_sweeps_and_two_deliveries_say_it_once(file: Any) -> None:
    cases = [file(email=f"s{n}@example.com").complaint for n in range(12)]
    deliver(now=MORNING)
    mail.outbox.clear()
    late = seoul("2026-09-16 18:00:05")
    at_once(*[lambda: sweep(now=late)] * 3)
    sweep(now=late)
    at_once(*[lambda: deliver(now=late)] * 2)
    deliver(now=late)
    for case in cases:
        missed = Event.objects.filter(subject_id=case.pk, kind="promise-missed")
        assert missed.count() == 1
        reply = Commitment.objects.get(key=f"complaint:{case.pk}:reply")
        assert reply.state == "missed"
    apologies = [m for m in mail.outbox if "지키지 못했습니다" in m.subject]
    assert sorted(m.to[0] for m in apologies) == sorted({m.to[0] for m in apologies})
    assert len(apologies) == len(cases)
    assert list(breaches()) == []


def test_an_answer_delivered_while_the_sweep_misses_it_is_judged_by_the_facts(
    file: Any, person: Any
) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(
        approval_id=approval.pk, by=approval.approver, now=seoul("2026-09-16 17:59:00")
    )
    at_once(
        lambda: deliver(now=seoul("2026-09-16 17:59:30")),
        lambda: sweep(now=seoul("2026-09-16 18:00:00")),
    )
    deliver(now=seoul("2026-09-16 18:00:01"))
    sweep(now=seoul("2026-09-16 18:00:15"))
    reply = Commitment.objects.get(key=f"complaint:{case.pk}:reply")
    assert reply.fulfilled_at is not None
    assert list(breaches()) == []


def test_a_call_logged_while_the_citizen_withdraws_waits_for_it(
    file: Any, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both take the case first and then its notices: neither waits for the other for ever."""
    case = file(email="", phone="010-0000-1234", reply_by="phone").complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=MORNING)
    call = Notice.objects.get(template="result", subject_id=case.pk)
    held = threading.Event()

    def lock_slowly(complaint_id: int) -> Complaint:
        found = lock(complaint_id)
        held.set()
        time.sleep(0.5)
        return found

    monkeypatch.setattr(ending, "lock", lock_slowly)

    def log_the_call() -> bool:
        held.wait(10)
        return log_attempt(notice_id=call.pk, by=person("nam.gy"), outcome="reached", now=MORNING)

    withdrawn, logged = at_once(
        lambda: services.withdraw(complaint_id=case.pk, by=CITIZEN, now=MORNING), log_the_call
    )
    assert isinstance(withdrawn, Complaint), withdrawn
    assert logged is False, logged
    assert Complaint.objects.get(pk=case.pk).state == "withdrawn"
    assert list(breaches()) == []
